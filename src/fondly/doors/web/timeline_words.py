"""How one fact of a timeline reads: a sentence for people, and a short line about it."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_noop

from fondly.core.words import capital, words_of
from fondly.doors.web.filters import day, money
from fondly.ground.wording import gettext as _
from fondly.people.clients.models import Interaction
from fondly.run.journeys.exits import REASONS

_PLAIN = {
    "entered": gettext_noop("Entered %(name)s"), "left": gettext_noop("Left %(name)s"),
    "done": gettext_noop("Done: %(name)s"), "skipped": gettext_noop("Skipped: %(name)s"),
    "sent": gettext_noop("%(name)s sent"), "answered": gettext_noop("Answered %(name)s"),
    "call": gettext_noop("Call"), "meeting": gettext_noop("Meeting"), "paused": gettext_noop("Everything paused"),
    "resumed": gettext_noop("Going on again"), "consent": gettext_noop("Consent: %(name)s"),
    "field": gettext_noop("%(name)s changed"), "merged": gettext_noop("Two records became one"),
    "imported": gettext_noop("Imported"), "received": gettext_noop("Wrote to us"), "replied": gettext_noop("Replied"),
    "note": gettext_noop("Note"),
}  # fmt: skip
_KINDS = {
    "entered": gettext_noop("stage"), "left": gettext_noop("stage"), "event": gettext_noop("event"),
    "done": gettext_noop("touchpoint"), "skipped": gettext_noop("skipped"), "sent": gettext_noop("sent"),
    "received": gettext_noop("wrote"), "replied": gettext_noop("replied"), "answered": gettext_noop("answered"),
    "promise": gettext_noop("promise"), "note": gettext_noop("note"), "call": gettext_noop("call"),
    "meeting": gettext_noop("met"), "exited": gettext_noop("left"), "consent": gettext_noop("consent"),
    "field": gettext_noop("details"), "paused": gettext_noop("paused"), "resumed": gettext_noop("resumed"),
    "merged": gettext_noop("merged"), "imported": gettext_noop("imported"),
    "offered": gettext_noop("offer"),
}  # fmt: skip
_LANES = {"work": gettext_noop("work"), "relationship": gettext_noop("relationship"), "wow": gettext_noop("WOW")}
_PROMISES = {
    "open": gettext_noop("Promised: %(what)s"), "kept": gettext_noop("Kept: %(what)s"),
    "broken": gettext_noop("Broken: %(what)s"), "late": gettext_noop("Late: %(what)s"),
    "changed": gettext_noop("Changed, and they know: %(what)s"),
}  # fmt: skip
_OFFERS = {
    "waiting": gettext_noop("Asks to offer: %(what)s"), "made": gettext_noop("Offered: %(what)s"),
    "declined": gettext_noop("Not offered: %(what)s"),
}  # fmt: skip
_TOLD = frozenset({"done", "skipped", "entered", "left", "paused"})  # the text is a reason or a note


def sentence(fact: Interaction, titles: Mapping[str, str], due: Mapping[int, datetime | None]) -> str:
    """What happened. titles: of stages by name. due: dates of promises by id, as far as they are known."""
    if fact.kind == "promise":
        words = _promise(fact, due)
    elif fact.kind == "offered":
        words = _offered(fact)
    elif fact.kind == "exited":
        words = _exited(fact)
    elif fact.kind in _TOLD:
        words = _and(_plain(fact, titles), fact.text)
    elif fact.kind == "sent" and fact.text:
        words = _("Sent: “%(subject)s”") % {"subject": fact.text}
    else:
        words = fact.text or _plain(fact, titles)
    return capital(words)


def about(fact: Interaction) -> str:
    """The quiet line below: what kind of thing it was, on which channel, by whom."""
    lane, kind, minutes = _LANES.get(str(fact.data.get("lane"))), _KINDS.get(fact.kind), fact.data.get("minutes")
    parts = [
        _(lane) if lane else "",
        _(kind) if kind else fact.kind,
        words_of(fact.channel),
        _("by %(who)s") % {"who": fact.resource} if fact.resource and fact.kind != "done" else "",
        _("%(n)g of the scale") % {"n": fact.value} if fact.value is not None else "",
        _("%(n)s minutes") % {"n": minutes} if minutes else "",
    ]
    line = " · ".join(part for part in parts if part)
    return capital(line)


def judge(fact: Interaction) -> str:
    """Who says how it felt: "" for a person of the team."""
    if fact.feeling is None and not fact.solved:
        return ""
    return {"client": _("they said so"), "person": "", "guess": _("a guess")}.get(fact.judged_by, "")


def _plain(fact: Interaction, titles: Mapping[str, str]) -> str:
    name = titles.get(fact.name) if fact.kind in ("entered", "left") else None
    words = _(_PLAIN.get(fact.kind, "%(name)s")) % {"name": name or words_of(fact.name)}
    return _("%(what)s, by %(who)s") % {"what": words, "who": fact.resource} if _by_whom(fact) else words


def _by_whom(fact: Interaction) -> bool:
    return fact.kind == "done" and bool(fact.resource)


def _promise(fact: Interaction, due: Mapping[int, datetime | None]) -> str:
    what = _(_PROMISES.get(fact.name, "%(what)s")) % {"what": fact.text or _("a promise")}
    by = due.get(int(fact.data.get("promise_id") or 0))
    if fact.name == "open" and by is not None:
        what = _("%(promise)s, by %(day)s") % {"promise": what, "day": day(by)}
    return _and(what, str(fact.data.get("note") or ""))


def _offered(fact: Interaction) -> str:
    what = _(_OFFERS.get(fact.name, "%(what)s")) % {"what": fact.text or _("an offer")}
    if cost := fact.data.get("cost_minor"):
        what = f"{what}, {money(int(cost), str(fact.data.get('currency') or ''))}"
    return _and(what, str(fact.data.get("note") or ""))


def _exited(fact: Interaction) -> str:
    reason = str(REASONS.get(fact.name, "")) or words_of(fact.name)
    words = _("Left: %(reason)s") % {"reason": reason[:1].lower() + reason[1:]} if reason else _("Left")
    return _and(words, fact.text if fact.text != str(REASONS.get(fact.name, "")) else "")


def _and(words: str, more: str) -> str:
    """Two pieces as sentences."""
    more = more.strip()
    return f"{words}. {capital(more)}" if more else words
