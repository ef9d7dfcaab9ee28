"""`fondly.open`: the numbers of an install, of this machine or over HTTP, in three lines."""

from pathlib import Path

from fondly.doors.notebook.session import Session
from fondly.doors.notebook.sources import LocalSource
from fondly.ground import config


def open(place: str | Path | None = None, key: str = "", *, personal: bool = False) -> Session:
    """Open an install's numbers to read; nothing can be changed through it.

    place: the address of an install (https://...), with a key made under Your account; or its FONDLY_HOME, its SQLite
    file, or a postgresql:// address of its database; or nothing for the install of this machine's settings.
    personal: with names and other words that tell who somebody is. Of an address the key decides that.
    Raises lake.databases.Unreadable, config.ConfigError or remote.NotAnswered with what is wrong and how to mend it.
    """
    text = str(place or "")
    if text.startswith(("http://", "https://")):
        from fondly.doors.notebook.remote import RemoteSource

        return Session(RemoteSource(text, key))
    return Session(LocalSource.of_install(_settings(text), personal=personal))


def _settings(place: str) -> dict[str, config.Value]:
    values = config.load()
    if not place:
        return values
    if place.startswith(("postgres://", "postgresql://")):
        return values | {"FONDLY_DATABASE_URL": config.given("FONDLY_DATABASE_URL", place)}
    home = Path(place).expanduser()
    folder = home.parent if home.is_file() else home
    return values | {
        "FONDLY_HOME": config.given("FONDLY_HOME", str(folder)),
        "FONDLY_DATABASE_URL": config.given("FONDLY_DATABASE_URL", ""),
    }
