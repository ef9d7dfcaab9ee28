"""The facts that journeys write on the timeline, in one place so that they read alike."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fondly.core.playbook.model import Playbook as Book
from fondly.design.playbooks import library
from fondly.ground.action import Refused
from fondly.people.clients import timeline
from fondly.people.clients.models import Interaction
from fondly.people.clients.timeline import NewFact
from fondly.run.journeys.histories import PLAN, Kept
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.rows import MomentRow

MOMENT = "moment"  # source of facts about a moment
JOURNEY = "journey"  # source of facts a person's act on a journey wrote
TALKING = frozenset({"phone", "call", "in_person", "video", "session", "visit", "meeting"})  # the client answers there


def fact(journey: Journey, kind: str, at: datetime, external_id: str, **more: Any) -> NewFact:
    """A fact about a journey as a whole."""
    more.setdefault("stage", journey.stage)
    return NewFact(journey.client_id, kind, at, journey_id=journey.pk, source=JOURNEY, external_id=external_id, **more)


def of_moment(moment: Moment | MomentRow, kind: str, at: datetime, **more: Any) -> NewFact:
    """A fact about one moment; a moment done again after an undo writes a new one."""
    return NewFact(
        client_id=moment.client_id,
        kind=kind,
        at=at,
        name=moment.touchpoint,
        journey_id=moment.journey_id,
        stage=moment.stage,
        channel=moment.channel,
        key=moment.key,
        source=MOMENT,
        external_id=fact_id(moment.pk, moment.revision),
        **more,
    )


def fact_id(pk: int, revision: int) -> str:
    """The external id of the fact written when the moment (or what else has revisions) had this one."""
    return f"{pk}:{revision}"


def skipped(rows: Iterable[tuple[Journey, Kept, str]], now: datetime) -> None:
    """Moments the plan gave up, each with its reason."""
    timeline.record(
        *(
            NewFact(
                client_id=journey.client_id,
                kind="skipped",
                at=now,
                name=row.touchpoint,
                journey_id=journey.pk,
                stage=row.stage,
                channel=row.channel,
                key=row.key,
                text=reason,
                source=PLAN,
                external_id=f"{row.id}:plan:{now.timestamp():.0f}",
            )
            for journey, row, reason in rows
        )
    )


def take_back_of(journey: Journey, fact: str, moment: Moment | None = None, *, sent: bool = False) -> bool:
    """Take back a fact this journey (this moment) wrote itself: an undo that is told by hand reaches nothing else.

    sent: whether it may be the fact that a message went. False when it is gone. Raises Refused for any other fact.
    """
    source, start = (MOMENT, f"{moment.pk}:") if moment is not None else (JOURNEY, "")
    found = Interaction.objects.filter(source=source, external_id=fact, journey_id=journey.pk).first()
    if found is None:
        return False
    if not fact.startswith(start) or (found.kind == "sent" and not sent):
        raise Refused(_("This entry of the timeline belongs to something else and stays."), field="fact")
    take_back(source, fact)
    return True


def take_back(source: str, external_id: str) -> None:
    """Take a fact out again that an undo says did not happen; the audit trail keeps what was done."""
    fact = Interaction.objects.filter(source=source, external_id=external_id).first()
    if fact is None:
        return
    fact.delete()
    if fact.feeling is not None:
        timeline.refresh_feelings([fact.client_id])
    if fact.is_contact:
        timeline.refresh_contact(fact.client_id)


def promises_of(moment: Moment) -> dict[str, Any]:
    """{"sets": {...}} when this touchpoint makes a promise, for whoever keeps the promises."""
    return promises_in(library.parsed(moment.journey.version_id), moment.stage, moment.touchpoint)


def promises_in(book: Book, stage: str, touchpoint: str) -> dict[str, Any]:
    """The same for a playbook at hand."""
    known = book.stages.get(stage)
    found = known.touchpoints.get(touchpoint) if known is not None else None
    if found is None or found.sets is None:
        return {}
    return {"sets": {"what": found.sets.what, "due": found.sets.due}}
