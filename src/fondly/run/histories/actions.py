"""Bringing in what other systems remember: an event log becomes clients and lived journeys. Nothing is sent."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from fondly.core.playbook.plain import PlainError, plain
from fondly.design.playbooks import library
from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.people.clients.models import Client, Interaction
from fondly.run.histories import store
from fondly.run.histories.lived import LivedJourney, journeys
from fondly.run.histories.mapping import HistoryMap, MapError, fits, read_map
from fondly.run.histories.reading import BadLine, LogError, lines
from fondly.run.histories.versions import version_for
from fondly.run.journeys.models import Journey

_BATCH = 500  # journeys written together
_SHOWN = 100  # bad lines told in the result


@dataclass(frozen=True, slots=True)
class ImportHistory:
    """path: a CSV, CSV.gz or Parquet file on this machine. map_text: the map as YAML. source: a short name."""

    path: str
    map_text: str
    source: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class BadRow:
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportedHistory:
    """exits: reason -> journeys. stages: stage -> journeys that were ever in it. unread: bad lines in all."""

    source: str
    lines: int
    journeys: int
    new_clients: int
    new_facts: int
    exits: dict[str, int]
    stages: dict[str, int]
    unread: int
    problems: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RemoveHistory:
    source: str


@dataclass(frozen=True, slots=True)
class RemovedHistory:
    clients: int
    facts: int


Progress = Callable[[int], None]  # journeys so far


def bring_in(actor: Actor, given: ImportHistory, progress: Progress = lambda done: None) -> ImportedHistory:
    """The import itself, also for callers that show progress. Raises Refused with what to mend."""
    history_map = _map(given.map_text)
    bad: list[BadLine] = []
    counts: Counter[str] = Counter()
    exits: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    version = None if given.dry_run else version_for(actor, history_map.playbook)
    if version is not None:
        _must_fit(history_map, version.pk)
    try:
        for batch in _batches(journeys(lines(Path(given.path), history_map, bad), history_map)):
            _count(batch, counts, exits, stages)
            if version is not None:
                counts.update(store.keep(batch, history_map, version, given.source))
            progress(counts["journeys"])
        store.tell_sizes()
    except (MapError, LogError) as error:
        raise Refused(str(error)) from error
    return ImportedHistory(
        given.source, counts["lines"], counts["journeys"], counts["new_clients"], counts["new_facts"],
        dict(exits), dict(stages), len(bad), [BadRow(b.row, b.reason) for b in bad[:_SHOWN]],
    )  # fmt: skip


@action("histories.import", permission="import", summary="Bring in a history")
def import_history(actor: Actor, given: ImportHistory) -> Outcome[ImportedHistory]:
    """Lived journeys from an event log. The same file again adds nothing; nothing is planned or sent."""
    result = bring_in(actor, given)
    summary = f"Brought in {result.journeys:,} journeys with {result.new_facts:,} facts from {given.source}"
    undo = None if given.dry_run else Undo("histories.remove", RemoveHistory(given.source))
    return Outcome(result, summary, undo=undo)


@action("histories.remove", permission="import", summary="Take a history out again")
def remove_history(actor: Actor, given: RemoveHistory) -> Outcome[RemovedHistory]:
    """Remove what came from this log. Clients with any other fact of their own are kept."""
    source = store.fact_source(given.source)
    ours = Client.objects.filter(external_id__startswith=f"{source}:")
    if not ours.exists():
        raise Refused(f"No history called {given.source!r} has been brought in.")
    facts = Interaction.objects.filter(source=source)
    touched = Interaction.objects.filter(client__in=ours).exclude(source=source).values("client_id")
    Journey.objects.filter(client__in=ours).exclude(client__in=touched).delete()
    gone = facts.count()
    facts.delete()
    clients, _ = ours.exclude(pk__in=touched).delete()
    return Outcome(RemovedHistory(clients, gone), f"Took out the history {given.source}")


def _map(text: str) -> HistoryMap:
    try:
        return read_map(plain(text))
    except PlainError as error:
        raise Refused(f"The map is not readable YAML: {error}", field="map_text") from error
    except MapError as error:
        raise Refused(str(error), field="map_text") from error


def _must_fit(history_map: HistoryMap, version_id: int) -> None:
    problems = fits(history_map, library.parsed(version_id))
    if problems:
        raise Refused("The map does not fit the playbook. " + " ".join(problems[:5]), field="map_text")


def _batches(lived: Iterable[LivedJourney]) -> Iterable[Sequence[LivedJourney]]:
    iterator = iter(lived)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _count(batch: Sequence[LivedJourney], counts: Counter[str], exits: Counter[str], stages: Counter[str]) -> None:
    counts["journeys"] += len(batch)
    counts["lines"] += sum(len(journey.facts) for journey in batch)
    exits.update(journey.exit for journey in batch if journey.exit)
    for journey in batch:
        stages.update({stay.stage for stay in journey.stays})
