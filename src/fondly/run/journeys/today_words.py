"""The words of Today's rows: what it is, why it is there, why in this place, and what its button says."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import ngettext

from fondly.core.words import capital, heading, words_of
from fondly.ground.wording import gettext as _
from fondly.ground.wording import language

if TYPE_CHECKING:
    from fondly.run.journeys.today import Row

MOMENT_FIELDS = ("id", "client_id", "touchpoint", "stage", "kind", "channel", "mode", "asks", "at", "why", "minutes",
                 "reason")  # fmt: skip
FELT_FIELDS = ("id", "client_id", "client__name", "client__kind", "client__recent_feelings", "client__value_minor",
               "kind", "name", "channel", "at", "text", "value", "feeling", "judged_by", "stage", "data")  # fmt: skip
POSTED = frozenset({"card", "letter", "gift", "post"})
TALKED = frozenset({"phone", "call", "video"})
_SEEN = frozenset({"visit", "in_person", "in person", "meeting", "office"})
_QUOTE = 140
PROMISE, _LATE, _UNEASY, OFFER, _UNCERTAIN = 0.0, 1.0, 2.0, 3.0, 4.0


def moment_row(moment: dict[str, Any], now: datetime, is_late: bool) -> "Row":
    past = now - moment["at"]
    minutes = max(0.0, past.total_seconds() / 60)
    late = _("%(span)s late") % {"span": span(past)} if minutes >= 60 else ""
    return _row(
        id=f"moment-{moment['id']}",
        client_id=moment["client_id"],
        name=moment["name"],
        what=f"{heading(moment['touchpoint'])}{', ' + late if late else ''}",
        why=moment_why(moment),
        kind="late" if is_late else moment["kind"],
        word=_("late") if is_late else "",
        button=moment_button(moment),
        page="moment",
        page_id=moment["id"],
        order=_("Late: most overdue first.") if is_late else _("By its time, then by who feels worst."),
        sort=(_LATE, -minutes) if is_late else (moment["at"].timestamp() // 3600, moment["felt"] or 0.0),
        minutes=moment["minutes"],
        can_wait=True,
        can_do=moment["asks"] == "by_hand" and moment["channel"] not in TALKED | _SEEN,
    )


def moment_why(moment: dict[str, Any]) -> str:
    if moment["asks"] == "failed":
        return _("It did not go out: %(reason)s") % {"reason": moment["reason"] or _("the reason is in the Outbox")}
    sentence = capital(moment["why"])
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def moment_button(moment: dict[str, Any]) -> str:
    if moment["asks"] in ("late", "failed"):
        return _("Decide")
    if moment["mode"] == "approve" or moment["asks"] == "approve":
        return _("Check and send")
    if moment["channel"] in TALKED:
        return _call(moment["name"], moment["who"])
    if moment["channel"] in POSTED:
        return _("Mark posted")
    if moment["channel"] in _SEEN:
        return _("Log the visit")
    return _("Do it")


def _call(name: str, kind: str) -> str:
    by_first_name = kind != "organisation" and not name.startswith("The ")
    return _("Call %(name)s") % {"name": name.split(" ")[0] if by_first_name else _("them")}


def uneasy_row(fact: dict[str, Any], now: datetime) -> "Row":
    unhappy = fact["feeling"] == -2
    guess = _(" This is a guess.") if fact["judged_by"] == "guess" else ""
    return _row(
        id=f"felt-{fact['id']}",
        client_id=fact["client_id"],
        name=fact["client__name"],
        what=(_("felt unhappy") if unhappy else _("felt uneasy")) + _after(fact),
        said=fact["text"][:_QUOTE] if fact["kind"] in ("answered", "replied", "received") else "",
        why=_scored(fact) + _("%(ago)s ago, not solved yet.") % {"ago": span(now - fact["at"])} + guess,
        kind="relationship",
        word="",
        button=_call(fact["client__name"], fact["client__kind"]),
        page="client-call",
        page_id=fact["client_id"],
        order=_("Uneasy clients: lowest feeling first, then by what is at stake."),
        sort=(_UNEASY, float(fact["feeling"]), -float(fact["client__value_minor"])),
        minutes=10,
    )


def glad_row(fact: dict[str, Any]) -> "Row":
    quoted = fact["kind"] in ("answered", "replied", "received") and fact["text"]
    return _row(
        id=f"glad-{fact['id']}",
        client_id=fact["client_id"],
        name=fact["client__name"],
        what=_("was delighted") + _after(fact),
        said=fact["text"][:_QUOTE] if quoted else "",
        why="" if quoted else fact["text"][:_QUOTE],
        kind="good",
        word=_("good news"),
        button=_("Open"),
        page="client",
        page_id=fact["client_id"],
        order=_("Newest first."),
        sort=(-fact["at"].timestamp(),),
    )


def waiting_row(fact: dict[str, Any], asked: str, now: datetime) -> "Row":
    return _row(
        id=f"waiting-{fact['id']}",
        client_id=fact["client_id"],
        name=fact["client__name"],
        what=f"{heading(fact['name'])} ({asked})",
        why=_("Sent %(ago)s ago, nothing came back yet.") % {"ago": span(now - fact["at"])},
        kind="work",
        word="",
        button=_call(fact["client__name"], fact["client__kind"]),
        page="client-call",
        page_id=fact["client_id"],
        order=_("The longest wait first."),
        sort=(fact["at"].timestamp(),),
    )


def uncertain_row(message: dict[str, Any]) -> "Row":
    return _row(
        id=f"message-{message['id']}",
        client_id=message["client_id"],
        name=message["name"],
        what=_("“%(subject)s” may or may not have arrived") % {"subject": message["subject"]},
        why=_("The connection broke at the last step. Look in the sent folder, then say which it was."),
        kind="warn",
        word=_("not sure"),
        button=_("Say which"),
        page="message",
        page_id=message["id"],
        order=_("A message in doubt comes after promises and people."),
        sort=(_UNCERTAIN, message["go_at"].timestamp()),
        minutes=2,
    )


def span(length: timedelta) -> str:
    """ "2 hours": in the largest unit that fits."""
    minutes = int(max(length, timedelta()).total_seconds() // 60)
    if minutes >= 24 * 60:
        return _counted(minutes // 1440, "day", language())
    return _counted(minutes // 60, "hour", language()) if minutes >= 60 else _counted(minutes, "minute", language())


@lru_cache(maxsize=4096)
def _counted(n: int, unit: str, _language: str) -> str:
    if unit == "day":
        return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}
    if unit == "hour":
        return ngettext("%(n)d hour", "%(n)d hours", n) % {"n": n}
    return ngettext("%(n)d minute", "%(n)d minutes", n) % {"n": n}


def _after(fact: dict[str, Any]) -> str:
    name = fact["name"] if fact["kind"] in ("done", "event") else ""
    return _(" after %(what)s") % {"what": words_of(name)} if name else ""


def _scored(fact: dict[str, Any]) -> str:
    return _("Scored %(n)g, ") % {"n": fact["value"]} if fact["value"] is not None else ""


def _row(**values: Any) -> "Row":
    from fondly.run.journeys.today import Row

    return Row(**values)
