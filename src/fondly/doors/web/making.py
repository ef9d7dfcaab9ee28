"""Exports and backups made in the background from a Settings page, and the finished files."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _

from fondly.doors.cli import archive, exporting
from fondly.ground.action import NotFound, Refused

log = logging.getLogger("fondly.web")
_KEY = "settings:making"
_LONGEST = 6 * 3600  # seconds; a maker that died is forgotten after that
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Made:
    """One finished file. size in bytes."""

    name: str
    size: int
    at: datetime


def folder(what: str) -> Path:
    return Path(settings.HOME) / {"export": "exports", "backup": "backups"}[what]


def finished(what: str) -> list[Made]:
    """The newest files first."""
    pattern = "*.zip" if what == "export" else "*.tar.gz"
    paths = [p for p in folder(what).glob(pattern) if not p.name.startswith(".")]
    made = [Made(p.name, p.stat().st_size, datetime.fromtimestamp(p.stat().st_mtime, UTC)) for p in paths]
    return sorted(made, key=lambda m: m.at, reverse=True)[:_SHOWN]


def file_of(what: str, name: str) -> Path:
    """The path of a finished file. Raises NotFound for any other name."""
    if name not in {made.name for made in finished(what)}:
        raise NotFound(_("There is no such file any more."))
    return folder(what) / name


def state() -> dict[str, str]:
    """What is being made, or what went wrong: {"what", "state", "error"}; empty when there is nothing to say."""
    return cache.get(_KEY) or {}


def start(what: str) -> None:
    """Begin. Raises Refused while one is being made."""
    if state().get("state") == "making":
        raise Refused(_("One is being made already. It is listed here when it is done."))
    cache.set(_KEY, {"what": what, "state": "making", "error": ""}, _LONGEST)
    threading.Thread(target=_make, args=(what,), daemon=True).start()


def _make(what: str) -> None:
    try:
        _MAKERS[what]()
        cache.delete(_KEY)
    except (Exception, SystemExit) as error:  # the tools for the command line end with a sentence
        log.exception("%s was not made", what)
        cache.set(_KEY, {"what": what, "state": "failed", "error": str(error)[:300]}, _LONGEST)
    finally:
        connection.close()


def _export() -> None:
    folder("export").mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    part = folder("export") / f".making-{stamp}.zip"
    try:
        exporting.export(part)
        part.chmod(0o600)
        part.replace(folder("export") / f"fondly-export-{stamp}.zip")
    finally:
        part.unlink(missing_ok=True)


def _backup() -> None:
    archive.make(archive.name_for("backup"))


_MAKERS: dict[str, Callable[[], None]] = {"export": _export, "backup": _backup}
