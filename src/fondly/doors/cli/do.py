"""Bring data in, take it out: import, export, backup, restore, remove-demo."""

import argparse


def add_parsers(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    pass
