"""Moving clients to another version of their playbook: deliberate, previewed by effect.preview, undoable."""

from dataclasses import dataclass, field

from fondly.design.playbooks import library
from fondly.ground import clock
from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.run.journeys import effect, moving
from fondly.run.journeys.effect import LateChoice


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


@action("journeys.move_to_version", permission="run", summary="Move clients to another version")
def move_to_version(actor: Actor, given: MoveToVersion) -> Outcome[Moved]:
    """Everyone concerned lives the other version from now on. What was done stays done and is not done again."""
    version = effect.version_of(given.playbook_id, given.to_version_id)
    if version is None:
        raise NotFound("There is no such published version of this playbook.")
    book, now, total = library.parsed(version.pk), clock.now(), effect.Effect()
    before: dict[int, list[int]] = {}
    for batch in list(effect.batches(given.playbook_id, given.from_version_id, version.pk)):
        versions = {journey.pk: journey.version_id for journey in batch}
        turns, stranded = moving.move_batch(list(versions), version, book, given.late, actor.name, now)
        total.stranded += len(stranded)
        for turn in turns:
            effect.count(total, turn)
            before.setdefault(versions[turn.journey.pk], []).append(turn.journey.pk)
    if not before and not total.stranded:
        raise Refused("Nobody lives another version, so there is nobody to move.")
    undo = Undo("journeys.move_back", MoveBack(version.pk, before, moving.mark_of(version))) if before else None
    result = Moved(
        total.journeys, total.kept, total.moved, total.added, total.dropped, total.would_send_now, total.stranded
    )
    return Outcome(result, f"{total.journeys} clients were moved to version {version.number}", undo=undo)


@action("journeys.move_back", permission="run", summary="Undo moving clients to another version")
def move_back(actor: Actor, given: MoveBack) -> Outcome[Moved]:
    """Everyone is back on the version they lived; what was sent meanwhile stays sent."""
    now, count = clock.now(), 0
    for version_id, ids in given.before.items():
        for first in range(0, len(ids), effect.BATCH):
            count += moving.move_back(ids[first : first + effect.BATCH], version_id, given.mark, now)
    return Outcome(Moved(count, 0, 0, 0, 0, 0, 0), f"{count} clients are back on their version")
