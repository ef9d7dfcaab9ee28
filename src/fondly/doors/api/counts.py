"""Counts of one playbook's journeys: how many live or lived each event, stage and ending."""

from collections.abc import Iterator

from django.db.models import Count as Counted
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from fondly.design.playbooks.models import Playbook
from fondly.doors.api.pages import number
from fondly.doors.api.problems import Fault, Problem
from fondly.doors.api.shapes import Count, ExitCount
from fondly.people.clients.models import Interaction
from fondly.run.journeys.models import Journey


def find_playbook(text: str) -> int:
    """The id of the playbook asked for by number or short name; without one, the only one. Raises Problem."""
    if not text:
        return _only_playbook()
    try:
        wanted = {"pk": number(text)} if text.isdigit() else {"slug": text}
    except ValueError:
        wanted = {"slug": ""}
    found = Playbook.objects.filter(**wanted).values_list("pk", flat=True).first()
    if found is None:
        raise Problem("not_found", f"There is no playbook {text[:80]!r}.")
    return found


def events(playbook_id: int, name: str = "") -> Iterator[Count]:
    """Events told of journeys of this playbook: in how many journeys, and how often."""
    facts = Interaction.objects.filter(kind="event", journey_id__in=_journeys(playbook_id).values("pk"))
    if name:
        facts = facts.filter(name=name)
    rows = facts.values("name").annotate(journeys=Counted("journey_id", distinct=True), facts=Counted("pk"))
    return (Count(row["name"], row["journeys"], row["facts"]) for row in rows.order_by("name"))


def exits(playbook_id: int) -> Iterator[ExitCount]:
    """Every journey of this playbook exactly once."""
    rows = (
        _journeys(playbook_id)
        .annotate(where=Coalesce(NullIf(F("exit_stage"), Value("")), F("stage")))
        .values("state", "exit_reason", "where")
        .annotate(journeys=Counted("pk"))
        .order_by("state", "exit_reason", "where")
    )
    return (ExitCount(row["state"], row["exit_reason"], row["where"], row["journeys"]) for row in rows)


def _journeys(playbook_id: int) -> QuerySet[Journey]:
    return Journey.objects.filter(playbook_id=playbook_id)


def _only_playbook() -> int:
    found = list(Playbook.objects.values_list("pk", flat=True)[:2])
    if len(found) == 1:
        return found[0]
    detail = "say which, by number or short name" if found else "there is no playbook yet"
    raise Problem("invalid", f"playbook: {detail}", faults=(Fault("playbook", detail),))
