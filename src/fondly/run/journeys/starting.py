"""Putting clients on a journey: each with all its moments in one transaction, and never twice for one matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fondly.core.planner.timing import step_from
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook as Book
from fondly.design.playbooks import library
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground import bulk
from fondly.ground.action import Conflict, NotFound, Refused
from fondly.ground.locking import locked
from fondly.people.clients import timeline
from fondly.people.clients.models import Client, Interaction
from fondly.run.journeys import records
from fondly.run.journeys.histories import OF_CLIENT
from fondly.run.journeys.models import Journey
from fondly.run.journeys.reconcile import reconcile

BATCH = 500
BACKFILL_AFTER = timedelta(hours=1)  # started longer ago than this: what is past is not made up for
LIVING = (Journey.State.ACTIVE, Journey.State.PAUSED)


@dataclass(frozen=True, slots=True)
class Course:
    """Where journeys start: a live version and one of its stages."""

    playbook: Playbook
    version: PlaybookVersion
    book: Book
    stage: str


def course(playbook_id: int, stage: str) -> Course:
    """The live version of a playbook and the stage to start at ("" is its first). Raises NotFound, Refused."""
    playbook = Playbook.objects.filter(pk=playbook_id).first()
    if playbook is None:
        raise NotFound(_("There is no such playbook."))
    version = library.live(playbook_id)
    if version is None:
        raise Refused(
            _("%(playbook)s is not published yet. Publish it first, then start journeys.") % {"playbook": playbook.name}
        )
    book = library.parsed(version.pk)
    first = stage or next(iter(book.stages), "")
    if first not in book.stages:
        known = ", ".join(book.stages) or "none"
        raise Refused(
            _("%(playbook)s has no stage %(stage)r. Its stages: %(known)s.")
            % {"playbook": playbook.name, "stage": stage, "known": known},
            field="stage",
        )
    return Course(playbook, version, book, first)


def start_one(at: Course, client_id: int, matter: str, started_at: datetime, now: datetime) -> Journey:
    """Start one journey. Raises NotFound, Conflict (already living it), Refused (re-entry policy)."""
    client = locked(Client.objects.filter(pk=client_id, erased_at=None, merged_into=None)).first()
    if client is None:
        raise NotFound(_("There is no such client."))
    earlier = list(Journey.objects.filter(client=client, playbook=at.playbook).order_by("-started_at"))
    refusal = why_not_again(at, earlier, matter, client, now)
    if refusal:
        raise refusal
    try:
        with transaction.atomic():
            return _store([client], at, matter, started_at, now, key="")[0]
    except IntegrityError:
        raise _living_already(client) from None


def start_some(at: Course, client_ids: Sequence[int], key: str, now: datetime) -> list[Journey]:
    """Start those of up to BATCH clients that may; who lives it already, or was started by this key, is left out."""
    clients = locked(
        Client.objects.filter(pk__in=client_ids, erased_at=None, merged_into=None).only(*OF_CLIENT).order_by("pk")
    )
    earlier: dict[int, list[Journey]] = {}
    for journey in Journey.objects.filter(client__in=client_ids, playbook=at.playbook).order_by("-started_at"):
        earlier.setdefault(journey.client_id, []).append(journey)
    started = _started_by(key, client_ids)
    free = [
        client
        for client in clients
        if client.pk not in started and why_not_again(at, earlier.get(client.pk, []), "", client, now) is None
    ]
    return _store(free, at, "", now, now, key) if free else []


def _living_already(client: Client) -> Conflict:
    return Conflict(_("%(name)s is living this playbook already.") % {"name": client.name})


def why_not_again(at: Course, earlier: Sequence[Journey], matter: str, client: Client, now: datetime) -> Refused | None:
    """The playbook's re-entry policy; `earlier` are this client's journeys in it, newest first."""
    if any(journey.state in LIVING and journey.matter == matter for journey in earlier):
        return _living_already(client)
    reentry = at.book.reentry
    if not earlier or (reentry.policy == "per_matter" and matter not in {journey.matter for journey in earlier}):
        return None
    if reentry.policy == "never":
        return Refused(_("%(name)s has lived this playbook before, and it is lived only once.") % {"name": client.name})
    if reentry.policy == "per_matter":
        return None if _ended(earlier, matter) else _living_already(client)
    if any(journey.state in LIVING for journey in earlier):
        return _living_already(client)
    if reentry.policy == "after_interval" and reentry.interval is not None:
        last = max(journey.ended_at or journey.started_at for journey in earlier)
        again = step_from(last, reentry.interval, 1, zone_of(client.zone, at.book.timezone), None, lambda _: True)
        if now < again:
            return Refused(
                _("%(name)s may live this playbook again from %(date)s.")
                % {"name": client.name, "date": again.date().isoformat()}
            )
    return None


def _ended(earlier: Sequence[Journey], matter: str) -> bool:
    return all(journey.state not in LIVING for journey in earlier if journey.matter == matter)


def _started_by(key: str, client_ids: Sequence[int]) -> set[int]:
    if not key:
        return set()
    ids = [_start_id(key, client_id) for client_id in client_ids]
    found = Interaction.objects.filter(source=records.JOURNEY, external_id__in=ids)
    return set(found.values_list("client_id", flat=True))


def _start_id(key: str, client_id: int) -> str:
    return f"start:{key}:{client_id}"[:200]


def _store(
    clients: Sequence[Client], at: Course, matter: str, started_at: datetime, now: datetime, key: str
) -> list[Journey]:
    """Journeys, their first facts and all their moments. Call in a transaction."""
    journeys = [
        Journey(
            client=client,
            playbook_id=at.playbook.pk,
            version_id=at.version.pk,
            matter=matter[:120],
            stage=at.stage,
            stage_entered_at=started_at,
            started_at=started_at,
            plan_at=now,
            is_demo=client.is_demo,
        )
        for client in clients
    ]
    bulk.insert(Journey, journeys)
    _learn_ids(journeys, at, matter[:120])
    timeline.record(*(_entered(journey, started_at, key) for journey in journeys))
    backfill = now - started_at > BACKFILL_AFTER
    reconcile(journeys, now, past="skip" if backfill else "run")
    return journeys


def _learn_ids(journeys: Sequence[Journey], at: Course, matter: str) -> None:
    """A client lives a playbook at most once for one matter."""
    rows = Journey.objects.filter(
        client__in=[journey.client_id for journey in journeys], playbook=at.playbook, matter=matter, state__in=LIVING
    )
    ids = dict(rows.values_list("client_id", "pk"))
    for journey in journeys:
        journey.pk = ids[journey.client_id]


def _entered(journey: Journey, at: datetime, key: str) -> timeline.NewFact:
    external_id = _start_id(key, journey.client_id) if key else f"start:{journey.pk}"
    return records.fact(journey, "entered", at, external_id, name=journey.stage, text="The journey starts here.")


def stages_of(journey: Journey) -> list[str]:
    """The stages of the version this journey lives."""
    return list(library.parsed(journey.version_id).stages)
