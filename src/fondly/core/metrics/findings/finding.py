"""What was found: where, when, for whom, how large, how sure."""

from dataclasses import dataclass
from datetime import UTC, datetime

from fondly.core.metrics.estimates import Estimate
from fondly.core.metrics.frames import SECOND
from fondly.core.words import say


@dataclass(frozen=True, slots=True)
class Finding:
    """A place and time at which a log departs from itself.

    kind: fall or rise (of the share that takes the step), drop (more leave after it), slower or quicker (the step),
    stop or surge (of an event), silence (visits stop), new (an event never seen before), loop (back and forth),
    bot (one client does it), different (a segment, the whole time). step: (a, b), or (event,), or () for all visits.
    of: "event" or "stage". segment: (column, value) or None for everybody. begins_at, ends_at: microseconds since
    1970, None for the whole time. usual, found: the share of tries that take the step (seconds for slower and quicker,
    number of events for silence and bot) outside and inside; change: found less usual (slower, quicker: found over
    usual). clients: how many clients it cost, below 0 how many it brought, None where it cannot be said. instead:
    what more of them did, "" if several things. certainty: 1 minus the chance to find any such thing where nothing is.
    """

    kind: str
    step: tuple[str, ...]
    segment: tuple[str, str] | None
    begins_at: int | None
    ends_at: int | None
    usual: Estimate
    found: Estimate
    change: Estimate
    clients: Estimate | None
    certainty: float
    instead: str = ""
    of: str = "event"

    @property
    def sentence(self) -> str:
        """What was found in one sentence."""
        what = _WHAT[self.kind](self)
        if self.begins_at is None or self.ends_at is None:
            return say("{what}, the whole time.", what=what)
        return say(
            "{what}, from {begins} to {ends} UTC.", what=what, begins=_day(self.begins_at), ends=_day(self.ends_at)
        )

    @property
    def whom(self) -> str:
        """For whom, as the beginning of a sentence goes on."""
        if self.segment is None:
            return say("all clients")
        return say("{column} {value}", column=self.segment[0], value=self.segment[1] or "-")

    @property
    def from_to(self) -> str:
        """The step in words."""
        if len(self.step) < 2:
            return self.step[0] if self.step else say("visits")
        return say("{a} to {b}", a=self.step[0], b=self.step[1])


def _share_moved(one: Finding) -> str:
    values = {"step": one.from_to, "usual": _percent(one.usual), "found": _percent(one.found), "whom": one.whom}
    if one.instead:
        return say(
            "{step} went from {usual} to {found} for {whom}; instead more: {instead}", instead=one.instead, **values
        )
    return say("{step} went from {usual} to {found} for {whom}", **values)


def _paced(one: Finding) -> str:
    usual, found = _time(one.usual), _time(one.found)
    return say(
        "{step} took {found} instead of {usual} for {whom}", step=one.from_to, found=found, usual=usual, whom=one.whom
    )


def _stopped(one: Finding) -> str:
    return say(
        "{step} stopped for {whom}: {usual} was usual", step=one.from_to, whom=one.whom, usual=_percent(one.usual)
    )


def _surged(one: Finding) -> str:
    usual, found = _percent(one.usual), _percent(one.found)
    return say(
        "{step} surged from {usual} to {found} for {whom}", step=one.from_to, whom=one.whom, usual=usual, found=found
    )


def _fell_silent(one: Finding) -> str:
    usual, found = _number(one.usual), _number(one.found)
    return say("{found} visits of {whom} began where {usual} were usual", whom=one.whom, usual=usual, found=found)


def _appeared(one: Finding) -> str:
    event, found = one.step[-1], _percent(one.found)
    if len(one.step) < 2:
        return say("{event} is new: {found} of the events of {whom}", event=event, found=found, whom=one.whom)
    return say(
        "{event} is new: {found} of {before} for {whom}", event=event, found=found, before=one.step[0], whom=one.whom
    )


def _looped(one: Finding) -> str:
    usual, found = _percent(one.usual), _percent(one.found)
    if one.step[0] == one.step[1]:
        return say(
            "{a} again and again for {whom}: {found} instead of {usual}",
            a=one.step[0],
            whom=one.whom,
            found=found,
            usual=usual,
        )
    return say(
        "Back and forth between {a} and {b} for {whom}: {found} instead of {usual}",
        a=one.step[0], b=one.step[1], whom=one.whom, found=found, usual=usual,
    )  # fmt: skip


def _bustled(one: Finding) -> str:
    usual, found = _number(one.usual), _number(one.found)
    return say(
        "One client did {step} {found} times; the next most did {usual}", step=one.from_to, found=found, usual=usual
    )


def _differs(one: Finding) -> str:
    usual, found = _percent(one.usual), _percent(one.found)
    return say(
        "{step} is {found} for {whom} and {usual} for all others",
        step=one.from_to,
        whom=one.whom,
        found=found,
        usual=usual,
    )


_WHAT = {
    **dict.fromkeys(("fall", "rise", "drop"), _share_moved),
    **dict.fromkeys(("slower", "quicker"), _paced),
    "stop": _stopped,
    "surge": _surged,
    "silence": _fell_silent,
    "new": _appeared,
    "loop": _looped,
    "bot": _bustled,
    "different": _differs,
}


def _percent(share: Estimate) -> str:
    return "-" if share.value is None else f"{100 * share.value:.3g} %"


def _number(count: Estimate) -> str:
    return "-" if count.value is None else f"{count.value:,.0f}"


def _time(seconds: Estimate) -> str:
    value = seconds.value or 0.0
    if value >= 2 * 86_400:
        return say("{count} days", count=f"{value / 86_400:.3g}")
    if value >= 7_200:
        return say("{count} hours", count=f"{value / 3_600:.3g}")
    if value >= 120:
        return say("{count} minutes", count=f"{value / 60:.3g}")
    return say("{count} seconds", count=f"{value:.3g}")


def _day(instant: int) -> str:
    return datetime.fromtimestamp(instant / SECOND, UTC).strftime("%Y-%m-%d %H:%M")
