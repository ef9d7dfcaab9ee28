"""Writing lived journeys in bulk: a handful of statements for a batch of journeys."""

from collections import Counter
from collections.abc import Iterator, Sequence

from django.db import connection

from fondly.design.playbooks.models import PlaybookVersion
from fondly.ground import bulk, clock
from fondly.people.clients import identity
from fondly.people.clients.models import Client, Interaction
from fondly.people.clients.timeline import NewFact, record
from fondly.run.histories.lived import LivedJourney
from fondly.run.histories.mapping import HistoryMap
from fondly.run.journeys.models import Journey, Stay

_CHECKED = (Client, Journey)
NOT_RUNNING = "Brought in from a log; not running until you say so"


def fact_source(source: str) -> str:
    return f"log:{source}"[:40]


def _tell_sizes() -> None:
    """Let PostgreSQL know how large the tables have become.

    It checks foreign keys with plans made while they were empty; 300,000 checks of 13,000 rows took three minutes.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for model in _CHECKED:
                cursor.execute(f'ANALYZE "{model._meta.db_table}"')


def keep(batch: Sequence[LivedJourney], history_map: HistoryMap, version: PlaybookVersion, source: str) -> Counter[str]:
    """Store a batch; what is there already is brought up to date. Returns new_clients and new_facts."""
    clients, new_clients = _clients(batch, history_map, source)
    journeys = _journeys(batch, clients, history_map, version)
    Stay.objects.filter(journey__in=list(journeys.values())).delete()
    bulk.insert(Stay, list(_stays(batch, journeys)))
    before = Interaction.objects.filter(journey_id__in=[j.pk for j in journeys.values()]).count()
    record(*_facts(batch, clients, journeys, source))
    after = Interaction.objects.filter(journey_id__in=[j.pk for j in journeys.values()]).count()
    _tell_sizes()
    return Counter(new_clients=new_clients, new_facts=after - before)


def take_out(client_ids: Sequence[int], source: str) -> Counter[str]:
    """Take the log's facts from these clients of it, and those that have no other. Returns clients and facts."""
    theirs = Interaction.objects.filter(client__in=client_ids)
    kept = set(theirs.exclude(source=fact_source(source)).values_list("client_id", flat=True))
    ours = [pk for pk in client_ids if pk not in kept]
    facts, _each = theirs.filter(source=fact_source(source)).delete()
    Journey.objects.filter(client__in=ours).delete()
    Client.objects.filter(pk__in=ours).delete()
    return Counter(clients=len(ours), facts=facts)


def take_out_moved(source: str) -> int:
    """Take out what a merge has given to other clients since; returns how many facts."""
    facts, _each = Interaction.objects.filter(source=fact_source(source)).delete()
    return facts


def _clients(batch: Sequence[LivedJourney], history_map: HistoryMap, source: str) -> tuple[dict[str, Client], int]:
    ids = {journey.case: f"{fact_source(source)}:{journey.case}" for journey in batch}
    known = {c.external_id: c for c in Client.objects.filter(external_id__in=list(ids.values()))}
    new = [_client(j, history_map, source, ids[j.case]) for j in batch if ids[j.case] not in known]
    bulk.insert(Client, new)
    if new:
        fresh = Client.objects.filter(external_id__in=[client.external_id for client in new])
        known.update({client.external_id: client for client in fresh})
    return {case: known[external_id] for case, external_id in ids.items()}, len(new)


def _client(journey: LivedJourney, history_map: HistoryMap, source: str, external_id: str) -> Client:
    name = history_map.client.format(case=journey.case)
    now = clock.now()
    return Client(
        name=name,
        sort_name=identity.sort_key(name),
        source=source,
        external_id=external_id,
        value_minor=journey.amount_minor or 0,
        created_at=journey.started_at,
        changed_at=now,
    )


def _journeys(
    batch: Sequence[LivedJourney], clients: dict[str, Client], history_map: HistoryMap, version: PlaybookVersion
) -> dict[str, Journey]:
    known = {
        journey.client_id: journey
        for journey in Journey.objects.filter(client__in=list(clients.values()), playbook_id=version.playbook_id)
    }
    built = {lived.case: _journey(lived, clients[lived.case], history_map, version) for lived in batch}
    bulk.insert(Journey, [j for j in built.values() if j.client_id not in known])
    _learn_ids([j for j in built.values() if j.client_id not in known])
    for case, journey in built.items():
        if journey.client_id in known:
            built[case] = _brought_up_to_date(known[journey.client_id], journey)
    bulk.update(Journey, _LIVED, [(*(getattr(j, name) for name in _LIVED), j.pk) for j in known.values()])
    return built


def _learn_ids(new: Sequence[Journey]) -> None:
    rows = Journey.objects.filter(
        client_id__in=[j.client_id for j in new], playbook_id__in={j.playbook_id for j in new}
    )
    ids = dict(rows.values_list("client_id", "pk"))
    for journey in new:
        journey.pk = ids[journey.client_id]


_LIVED = ["state", "stage", "stage_entered_at", "ended_at", "exit_reason", "exit_stage"]


def _brought_up_to_date(known: Journey, lived: Journey) -> Journey:
    """A journey that somebody has since set running is theirs; only its history is added to."""
    if known.paused_why == NOT_RUNNING or known.state == Journey.State.EXITED:
        for name in _LIVED:
            setattr(known, name, getattr(lived, name))
    return known


def _journey(lived: LivedJourney, client: Client, history_map: HistoryMap, version: PlaybookVersion) -> Journey:
    last = lived.stays[-1] if lived.stays else None
    return Journey(
        client=client,
        playbook_id=version.playbook_id,
        version=version,
        matter=history_map.matter.format(case=lived.case),
        state=Journey.State.EXITED if lived.exit else Journey.State.PAUSED,
        stage=last.stage if last else "",
        stage_entered_at=last.entered_at if last else lived.started_at,
        started_at=lived.started_at,
        ended_at=lived.ended_at,
        exit_reason=lived.exit,
        exit_stage=last.stage if last and lived.exit else "",
        paused_why="" if lived.exit else NOT_RUNNING,
    )


def _stays(batch: Sequence[LivedJourney], journeys: dict[str, Journey]) -> Iterator[Stay]:
    for lived in batch:
        for ordinal, stay in enumerate(lived.stays):
            yield Stay(
                journey=journeys[lived.case],
                ordinal=ordinal,
                stage=stay.stage,
                entered_at=stay.entered_at,
                left_at=stay.left_at,
                why=stay.why[:200],
                why_left=(lived.exit if stay is lived.stays[-1] else "") or "",
            )


def _facts(
    batch: Sequence[LivedJourney], clients: dict[str, Client], journeys: dict[str, Journey], source: str
) -> Iterator[NewFact]:
    for lived in batch:
        yield from _entered(lived, clients[lived.case], journeys[lived.case], source)
        twins: Counter[tuple[str, str, str]] = Counter()
        for fact in lived.facts:
            line = fact.line
            at = line.at.isoformat()
            twin = (line.activity, at, line.lifecycle)
            twins[twin] += 1
            data = {"activity": line.activity}
            if line.lifecycle:
                data["lifecycle"] = line.lifecycle
            yield NewFact(
                clients[lived.case].pk,
                fact.kind,
                line.at,
                name=fact.name,
                journey_id=journeys[lived.case].pk,
                stage=fact.stage,
                feeling=fact.meaning.feeling,
                solved=fact.meaning.solved,
                judged_by="guess" if fact.meaning.feeling is not None else "",
                is_contact=fact.meaning.contact,
                resource=line.resource,
                data=data,
                source=fact_source(source),
                external_id=f"{lived.case}:{line.activity}:{at}:{line.lifecycle}:{twins[twin]}"[:200],
            )


def _entered(lived: LivedJourney, client: Client, journey: Journey, source: str) -> Iterator[NewFact]:
    for ordinal, stay in enumerate(lived.stays):
        yield NewFact(
            client.pk,
            "entered",
            stay.entered_at,
            name=stay.stage,
            journey_id=journey.pk,
            stage=stay.stage,
            text=stay.why,
            source=fact_source(source),
            external_id=f"{lived.case}:entered:{ordinal}",
        )
