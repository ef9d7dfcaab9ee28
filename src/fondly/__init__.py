"""Fondly: the client experience, run as a system."""

__version__ = "0.1.0"
