"""What is wrong with this install, in words. `fondly doctor` prints it; a Settings page can show it."""

import shutil
import smtplib
import ssl
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.db import DatabaseError, connection

from fondly.doors import database, heartbeat, invariants
from fondly.ground import chain, clock
from fondly.ground.config import ConfigError
from fondly.listen.returns import queries as returns
from fondly.people.team.models import User
from fondly.run.journeys import switch
from fondly.run.outbox import addresses
from fondly.run.outbox.models import Message

State = Literal["good", "note", "bad"]
LEAST_DISK = 1_000_000_000  # bytes free
OLD_BACKUP_DAYS = 8
CLOCK_SECONDS = 5
SMTP_SECONDS = 10
MOST_UNSEALED = 1000  # entries of Activity; a worker seals them within seconds


@dataclass(frozen=True, slots=True)
class Finding:
    """state: good; note = worth knowing, nothing is broken; bad = must be mended."""

    name: str
    state: State
    says: str
    advice: str = ""


def examine(anchor: chain.Head | None = None) -> list[Finding]:
    """All checks in order. Without a usable database only those that need none are made.

    anchor: an end of Activity that was kept elsewhere; it must still be there.
    """
    found = [_database()]
    if found[0].state == "good":
        found += [
            _first_user(),
            _worker(),
            _switch(),
            _clock(),
            *_records(),
            *_activity(anchor),
            *_behind(),
            *_unsure(),
            *_returns(),
        ]
    return [*found, _mail(), _disk(), _backups(), _key(), _address()]


def _database() -> Finding:
    try:
        trouble = database.state().trouble
    except database.Unreachable as error:
        return Finding("database", "bad", str(error), "Check FONDLY_HOME or FONDLY_DATABASE_URL.")
    if trouble:
        return Finding("database", "bad", trouble)
    return Finding("database", "good", f"{connection.vendor}, up to date with this version")


def _first_user() -> Finding:
    if User.objects.filter(is_admin=True, is_active=True).exists():
        return Finding("team", "good", f"{User.objects.filter(is_active=True).count()} user(s)")
    return Finding("team", "note", "nobody can sign in yet", "`fondly up` prints a link for the first user.")


def _worker() -> Finding:
    age = heartbeat.age_seconds()
    advice = "Start it: `fondly up` or `fondly worker`."
    if age is None:
        return Finding("worker", "bad", "no worker has ever run here", advice)
    if age >= heartbeat.FRESH_SECONDS:
        return Finding("worker", "bad", f"last seen {int(age)} seconds ago", advice)
    return Finding("worker", "good", f"seen {int(age)} seconds ago")


def _switch() -> Finding:
    why = switch.why_paused()
    if why:
        return Finding("sending", "note", f"everything is paused: {why}", "An admin can resume it in Settings.")
    return Finding("sending", "good", "running")


def _clock() -> Finding:
    """This computer's clock against the database server's."""
    if settings.FONDLY_MOVABLE_CLOCK:
        return Finding("clock", "note", "it can be moved", "Right for a demo; wrong with real clients.")
    if connection.vendor != "postgresql":
        return Finding("clock", "good", datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart = abs((datetime.now(UTC) - cursor.fetchone()[0]).total_seconds())
    if apart > CLOCK_SECONDS:
        return Finding("clock", "bad", f"{apart:.0f} seconds apart from the database server", "Set both by NTP.")
    return Finding("clock", "good", "agrees with the database server")


def _records() -> Iterator[Finding]:
    """Whether the rows fit together."""
    found = list(invariants.broken(clock.now()))
    if not found:
        yield Finding("records", "good", "they fit together")
    advice = "Make a backup, then restore the newest one that the doctor finds nothing in, or ask for help with both."
    for one in found:
        yield Finding("records", "bad", _counted(one), advice)


def _activity(anchor: chain.Head | None) -> Iterator[Finding]:
    """Whether the audit trail is what was written."""
    found = chain.check(anchor)
    advice = "Compare with a backup: somebody changed the database past Fondly."
    for what, count in found.faults.items():
        yield Finding("activity", "bad", f"{count} {what}", advice)
    if found.unsealed > MOST_UNSEALED:
        yield Finding(
            "activity", "note", f"{found.unsealed} entries are not sealed yet", "A running worker seals them."
        )
    if not found.faults:
        blanked = f", words of erased clients gone from {found.blanked}" if found.blanked else ""
        more = f", {found.unsealed} not sealed yet" if found.unsealed else ""
        yield Finding("activity", "good", f"as it was written{blanked}{more}; its end is {found.head}")


def _behind() -> Iterator[Finding]:
    found = list(invariants.overdue(clock.now()))
    if not found:
        yield Finding("work", "good", "nothing that is due is left lying")
    minutes = invariants.LAG.total_seconds() / 60
    for one in found:
        yield Finding(
            "work", "bad", f"{_counted(one)} for more than {minutes:.0f} minutes", "Look at the worker's log."
        )


def _unsure() -> Iterator[Finding]:
    count = Message.objects.filter(state=Message.State.UNCERTAIN).count()
    if count:
        yield Finding("outbox", "note", f"{count} message(s) may or may not have arrived", "Decide in the Outbox.")


def _returns() -> Iterator[Finding]:
    """What comes back: the mailbox as it was last read, and the provider's hook."""
    found = returns.standing()
    for name, setting, trouble in (
        ("mailbox", "FONDLY_IMAP_URL", found.trouble),
        ("provider", "FONDLY_MAIL_PROVIDER", found.provider_trouble),
    ):
        if trouble:
            yield Finding(name, "bad", trouble, f"Check {setting}.")
    if found.mailbox is not None:
        yield _mailbox(found)
    elif not found.provider and not found.trouble:
        advice = "Set FONDLY_IMAP_URL, or connect a mailbox in Settings."
        yield Finding("mailbox", "note", "none is read: bounces and complaints go unnoticed", advice)
    if found.provider:
        yield Finding("provider", "good", f"events are taken at {settings.FONDLY_URL}/hooks/mail/{found.provider}")


def _mailbox(found: returns.Standing) -> Finding:
    if found.problem:
        return Finding("mailbox", "bad", found.problem, "Check FONDLY_IMAP_URL, or the mailbox in Settings.")
    if found.read_at is None:
        return Finding("mailbox", "note", "not read yet", "A running worker reads it within a minute.")
    return Finding("mailbox", "good", f"read {found.read_at:%Y-%m-%d %H:%M} UTC")


def _counted(one: invariants.Broken) -> str:
    more = " or more" if one.count >= invariants.MOST else ""
    return f"{one.count}{more} {one.what}"


def _mail() -> Finding:
    try:
        server, sender = addresses.server(), addresses.sender()
    except ConfigError as error:
        return Finding("mail", "bad", str(error))
    except DatabaseError:
        return Finding("mail", "note", "not looked at: the database does not answer")
    if server is None:
        advice = "Set FONDLY_EMAIL_URL, or connect it in Settings."
        return Finding("mail", "note", "not connected; messages wait in the Outbox", advice)
    if sender is None:
        return Finding("mail", "bad", "no address to send from", "Set FONDLY_EMAIL_FROM, e.g. Dana <dana@example.com>.")
    return try_login(server)


def try_login(server: addresses.Server) -> Finding:
    """Connect and sign in, send nothing."""
    name = f"{server.host}:{server.port}"
    try:
        with _connect(server) as smtp:
            if server.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if server.user:
                smtp.login(server.user, server.password)
            smtp.noop()
    except smtplib.SMTPAuthenticationError:
        return Finding("mail", "bad", f"{name} refuses the user or password", "Check FONDLY_EMAIL_URL.")
    except (OSError, smtplib.SMTPException) as error:
        return Finding("mail", "bad", f"{name} cannot be used: {error}", "Check FONDLY_EMAIL_URL and the network.")
    return Finding("mail", "good", f"{name} lets us in")


def _connect(server: addresses.Server) -> smtplib.SMTP:
    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=SMTP_SECONDS, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=SMTP_SECONDS)


def _disk() -> Finding:
    free = shutil.disk_usage(_existing(Path(settings.HOME))).free
    words = f"{free / 1e9:.1f} GB free in {settings.HOME}"
    return Finding("disk", "good", words) if free >= LEAST_DISK else Finding("disk", "bad", words, "Make room.")


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())


def _backups() -> Finding:
    ages = [path.stat().st_mtime for path in (Path(settings.HOME) / "backups").glob("*.tar.gz")]
    if not ages:
        return Finding("backups", "note", f"none in {Path(settings.HOME) / 'backups'}", "`fondly backup` makes one.")
    days = (datetime.now(UTC).timestamp() - max(ages)) / 86400
    words = "the newest is from today" if days < 1 else f"the newest is {days:.0f} day(s) old"
    return Finding("backups", "note" if days > OLD_BACKUP_DAYS else "good", words, "`fondly backup` makes one.")


def _key() -> Finding:
    path = Path(settings.HOME) / "secret.key"
    if not path.exists():
        return Finding("secret key", "good", "from the settings")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding("secret key", "bad", f"others on this computer can read {path}", f"chmod 600 {path}")
    return Finding("secret key", "good", "only you can read it")


def _address() -> Finding:
    url = settings.FONDLY_URL
    if url.startswith("http://") and not any(host in url for host in ("localhost", "127.0.0.1")):
        return Finding("address", "bad", f"{url} is not encrypted", "Put https in front and set FONDLY_URL.")
    return Finding("address", "good", url)


def worst(findings: list[Finding]) -> State:
    states = {finding.state for finding in findings}
    order: tuple[State, ...] = ("bad", "note", "good")
    return next(state for state in order if state in states)
