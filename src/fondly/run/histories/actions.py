"""Bringing in what other systems remember: an event log becomes clients and lived journeys. Nothing is sent."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fondly.core.playbook.plain import PlainError, plain
from fondly.design.playbooks import library
from fondly.ground.action import Actor, Outcome, Refused, Undo, action
from fondly.ground.steps import Slice, Steps, Walked
from fondly.people.clients.models import Client
from fondly.run.histories import store
from fondly.run.histories.lived import LivedJourney, journeys
from fondly.run.histories.mapping import HistoryMap, MapError, fits, read_map
from fondly.run.histories.reading import BadLine, LogError, count_cases, lines
from fondly.run.histories.versions import live_version, version_for

_BATCH = 500  # journeys written together
_COUNTED = ("lines", "journeys", "new_clients", "new_facts")
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


def _size(actor: Actor, given: ImportHistory) -> int:
    """Cases of the log."""
    history_map = _map(given.map_text)
    if not given.dry_run:
        version = live_version(history_map.playbook)
        if version is not None:
            _must_fit(history_map, version.pk)
    with _in_words():
        return count_cases(Path(given.path), history_map)


def _slices(actor: Actor, given: ImportHistory, cursor: int | None) -> Iterator[Slice]:
    history_map, done = _map(given.map_text), cursor or 0
    version = None if given.dry_run else version_for(actor, history_map.playbook)
    if version is not None:
        _must_fit(history_map, version.pk)
    bad: list[BadLine] = []
    with _in_words():
        lived = journeys(lines(Path(given.path), history_map, bad), history_map)
        deque(islice(lived, done), maxlen=0)  # what was kept before
        while batch := list(islice(lived, _BATCH)):
            told = _told(batch)
            if version is not None:
                told |= store.keep(batch, history_map, version, given.source)
            told |= {"unread": len(bad), "problems": [(b.row, b.reason) for b in bad[:_SHOWN]]}
            done += len(batch)
            yield Slice(done, done, told)


@action("histories.import", permission="import", summary="Bring in a history", steps=Steps(_size, _slices))
def import_history(actor: Actor, given: ImportHistory, walked: Walked) -> Outcome[ImportedHistory]:
    """Lived journeys from an event log. The same file again adds nothing; nothing is planned or sent."""
    result = _result(given.source, walked.made)
    summary = _("Brought in %(journeys)s journeys with %(facts)s facts from %(source)s") % {
        "journeys": f"{result.journeys:,}",
        "facts": f"{result.new_facts:,}",
        "source": given.source,
    }
    undo = None if given.dry_run else Undo("histories.remove", RemoveHistory(given.source))
    return Outcome(result, summary, undo=undo)


def _result(source: str, made: list[dict[str, Any]]) -> ImportedHistory:
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTED, 0))
    exits: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    for told in made:
        counts.update({name: told.get(name, 0) for name in _COUNTED})
        exits.update(told["exits"])
        stages.update(told["stages"])
    last: dict[str, Any] = made[-1] if made else {"unread": 0, "problems": []}
    problems = [BadRow(row, reason) for row, reason in last["problems"]]
    return ImportedHistory(
        source, **counts, exits=dict(exits), stages=dict(stages), unread=last["unread"], problems=problems
    )


def _told(batch: Sequence[LivedJourney]) -> dict[str, Any]:
    return {
        "journeys": len(batch),
        "lines": sum(len(journey.facts) for journey in batch),
        "exits": Counter(journey.exit for journey in batch if journey.exit),
        "stages": Counter(stage for journey in batch for stage in {stay.stage for stay in journey.stays}),
    }


def _remove_size(actor: Actor, given: RemoveHistory) -> int:
    clients = _clients_of(given.source).count()
    if not clients:
        raise Refused(_("No history called %(source)r has been brought in.") % {"source": given.source})
    return clients


def _remove_slices(actor: Actor, given: RemoveHistory, cursor: dict[str, int] | None) -> Iterator[Slice]:
    done, last = (cursor["done"], cursor["last"]) if cursor else (0, 0)
    while ids := list(
        _clients_of(given.source).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_BATCH]
    ):
        done, last = done + len(ids), ids[-1]
        yield Slice(done, {"done": done, "last": last}, store.take_out(ids, given.source))


@action(
    "histories.remove",
    permission="import",
    summary="Take a history out again",
    steps=Steps(_remove_size, _remove_slices),
)
def remove_history(actor: Actor, given: RemoveHistory, walked: Walked) -> Outcome[RemovedHistory]:
    """Remove what came from this log. Clients with any other fact of their own are kept."""
    gone: Counter[str] = Counter(clients=0, facts=0)
    for made in walked.made:
        gone.update(made)
    gone["facts"] += store.take_out_moved(given.source) if walked.whole else 0
    return Outcome(RemovedHistory(**gone), _("Took out the history %(source)s") % {"source": given.source})


def _clients_of(source: str) -> QuerySet[Client]:
    return Client.objects.filter(external_id__startswith=f"{store.fact_source(source)}:")


def _map(text: str) -> HistoryMap:
    try:
        return read_map(plain(text))
    except PlainError as error:
        raise Refused(_("The map is not readable YAML: %(error)s") % {"error": error}, field="map_text") from error
    except MapError as error:
        raise Refused(str(error), field="map_text") from error


def _must_fit(history_map: HistoryMap, version_id: int) -> None:
    problems = fits(history_map, library.parsed(version_id))
    if problems:
        raise Refused(
            _("The map does not fit the playbook. %(problems)s") % {"problems": " ".join(problems[:5])},
            field="map_text",
        )


@contextmanager
def _in_words() -> Iterator[None]:
    """What a file cannot do is a refusal."""
    try:
        yield
    except (MapError, LogError) as error:
        raise Refused(str(error)) from error
