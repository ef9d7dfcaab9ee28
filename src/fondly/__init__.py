"""Fondly: the client experience, run as a system."""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """`fondly.open` is read only when it is asked for: it needs numpy and DuckDB, which most commands do not."""
    if name == "open":
        from fondly.doors.notebook.opening import open

        return open
    raise AttributeError(f"module 'fondly' has no attribute {name!r}")
