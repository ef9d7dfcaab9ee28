"""Every FONDLY_* setting: its name, meaning, default, and where its value came from.

A secret may also come from a file named by FONDLY_X_FILE. An unknown FONDLY_* name is an
error, because a misspelt setting that is silently ignored is worse than none.
"""

import difflib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Source = Literal["default", "environment", "file", "given", "made at first start"]


class ConfigError(Exception):
    """A setting that cannot be used; the message says which, why, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    meaning: str
    default: str = ""
    secret: bool = False
    kind: Literal["text", "yes_no", "number"] = "text"


@dataclass(frozen=True, slots=True)
class Value:
    option: Option
    text: str = field(repr=False)  # may be a secret: an error page or a log must not show it
    source: Source

    @property
    def shown(self) -> str:
        """The value as it may be printed."""
        if not self.option.secret or not self.text:
            return self.text
        return _without_password(self.text) if self.option.name.endswith("_URL") and "://" in self.text else "(set)"


OPTIONS: tuple[Option, ...] = (
    Option("FONDLY_HOME", "Folder for the database file, keys, files and backups", "~/.fondly"),
    Option("FONDLY_DATABASE_URL", "PostgreSQL address; empty means SQLite in FONDLY_HOME", "", secret=True),
    Option("FONDLY_SECRET_KEY", "Signs sessions and links; made at first start if empty", "", secret=True),
    Option("FONDLY_EMAIL_URL", "Where mail goes, e.g. smtp+tls://user:password@mail.example.com:587", "", secret=True),
    Option("FONDLY_EMAIL_FROM", "The address clients see, e.g. Dana <dana@example.com>", ""),
    Option(
        "FONDLY_IMAP_URL",
        "Mailbox read for what comes back, e.g. imaps://user:password@mail.example.com; nothing in it is changed",
        "",
        secret=True,
    ),
    Option(
        "FONDLY_SETTLE_MINUTES",
        "How long a message must be missing from the Sent folder before that means it did not go",
        "15",
        kind="number",
    ),
    Option("FONDLY_MAIL_PROVIDER", "Whose events are taken at /hooks/mail/NAME: mailgun or postmark", ""),
    Option(
        "FONDLY_MAIL_PROVIDER_SECRET",
        "Mailgun: the HTTP webhook signing key; Postmark: user:password of its basic authentication",
        "",
        secret=True,
    ),
    Option("FONDLY_URL", "The public address of this install, used in links", "http://localhost:8000"),
    Option("FONDLY_HOSTS", "Extra host names to answer to, separated by commas", ""),
    Option("FONDLY_PROXIES", "How many web servers of yours stand in front and say who asks", "0", kind="number"),
    Option("FONDLY_TIMEZONE", "The business's time zone; empty takes the live playbook's", ""),
    Option("FONDLY_HOLD_SECONDS", "How long a message can be taken back before it goes", "60", kind="number"),
    Option(
        "FONDLY_MAILS_PER_COMMIT",
        "Mails handed over behind one point of no return: a crash leaves at most this many in doubt; more is faster",
        "1",
        kind="number",
    ),
    Option(
        "FONDLY_MAIL_RATE",
        "How fast mail may leave, e.g. 60 per minute, 2000 per day, 20 per minute to one domain; empty: no limit",
        "",
    ),
    Option("FONDLY_SANDBOX_TO", "If set, mail goes only to these addresses (comma separated, @domain allowed)", ""),
    Option("FONDLY_WEB_PROCESSES", "Web server processes", "1", kind="number"),
    Option("FONDLY_WORKER_LEASE_SECONDS", "How long a worker may hold a piece of work", "30", kind="number"),
    Option("FONDLY_LOG_LEVEL", "debug, info, warning or error", "info"),
    Option("FONDLY_LOG_FORMAT", "text or json", "text"),
    Option("FONDLY_DEMO", "Demo install: the clock can be moved and no password is asked", "no", kind="yes_no"),
    Option("FONDLY_MOVABLE_CLOCK", "Let an admin move the clock (demo and tests)", "no", kind="yes_no"),
    Option(
        "FONDLY_EVENTS_ORIGINS",
        "Web pages that may send behaviour events from the browser, e.g. https://www.example.com; empty: none",
        "",
    ),
    Option("FONDLY_EVENTS_PER_SECOND", "How many behaviour events a second one key may send", "100000", kind="number"),
    Option("FONDLY_LAKE_ENGINE", "What measures are computed with: duckdb, polars or spark", "duckdb"),
    Option("FONDLY_SPARK_REMOTE", "A Spark Connect server, e.g. sc://spark.example.com:15002", "", secret=True),
    Option("FONDLY_SPARK_MASTER", "Without one: Spark's master, e.g. spark://host:7077; empty: this machine", ""),
    Option("FONDLY_METRICS_TOKEN", "Bearer token for /metrics; needed unless FONDLY_URL is localhost", "", secret=True),
    Option("FONDLY_DEBUG", "Show errors with their code (never on a public server)", "no", kind="yes_no"),
)
_BY_NAME = {option.name: option for option in OPTIONS}


def load(environ: Mapping[str, str] | None = None) -> dict[str, Value]:
    """All settings with their sources. Raises ConfigError on an unknown, unreadable or malformed one."""
    environ = os.environ if environ is None else environ
    _refuse_unknown(environ)
    values = {option.name: _value(option, environ) for option in OPTIONS}
    for value in values.values():
        _validate(value)
    _refuse_public_demo(values)
    return values


def given(name: str, text: str) -> Value:
    """A setting as a program gives it instead of the environment."""
    return Value(_BY_NAME[name], text, "given")


def home(values: Mapping[str, Value]) -> Path:
    return Path(values["FONDLY_HOME"].text).expanduser().resolve()


def secret_key(values: Mapping[str, Value]) -> str:
    """The signing key: from the settings, else from FONDLY_HOME/secret.key, made (0600) when missing."""
    if values["FONDLY_SECRET_KEY"].text:
        return values["FONDLY_SECRET_KEY"].text
    path = home(values) / "secret.key"
    if not path.exists():
        _make_key(path)
    return path.read_text(encoding="ascii").strip()


def yes(value: Value) -> bool:
    return value.text.strip().lower() in _YES


_YES = {"yes", "true", "1", "on"}
_NO = {"no", "false", "0", "off", ""}


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another process was first
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))


def _value(option: Option, environ: Mapping[str, str]) -> Value:
    if option.name in environ:
        return Value(option, environ[option.name], "environment")
    file_name = environ.get(f"{option.name}_FILE")
    if file_name is None:
        return Value(option, option.default, "default")
    try:
        return Value(option, Path(file_name).read_text(encoding="utf-8").strip(), "file")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{option.name}_FILE names {file_name!r}, which cannot be read: {error}") from error


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    for name in sorted(environ):
        if not name.startswith("FONDLY_") or name in _BY_NAME or name.removesuffix("_FILE") in _BY_NAME:
            continue
        near = difflib.get_close_matches(name, _BY_NAME, n=1)
        hint = f" Did you mean {near[0]}?" if near else " `fondly config` lists all settings."
        raise ConfigError(f"{name} is not a setting of Fondly.{hint}")


def _validate(value: Value) -> None:
    text = value.text.strip()
    if value.option.kind == "yes_no" and text.lower() not in _YES | _NO:
        raise ConfigError(f"{value.option.name} is {text!r}; say yes or no.")
    if value.option.kind == "number" and not text.isdigit():
        raise ConfigError(f"{value.option.name} is {text!r}; it must be a whole number.")


AT_HOME = ("localhost", "127.0.0.1", "::1")


def _refuse_public_demo(values: Mapping[str, Value]) -> None:
    """A demo lets everybody in without a password, and error pages show code: neither belongs on a public address."""
    public = urlsplit(values["FONDLY_URL"].text.strip()).hostname not in AT_HOME
    for name in ("FONDLY_DEMO", "FONDLY_DEBUG"):
        if public and yes(values[name]):
            raise ConfigError(
                f"{name} is on while FONDLY_URL is {values['FONDLY_URL'].text.strip()}. "
                f"It opens the install to everybody, so it works at localhost only. Leave {name} out."
            )


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    rest, asks, _password_may_be_here = rest.partition("?")
    rest += "?***" if asks else ""
    if "@" not in rest:
        return f"{scheme}://{rest}"
    credentials, _, host = rest.rpartition("@")
    user = credentials.split(":", 1)[0]
    return f"{scheme}://{user}:***@{host}"
