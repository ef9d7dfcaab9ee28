"""Measures of a client experience: a dataframe in, a dataframe or an Estimate out.

Takes pandas, Polars, Arrow tables, DuckDB relations and PySpark (through Narwhals) and gives back the same kind.
Every figure that is estimated comes as value, low, high and n. Nothing here knows a database, a clock or a screen.
"""
