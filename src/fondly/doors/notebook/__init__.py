"""Fondly's numbers in a notebook: `fondly.open(...)`."""
