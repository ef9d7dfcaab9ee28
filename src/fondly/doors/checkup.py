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
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.doors import database, heartbeat, invariants
from fondly.ground import chain, clock
from fondly.ground.config import ConfigError
from fondly.listen.returns import queries as returns
from fondly.measure.lake import checking as lake
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


def examine(anchor: chain.Head | None = None, newest: int | None = None) -> list[Finding]:
    """All checks in order. Without a usable database only those that need none are made.

    anchor: an end of Activity that was kept elsewhere; it must still be there. newest: of Activity, read only so many.
    """
    found = [_database()]
    if found[0].state == "good":
        found += [
            _first_user(),
            _worker(),
            _switch(),
            _clock(),
            *_records(),
            *_activity(anchor, newest),
            *_behind(),
            *_unsure(),
            *_returns(),
            *_lake(),
        ]
    return [*found, _mail(), _disk(), _backups(), _key(), _address()]


def _database() -> Finding:
    try:
        trouble = database.state().trouble
    except database.Unreachable as error:
        return Finding(_("database"), "bad", str(error), _("Check FONDLY_HOME or FONDLY_DATABASE_URL."))
    if trouble:
        return Finding(_("database"), "bad", trouble)
    said = _("%(vendor)s, up to date with this version") % {"vendor": connection.display_name}
    return Finding(_("database"), "good", said)


def _first_user() -> Finding:
    if User.objects.filter(is_admin=True, is_active=True).exists():
        users = User.objects.filter(is_active=True).count()
        return Finding(_("team"), "good", ngettext("%(n)d user", "%(n)d users", users) % {"n": users})
    return Finding(_("team"), "note", _("nobody can sign in yet"), _("`fondly up` prints a link for the first user."))


def _worker() -> Finding:
    age = heartbeat.age_seconds()
    advice = _("Start it: `fondly up` or `fondly worker`.")
    if age is None:
        return Finding(_("worker"), "bad", _("no worker has ever run here"), advice)
    if age >= heartbeat.FRESH_SECONDS:
        return Finding(_("worker"), "bad", _("last seen %(n)d seconds ago") % {"n": age}, advice)
    return Finding(_("worker"), "good", _("seen %(n)d seconds ago") % {"n": age})


def _switch() -> Finding:
    why = switch.why_paused()
    if why:
        return Finding(
            _("sending"),
            "note",
            _("everything is paused: %(why)s") % {"why": why},
            _("An admin can resume it in Settings."),
        )
    return Finding(_("sending"), "good", _("running"))


def _clock() -> Finding:
    """This computer's clock against the database server's."""
    if settings.FONDLY_MOVABLE_CLOCK:
        return Finding(_("clock"), "note", _("it can be moved"), _("Right for a demo; wrong with real clients."))
    if connection.vendor != "postgresql":
        return Finding(_("clock"), "good", datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart = abs((datetime.now(UTC) - cursor.fetchone()[0]).total_seconds())
    if apart > CLOCK_SECONDS:
        return Finding(
            _("clock"), "bad", _("%(n)d seconds apart from the database server") % {"n": apart}, _("Set both by NTP.")
        )
    return Finding(_("clock"), "good", _("agrees with the database server"))


def _records() -> Iterator[Finding]:
    """Whether the rows fit together."""
    found = list(invariants.broken(clock.now()))
    if not found:
        yield Finding(_("records"), "good", _("they fit together"))
    advice = _(
        "Make a backup, then restore the newest one that the doctor finds nothing in, or ask for help with both."
    )
    for one in found:
        yield Finding(_("records"), "bad", _counted(one), advice)


def _activity(anchor: chain.Head | None, newest: int | None) -> Iterator[Finding]:
    """Whether the audit trail is what was written."""
    found = chain.check(anchor, newest)
    advice = _("Compare with a backup: somebody changed the database past Fondly.")
    for what, count in found.faults.items():
        yield Finding(_("activity"), "bad", f"{count} {_(what)}", advice)
    if found.unsealed > MOST_UNSEALED:
        yield Finding(
            _("activity"),
            "note",
            _("%(unsealed)s entries are not sealed yet") % {"unsealed": found.unsealed},
            _("A running worker seals them."),
        )
    if not found.faults:
        yield Finding(_("activity"), "good", _as_written(found))


def _as_written(found: chain.Checked) -> str:
    read = found.head.count - found.unread
    values = {"sealed": read, "blanked": found.blanked, "unsealed": found.unsealed, "end": found.head}
    words = _(
        "as it was written: %(sealed)s entries sealed, %(blanked)s of them without the words of an erased client, "
        "%(unsealed)s not sealed yet; its end is %(end)s"
    )
    older = _("; %(n)s older entries were not read (`fondly doctor` reads all)") % {"n": found.unread}
    return words % values + (older if found.unread else "")


def _behind() -> Iterator[Finding]:
    found = list(invariants.overdue(clock.now()))
    if not found:
        yield Finding(_("work"), "good", _("nothing that is due is left lying"))
    minutes = invariants.LAG.total_seconds() / 60
    for one in found:
        yield Finding(
            _("work"),
            "bad",
            _("%(what)s for more than %(minutes)d minutes") % {"what": _counted(one), "minutes": minutes},
            _("Look at the worker's log."),
        )


def _unsure() -> Iterator[Finding]:
    count = Message.objects.filter(state=Message.State.UNCERTAIN).count()
    if count:
        yield Finding(
            _("outbox"),
            "note",
            _("%(count)s message(s) may or may not have arrived") % {"count": count},
            _("Decide in the Outbox."),
        )


def _returns() -> Iterator[Finding]:
    """What comes back: the mailbox as it was last read, and the provider's hook."""
    found = returns.standing()
    for name, setting, trouble in (
        (_("mailbox"), "FONDLY_IMAP_URL", found.trouble),
        (_("provider"), "FONDLY_MAIL_PROVIDER", found.provider_trouble),
    ):
        if trouble:
            yield Finding(name, "bad", trouble, _("Check %(setting)s.") % {"setting": setting})
    if found.mailbox is not None:
        yield _mailbox(found)
    elif not found.provider and not found.trouble:
        advice = _("Set FONDLY_IMAP_URL, or connect a mailbox in Settings.")
        yield Finding(_("mailbox"), "note", _("none is read: bounces and complaints go unnoticed"), advice)
    if found.provider:
        yield Finding(
            _("provider"),
            "good",
            _("events are taken at %(url)s") % {"url": f"{settings.FONDLY_URL}/hooks/mail/{found.provider}"},
        )


def _mailbox(found: returns.Standing) -> Finding:
    if found.problem:
        return Finding(_("mailbox"), "bad", found.problem, _("Check FONDLY_IMAP_URL, or the mailbox in Settings."))
    if found.read_at is None:
        return Finding(_("mailbox"), "note", _("not read yet"), _("A running worker reads it within a minute."))
    return Finding(_("mailbox"), "good", _("read %(at)s UTC") % {"at": f"{found.read_at:%Y-%m-%d %H:%M}"})


def _lake() -> Iterator[Finding]:
    """What measures read: sealed facts and behaviour events."""
    found = lake.check()
    advice = _("Restore a backup for the events; `fondly reseal` writes what is known of clients once more.")
    if found.missing:
        words = _("%(n)d of %(files)d files are not there or not what was written")
        yield Finding(_("lake"), "bad", words % {"n": found.missing, "files": found.files}, advice)
    if found.astray:
        words = _("the files have %(n)d rows more or less than the database")
        yield Finding(_("lake"), "bad", words % {"n": found.astray}, advice)
    if not found.missing and not found.astray:
        values = {"rows": found.rows, "files": found.files, "size": found.bytes / 1e6}
        yield Finding(_("lake"), "good", _("%(rows)d rows in %(files)d files, %(size).1f MB") % values)


def _counted(one: invariants.Broken) -> str:
    words = _("%(n)d or more %(what)s") if one.count >= invariants.MOST else "%(n)d %(what)s"
    return words % {"n": one.count, "what": one.what}


def _mail() -> Finding:
    try:
        server, sender = addresses.server(), addresses.sender()
    except ConfigError as error:
        return Finding(_("mail"), "bad", str(error))
    except DatabaseError:
        return Finding(_("mail"), "note", _("not looked at: the database does not answer"))
    if server is None:
        advice = _("Set FONDLY_EMAIL_URL, or connect it in Settings.")
        return Finding(_("mail"), "note", _("not connected; messages wait in the Outbox"), advice)
    if sender is None:
        return Finding(
            _("mail"), "bad", _("no address to send from"), _("Set FONDLY_EMAIL_FROM, e.g. Dana <dana@example.com>.")
        )
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
        return Finding(
            _("mail"), "bad", _("%(name)s refuses the user or password") % {"name": name}, _("Check FONDLY_EMAIL_URL.")
        )
    except (OSError, smtplib.SMTPException) as error:
        return Finding(
            _("mail"),
            "bad",
            _("%(name)s cannot be used: %(error)s") % {"name": name, "error": error},
            _("Check FONDLY_EMAIL_URL and the network."),
        )
    return Finding(_("mail"), "good", _("%(name)s lets us in") % {"name": name})


def _connect(server: addresses.Server) -> smtplib.SMTP:
    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=SMTP_SECONDS, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=SMTP_SECONDS)


def _disk() -> Finding:
    free = shutil.disk_usage(_existing(Path(settings.HOME))).free
    words = _("%(free).1f GB free in %(home)s") % {"free": free / 1e9, "home": settings.HOME}
    return (
        Finding(_("disk"), "good", words) if free >= LEAST_DISK else Finding(_("disk"), "bad", words, _("Make room."))
    )


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())


def _backups() -> Finding:
    ages = [path.stat().st_mtime for path in (Path(settings.HOME) / "backups").glob("*.tar.gz")]
    if not ages:
        return Finding(
            _("backups"),
            "note",
            _("none in %(folder)s") % {"folder": Path(settings.HOME) / "backups"},
            _("`fondly backup` makes one."),
        )
    days = (datetime.now(UTC).timestamp() - max(ages)) / 86400
    words = _("the newest is from today") if days < 1 else _("the newest is %(n)d day(s) old") % {"n": round(days)}
    return Finding(_("backups"), "note" if days > OLD_BACKUP_DAYS else "good", words, _("`fondly backup` makes one."))


def _key() -> Finding:
    path = Path(settings.HOME) / "secret.key"
    if not path.exists():
        return Finding(_("secret key"), "good", _("from the settings"))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding(
            _("secret key"), "bad", _("others on this computer can read %(path)s") % {"path": path}, f"chmod 600 {path}"
        )
    return Finding(_("secret key"), "good", _("only you can read it"))


def _address() -> Finding:
    url = settings.FONDLY_URL
    if url.startswith("http://") and not any(host in url for host in ("localhost", "127.0.0.1")):
        return Finding(
            _("address"),
            "bad",
            _("%(url)s is not encrypted") % {"url": url},
            _("Put https in front and set FONDLY_URL."),
        )
    return Finding(_("address"), "good", _("links lead to %(url)s") % {"url": url})


def worst(findings: list[Finding]) -> State:
    states = {finding.state for finding in findings}
    order: tuple[State, ...] = ("bad", "note", "good")
    return next(state for state in order if state in states)
