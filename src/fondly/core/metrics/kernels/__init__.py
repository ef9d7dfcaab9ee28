"""The six journey measures as one pass over columns that are sorted by client and time, in numpy alone.

Each module answers as its namesake one floor up does, from `Columns` instead of a dataframe; tests hold the two equal.
They work block by block, each block a whole number of clients that fits the processor's cache.
"""
