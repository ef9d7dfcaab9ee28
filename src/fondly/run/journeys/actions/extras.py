"""Starting a touchpoint for many clients beside their plans, looking at it before, and taking it back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.core.words import words_of
from fondly.ground import clock
from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.ground.locking import locked
from fondly.ground.steps import Slice, Steps, Walked, parts
from fondly.ground.wording import recorded
from fondly.run.journeys import extras, performers
from fondly.run.journeys.actions.starting import MOST_AT_ONCE
from fondly.run.journeys.handling import OPEN
from fondly.run.journeys.left_out import KEY, Chosen
from fondly.run.journeys.models import Journey, Moment


@dataclass(frozen=True, slots=True)
class StartTouchpoint:
    """again: also for those who have had it. key: the same key again starts it only for those it has not reached."""

    client_ids: list[int]
    playbook_id: int
    touchpoint: str
    again: bool = False
    why: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    reason: str
    clients: int


@dataclass(frozen=True, slots=True)
class StartedTouchpoint:
    moment_ids: list[int]
    started: int
    left_out: list[LeftOut]


@dataclass(frozen=True, slots=True)
class PreviewTouchpoint:
    """The same question without doing it."""

    client_ids: list[int]
    playbook_id: int
    touchpoint: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class PreviewedTouchpoint:
    taking: int
    left_out: list[LeftOut]


@dataclass(frozen=True, slots=True)
class TakeBackTouchpoint:
    """Moments that were started beside a plan."""

    moment_ids: list[int]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """happened: those that were done or sent before."""

    count: int
    happened: int


def _ids(given: StartTouchpoint | PreviewTouchpoint) -> list[int]:
    return list(dict.fromkeys(given.client_ids))


def _size(actor: Actor, given: StartTouchpoint | PreviewTouchpoint) -> int:
    _chosen(given)
    if not 1 <= len(given.client_ids) <= MOST_AT_ONCE:
        most = f"{MOST_AT_ONCE:,}"
        raise Refused(_("Choose between 1 and %(n)s clients.") % {"n": most}, field="client_ids")
    return len(_ids(given))


def _chosen(given: StartTouchpoint | PreviewTouchpoint, key: str = "") -> Chosen:
    return extras.choose(given.playbook_id, given.touchpoint, again=given.again, key=key)


def _start_slices(actor: Actor, given: StartTouchpoint, cursor: dict[str, Any] | None) -> Iterator[Slice]:
    key = given.key or (cursor["key"] if cursor else clock.now().isoformat())
    chosen = _chosen(given, key)
    for place, ids in parts(_ids(given), extras.BATCH, cursor["done"] if cursor else 0):
        now = clock.now()
        looked = extras.look(chosen, ids, now, lock=True)
        made = extras.add(chosen, looked, now, actor.name, given.why.strip())
        yield Slice(place, {"done": place, "key": key}, {"ids": made, "left_out": _reasons(looked)})


@action(
    "journeys.start_touchpoint",
    permission="run",
    summary="Start a touchpoint for many clients",
    steps=Steps(_size, _start_slices),
)
def start_touchpoint(actor: Actor, given: StartTouchpoint, walked: Walked) -> Outcome[StartedTouchpoint]:
    """Beside their plans, as soon as quiet hours let it happen; who may not or need not get it is left out."""
    ids = [pk for made in walked.made for pk in made["ids"]]
    left_out = _left_out(walked)
    words = ngettext("Started “%(what)s” for %(n)s client", "Started “%(what)s” for %(n)s clients", len(ids))
    summary = words % {"what": words_of(given.touchpoint), "n": f"{len(ids):,}"}
    undo = Undo("journeys.take_back_touchpoint", TakeBackTouchpoint(ids)) if ids else None
    return Outcome(StartedTouchpoint(ids, len(ids), left_out), summary, undo=undo)


def _preview_slices(actor: Actor, given: PreviewTouchpoint, cursor: int | None) -> Iterator[Slice]:
    chosen = _chosen(given)
    for place, ids in parts(_ids(given), extras.BATCH, cursor or 0):
        looked = extras.look(chosen, ids, clock.now())
        yield Slice(place, place, {"taking": len(looked.taking), "left_out": _reasons(looked)})


@action(
    "journeys.preview_touchpoint",
    permission="read",
    summary="Look at who would get a touchpoint",
    steps=Steps(_size, _preview_slices),
)
def preview_touchpoint(actor: Actor, given: PreviewTouchpoint, walked: Walked) -> Outcome[PreviewedTouchpoint]:
    """How many would get it if it was started now, and how many not, and why. Changes nothing."""
    taking = sum(made["taking"] for made in walked.made)
    words = ngettext("%(n)s client would get “%(what)s”", "%(n)s clients would get “%(what)s”", taking)
    summary = words % {"what": words_of(given.touchpoint), "n": f"{taking:,}"}
    return Outcome(PreviewedTouchpoint(taking, _left_out(walked)), summary)


def _reasons(looked: extras.Looked) -> dict[str, int]:
    return Counter(why for _pk, why in looked.left_out)


def _left_out(walked: Walked) -> list[LeftOut]:
    """The most common reason first."""
    counted: Counter[str] = Counter()
    for made in walked.made:
        counted.update(made["left_out"])
    return [LeftOut(reason, n) for reason, n in counted.most_common()]


def _back_size(actor: Actor, given: TakeBackTouchpoint) -> int:
    if not any(
        Moment.objects.filter(pk__in=ids, state__in=OPEN, key__startswith=KEY).exists()
        for _place, ids in parts(given.moment_ids, extras.BATCH)
    ):
        raise Refused(_("All of it has been done or sent already, so it cannot be taken back."))
    return len(given.moment_ids)


def _back_slices(actor: Actor, given: TakeBackTouchpoint, cursor: int | None) -> Iterator[Slice]:
    for place, ids in parts(given.moment_ids, extras.BATCH, cursor or 0):
        yield Slice(place, place, _take_back(actor, ids))


@action(
    "journeys.take_back_touchpoint",
    permission="run",
    summary="Take back a touchpoint started for many",
    steps=Steps(_back_size, _back_slices),
)
def take_back_touchpoint(actor: Actor, given: TakeBackTouchpoint, walked: Walked) -> Outcome[TakenBack]:
    """For those with whom it has not happened yet."""
    count, happened = sum(made[0] for made in walked.made), sum(made[1] for made in walked.made)
    words = ngettext("It was taken back for %(n)s client", "It was taken back for %(n)s clients", count)
    left = ngettext(
        "With %(n)s client it had happened already.", "With %(n)s clients it had happened already.", happened
    )
    left = left % {"n": f"{happened:,}"} if happened else ""
    return Outcome(TakenBack(count, happened), words % {"n": f"{count:,}"}, left=left)


def _take_back(actor: Actor, ids: Sequence[int]) -> list[int]:
    """How many were taken back, and how many had happened. First the journeys, then the moments, as everywhere."""
    found = Moment.objects.filter(pk__in=ids, key__startswith=KEY)
    list(locked(Journey.objects.filter(pk__in=found.values("journey")).order_by("pk")).values_list("pk"))
    waiting = list(locked(found.filter(state__in=OPEN).order_by("pk")).values_list("pk", "channel"))
    reason = recorded("taken back by %(who)s") % {"who": actor.name}
    gone = performers.withdraw(waiting, reason, clock.now())
    Moment.objects.filter(pk__in=gone).update(
        state=Moment.State.CANCELLED, asks="", reason=reason[:300], worker="", lease_until=None
    )
    happened = found.filter(state__in=(Moment.State.DONE, Moment.State.UNCERTAIN, Moment.State.WORKING)).count()
    return [len(gone), happened]
