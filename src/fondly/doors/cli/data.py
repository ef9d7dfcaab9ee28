"""Bring data in, take it out: import, export, backup, restore, reseal, remove-demo."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from fondly.doors.cli import import_events, imports

Arguments = argparse.Namespace
T = TypeVar("T")


def add_parsers(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    bring = subparsers.add_parser("import", help="bring clients or a history of events in")
    kinds = bring.add_subparsers(title="what to import", metavar="WHAT", required=True)
    imports.add_clients(kinds)
    import_events.add_events(kinds)
    export = subparsers.add_parser("export", help="everything out: records, files, playbooks, with a list of hashes")
    export.add_argument("-o", "--output", metavar="PLACE", help="a new folder, or a file ending in .zip")
    export.set_defaults(func=_export)
    _add_keeping(subparsers)


def _add_keeping(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backup = subparsers.add_parser("backup", help="one file that holds the whole install; can run while it is used")
    backup.add_argument("-o", "--output", metavar="FILE", help="where to write it (default: FONDLY_HOME/backups)")
    backup.add_argument("--without-events", action="store_true", help="leave out sealed behaviour events: much smaller")
    backup.set_defaults(func=_backup)
    restore = subparsers.add_parser("restore", help="put a backup back; sending starts paused")
    restore.add_argument("file", help="a backup made by `fondly backup`")
    restore.add_argument("--force", action="store_true", help="replace the install that is there (it is kept aside)")
    restore.set_defaults(func=_restore)
    reseal = subparsers.add_parser("reseal", help="write the lake's files anew from the database, if some were lost")
    reseal.set_defaults(func=_reseal)
    remove = subparsers.add_parser("remove-demo", help="remove the examples; your own records stay")
    remove.set_defaults(func=_remove_demo)


def _ready() -> None:
    from fondly.doors.cli.django_setup import setup

    setup()
    from fondly.doors.cli import preparing

    preparing.refuse_unready()


def _export(arguments: Arguments) -> int:
    _ready()
    from fondly.doors.cli.exporting import export

    target = Path(arguments.output or "fondly-export").expanduser()
    manifest = _on_disk(lambda: export(target))
    rows = sum(table["rows"] for table in manifest["tables"])
    print(f"{rows} records of {len(manifest['tables'])} tables and {len(manifest['files'])} files are in {target}")
    return 0


def _backup(arguments: Arguments) -> int:
    _ready()
    from fondly.doors.cli import archive

    target = Path(arguments.output).expanduser() if arguments.output else archive.name_for("backup")
    if target.exists():
        sys.exit(f"fondly: {target} exists already; name another file.")
    made = _on_disk(lambda: archive.make(target, with_events=not arguments.without_events))
    size = made.stat().st_size / 1e6
    print(f"Backup: {made} ({size:.1f} MB). It holds the install's key: keep it as safe as the install itself.")
    return 0


def _restore(arguments: Arguments) -> int:
    from fondly.doors.cli.django_setup import setup

    setup()
    from fondly.doors.cli.restoring import restore

    file = Path(arguments.file).expanduser()
    if not file.is_file():
        sys.exit(f"fondly: there is no file {file}.")
    _on_disk(lambda: restore(file, force=arguments.force))
    print("Restored. Nothing is sent until an admin resumes in Settings. Start with `fondly up`.")
    return 0


def _reseal(arguments: Arguments) -> int:
    _ready()
    from fondly.measure.lake import backing

    backing.begin_again()
    print("A running worker seals all again. Until then it is read from the database.")
    return 0


def _remove_demo(arguments: Arguments) -> int:
    _ready()
    from fondly.ground.action import SYSTEM, perform
    from fondly.people.clients.actions import RemoveDemo

    print(perform("clients.remove_demo", SYSTEM, RemoveDemo()).summary)
    return 0


def _on_disk(work: Callable[[], T]) -> T:
    """A full disk or a folder that may not be written is said in a sentence."""
    try:
        return work()
    except OSError as error:
        sys.exit(f"fondly: {error.filename or 'the disk'}: {error.strerror or error}")
