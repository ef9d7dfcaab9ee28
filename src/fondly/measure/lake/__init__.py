"""Facts as columns: sealed once into Parquet, read together with what is newer, each exactly once.

`catalogue` says what tables there are, `reading` opens them (without Django), `sealing` writes them (in the worker).
"""
