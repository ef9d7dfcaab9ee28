"""Moving clients to another version of their playbook: deliberate, previewed by effect.preview, undoable."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.design.playbooks import library
from fondly.design.playbooks.models import PlaybookVersion
from fondly.ground import clock
from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.ground.steps import Slice, Steps, Walked, parts
from fondly.run.journeys import effect, moving
from fondly.run.journeys.effect import LateChoice

_COUNTED = ("journeys", "kept", "moved", "added", "dropped", "would_send_now", "stranded")


@dataclass(frozen=True, slots=True)
class MoveToVersion:
    """from_version_id None: everyone living the playbook. late: what to do with what would be sent at once."""

    playbook_id: int
    to_version_id: int
    from_version_id: int | None = None
    late: LateChoice = "skip"


@dataclass(frozen=True, slots=True)
class Moved:
    """Counts of moments; stranded: journeys that stay because the version does not have their stage."""

    journeys: int
    kept: int
    moved: int
    added: int
    dropped: int
    would_send_now: int
    stranded: int


@dataclass(frozen=True, slots=True)
class MoveBack:
    """before: version id -> journeys that lived it."""

    to_version_id: int
    before: dict[int, list[int]] = field(default_factory=dict)
    mark: str = ""


def _move_size(actor: Actor, given: MoveToVersion) -> int:
    version = _version(given)
    size = effect.concerned(given.playbook_id, given.from_version_id, version.pk).count()
    if not size:
        raise Refused(_("Nobody lives another version, so there is nobody to move."))
    return size


def _move_slices(actor: Actor, given: MoveToVersion, cursor: dict[str, int] | None) -> Iterator[Slice]:
    version, done = _version(given), cursor["done"] if cursor else 0
    book = library.parsed(version.pk)
    rows = effect.concerned(given.playbook_id, given.from_version_id, version.pk)
    for batch in effect.batches(rows, cursor["last"] if cursor else 0):
        versions = {journey.pk: journey.version_id for journey in batch}
        turns, stranded = moving.move_batch(list(versions), version, book, given.late, actor.name, clock.now())
        counts, before = effect.of(turns, stranded), defaultdict[int, list[int]](list)
        for turn in turns:
            before[versions[turn.journey.pk]].append(turn.journey.pk)
        done += len(batch)
        made = {"counts": {name: getattr(counts, name) for name in _COUNTED}, "before": list(before.items())}
        yield Slice(done, {"last": batch[-1].pk, "done": done}, made)


@action(
    "journeys.move_to_version",
    permission="run",
    summary="Move clients to another version",
    steps=Steps(_move_size, _move_slices),
)
def move_to_version(actor: Actor, given: MoveToVersion, walked: Walked) -> Outcome[Moved]:
    """Everyone concerned lives the other version from now on. What was done stays done and is not done again."""
    version = _version(given)
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTED, 0))
    before: dict[int, list[int]] = defaultdict(list)
    for made in walked.made:
        counts.update(made["counts"])
        for version_id, ids in made["before"]:
            before[version_id] += ids
    undo = Undo("journeys.move_back", MoveBack(version.pk, dict(before), moving.mark_of(version))) if before else None
    words = ngettext(
        "%(n)s client was moved to version %(number)s",
        "%(n)s clients were moved to version %(number)s",
        counts["journeys"],
    )
    return Outcome(
        Moved(**counts),
        words % {"n": f"{counts['journeys']:,}", "number": version.number},
        undo=undo,
    )


def _back_size(actor: Actor, given: MoveBack) -> int:
    return sum(map(len, given.before.values()))


def _back_slices(actor: Actor, given: MoveBack, cursor: int | None) -> Iterator[Slice]:
    lived = [(version_id, pk) for version_id, ids in given.before.items() for pk in ids]
    for place, some in parts(lived, effect.BATCH, cursor or 0):
        count = 0
        for version_id, pairs in groupby(some, key=itemgetter(0)):
            count += moving.move_back([pk for _version, pk in pairs], version_id, given.mark, clock.now())
        yield Slice(place, place, count)


@action(
    "journeys.move_back",
    permission="run",
    summary="Undo moving clients to another version",
    steps=Steps(_back_size, _back_slices),
)
def move_back(actor: Actor, given: MoveBack, walked: Walked) -> Outcome[Moved]:
    """Everyone is back on the version they lived; what was sent meanwhile stays sent."""
    count = sum(walked.made)
    words = ngettext("%(n)s client is back on their version", "%(n)s clients are back on their version", count)
    return Outcome(Moved(count, 0, 0, 0, 0, 0, 0), words % {"n": f"{count:,}"})


def _version(given: MoveToVersion) -> PlaybookVersion:
    version = effect.version_of(given.playbook_id, given.to_version_id)
    if version is None:
        raise NotFound(_("There is no such published version of this playbook."))
    return version
