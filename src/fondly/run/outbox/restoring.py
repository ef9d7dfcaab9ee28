"""After a restore: what may have gone since the backup is not sent, but listed until somebody says what became of it.

The fence is the instant of the restore. Mail whose time came before it was perhaps sent by the install that
is lost. What waits at the first resume becomes uncertain in the same transaction; what the planner brings up
later, with a time before the fence, becomes uncertain instead of being sent. A person's word after the
restore (do now, another time, approve) passes the fence.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.ground import bulk
from fondly.ground.action import Actor, Outcome, Refused, Undo, action, perform
from fondly.ground.locking import locked
from fondly.ground.models import Setting
from fondly.ground.steps import Slice, Steps, Walked, parts
from fondly.ground.wording import recorded
from fondly.run.journeys import records
from fondly.run.journeys.models import Moment
from fondly.run.journeys.performers import Job, Performer, Result
from fondly.run.journeys.rows import MomentRow
from fondly.run.outbox.actions import ResolveUncertain, UnresolveMessage
from fondly.run.outbox.models import Message

FENCE = "restore.fence"
HOLDER = "restore"  # stands as the worker of what the lost install may have sent
BATCH = 50  # answered in one slice of an errand
State = Message.State


@dataclass(frozen=True, slots=True)
class Fence:
    """When the backup was made and when it was put back."""

    backup_at: datetime
    restored_at: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """What the Outbox says after a restore. unsure: messages that may have gone and wait for a word."""

    fence: Fence
    unsure: int


@dataclass(frozen=True, slots=True)
class ResolveRestored:
    """went True: count all of them as sent. False: send all of them now; each can still be taken back."""

    went: bool


@dataclass(frozen=True, slots=True)
class UnresolveRestored:
    messages: list[UnresolveMessage]


@dataclass(frozen=True, slots=True)
class Resolved:
    """left: still unsure, because their journey has ended or because it was stopped on the way."""

    resolved: int
    left: int


def put_up(backup_at: datetime, now: datetime) -> None:
    """Remember that the install was put back, from a backup of that instant."""
    Setting.put(FENCE, f"{backup_at.isoformat()}/{now.isoformat()}")


def fence() -> Fence | None:
    """The newest restore; None when there never was one."""
    backup_at, slash, restored_at = Setting.get(FENCE).partition("/")
    return Fence(datetime.fromisoformat(backup_at), datetime.fromisoformat(restored_at)) if slash else None


def unsure() -> QuerySet[Message]:
    """Messages the lost install may have sent."""
    return Message.objects.filter(state=State.UNCERTAIN, worker=HOLDER)


def restored() -> Restored | None:
    """For the Outbox, while there is something to say."""
    found = fence()
    return Restored(found, unsure().count()) if found is not None else None


def hold_back(now: datetime) -> None:
    """Before everything runs again: what was written before the restore and would go now becomes uncertain."""
    found = fence()
    if found is None:
        return
    due = Q(state__in=(State.HELD, State.SENDING), go_at__lte=found.restored_at) | Q(state=State.APPROVAL)
    waiting = Message.objects.filter(due, made_at__lte=found.restored_at, committed_at__isnull=True)
    ids = list(locked(waiting.order_by("pk")).values_list("pk", flat=True))
    _doubt((pk, at) for pk, at in Message.objects.filter(pk__in=ids).values_list("pk", "go_at"))
    doubted = Moment.objects.filter(messages__in=ids, state__in=(Moment.State.WORKING, Moment.State.DUE))
    doubted.update(
        state=Moment.State.UNCERTAIN, asks="", reason=_why(), worker="", lease_until=None, revision=F("revision") + 1
    )


class Fenced:
    """A performer (see fondly.run.journeys.performers.Performer) whose messages the fence may stop."""

    def __init__(self, inner: Performer) -> None:
        self.inner = inner
        self.withdraw, self.ask, self.postpone = inner.withdraw, inner.ask, inner.postpone

    def perform(self, jobs: Sequence[Job], now: datetime) -> list[Result]:
        """Written as ever; of what may have gone before the restore the message is uncertain from its start."""
        results, found = list(self.inner.perform(jobs, now)), fence()
        if found is None:
            return results
        planned = {job.moment.pk: _time_of(job.moment) for job in jobs}
        written = {result.moment_id for result in results if result.outcome in ("on_the_way", "approve")}
        doubted = {pk for pk in written if planned[pk] <= found.restored_at}
        born = Message.objects.filter(moment__in=doubted, state__in=(State.HELD, State.APPROVAL))
        _doubt((pk, planned[moment_id]) for pk, moment_id in born.values_list("pk", "moment_id"))
        return [Result(r.moment_id, "uncertain", _why()) if r.moment_id in doubted else r for r in results]


def _resolve_size(actor: Actor, given: ResolveRestored) -> int:
    count = unsure().count()
    if not count:
        raise Refused(_("No message is unsure because of a restore."))
    return count


def _resolve_slices(actor: Actor, given: ResolveRestored, cursor: dict[str, int] | None) -> Iterator[Slice]:
    """Only what was unsure when it was said: what the planner brings up meanwhile is asked about anew."""
    cursor = cursor or {"done": 0, "behind": 0, "newest": unsure().aggregate(pk=Max("pk"))["pk"] or 0}
    while True:
        rows = unsure().filter(pk__gt=cursor["behind"], pk__lte=cursor["newest"]).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return
        resolved = [pk for pk in ids if _resolve(actor, pk, given.went)]
        cursor = {**cursor, "done": cursor["done"] + len(ids), "behind": ids[-1]}
        yield Slice(cursor["done"], cursor, _facts(resolved))


@action(
    "outbox.resolve_restored",
    permission="run",
    summary="Say what became of all mail a restore left unsure",
    steps=Steps(_resolve_size, _resolve_slices),
)
def resolve_restored(actor: Actor, given: ResolveRestored, walked: Walked) -> Outcome[Resolved]:
    """One answer for all of them; each is written down as `outbox.resolve` does."""
    done = [UnresolveMessage(pk, fact) for made in walked.made for pk, fact in made]
    words = ngettext("%(n)d message counts as sent", "%(n)d messages count as sent", len(done))
    if not given.went:
        words = ngettext("%(n)d message will be sent", "%(n)d messages will be sent", len(done))
    undo = Undo("outbox.unresolve_restored", UnresolveRestored(done)) if given.went and done else None
    return Outcome(Resolved(len(done), unsure().count()), words % {"n": len(done)}, undo=undo)


def _unresolve_size(actor: Actor, given: UnresolveRestored) -> int:
    return len(given.messages)


def _unresolve_slices(actor: Actor, given: UnresolveRestored, cursor: int | None) -> Iterator[Slice]:
    for place, messages in parts(given.messages, BATCH, cursor or 0):
        for message in messages:
            perform("outbox.unresolve", actor, message)
        yield Slice(place, place, len(messages))


@action(
    "outbox.unresolve_restored",
    permission="run",
    summary="Undo that all mail a restore left unsure had gone",
    steps=Steps(_unresolve_size, _unresolve_slices),
)
def unresolve_restored(actor: Actor, given: UnresolveRestored, walked: Walked) -> Outcome[Resolved]:
    """They are unsure again."""
    count = sum(walked.made)
    words = ngettext("%(n)d message is unsure again", "%(n)d messages are unsure again", count)
    return Outcome(Resolved(count, unsure().count()), words % {"n": count})


def _resolve(actor: Actor, message_id: int, went: bool) -> bool:
    try:
        perform("outbox.resolve", actor, ResolveUncertain(message_id, went))
    except Refused:
        return False  # its journey has ended: it stays listed, with the reason on its page
    return True


def _facts(ids: Sequence[int]) -> list[tuple[int, str]]:
    """Each with the fact that was put on the timeline, by which it is undone."""
    rows = Message.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "moment_id", "moment__revision")
    return [(pk, records.fact_id(moment, revision) if moment else "") for pk, moment, revision in rows]


def _doubt(messages: Iterable[tuple[int, datetime]]) -> None:
    """Each is (id, when it would have gone): from then on it counts as committed by the lost install."""
    rows = [(State.UNCERTAIN, HOLDER, None, at, at, at, "", _why(), pk) for pk, at in messages]
    bulk.update(Message, _DOUBTED, rows)


_DOUBTED = ("state", "worker", "lease_until", "go_at", "committed_at", "ended_at", "held_why", "reply")


def _time_of(moment: MomentRow) -> datetime:
    """When the lost install would have sent it: the time a person chose, or the playbook's."""
    chosen = moment.override_at if moment.override in ("now", "at") else None
    return chosen or moment.wanted_at


def _why() -> str:
    return recorded("It may have gone before the restore.")
