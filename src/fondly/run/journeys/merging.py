"""When two records become one, their journeys do too: one living journey a matter, what was done counts once.

The journey that goes on is the survivor's own. Nothing is started by a merge, and un-merge puts both back.
"""

from datetime import datetime
from typing import Any

from django.db.models import F

from fondly.ground import clock
from fondly.ground.action import as_json, from_json
from fondly.ground.locking import locked
from fondly.ground.wording import recorded
from fondly.people.clients.models import Interaction
from fondly.run.journeys import ending, performers
from fondly.run.journeys.handling import OPEN, MomentBefore, before_of, put_back, save
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.starting import LIVING

_HAPPENED = (Moment.State.DONE, Moment.State.WORKING, Moment.State.UNCERTAIN)
_BY = "Fondly"


def on_merge(survivor_id: int, absorbed_id: int) -> dict[str, Any]:
    """Unite; the memo says what un-merge must put back."""
    now = clock.now()
    mine = {(j.playbook_id, j.matter): j for j in _living(survivor_id)}
    theirs = list(locked(Journey.objects.select_related("client").filter(client=absorbed_id).order_by("pk")))
    ended: list[list[Any]] = []
    skipped: list[list[Any]] = []
    for journey in theirs:
        twin = mine.get((journey.playbook_id, journey.matter))
        if twin is not None and journey.state in LIVING:
            paused = journey.state == Journey.State.PAUSED
            fact = ending.end(journey, "merged", "", now)
            skipped += _unite(journey, twin, now)
            ended.append([journey.pk, fact, paused])
    ids = [journey.pk for journey in theirs]
    _give(ids, survivor_id)
    _look_again(survivor_id)
    return {"journeys": ids, "ended": ended, "skipped": skipped}


def on_unmerge(survivor_id: int, absorbed_id: int, memo: dict[str, Any]) -> None:
    """Put both records' journeys back, with what happened in them since."""
    now = clock.now()
    _give(memo.get("journeys", []), absorbed_id)
    Interaction.objects.filter(client=survivor_id, journey_id__in=memo.get("journeys", [])).update(client=absorbed_id)
    for moment_id, before in memo.get("skipped", []):
        _live_again(moment_id, from_json(MomentBefore, before))
    for journey_id, fact, paused in memo.get("ended", []):
        journey = Journey.objects.select_related("client").filter(pk=journey_id, exit_reason="merged").first()
        if journey is not None:
            ending.reopen(journey, fact, now, paused=paused)
    _look_again(survivor_id)
    _look_again(absorbed_id)


def ask_what_did_not_go(ended: Journey) -> None:
    """What left a merged record's journey unsent after all is asked of a person in the journey that goes on.

    At the merge it was past its point of no return, so it counted as done there.
    """
    if ended.exit_reason != "merged":
        return
    matter = {"client": ended.client_id, "playbook": ended.playbook_id, "matter": ended.matter}
    happened = Moment.objects.filter(
        **{f"journey__{name}": value for name, value in matter.items()}, state__in=_HAPPENED
    ).values_list("key", flat=True)
    going_on = Journey.objects.filter(**matter, state__in=LIVING)
    kept_back = Moment.objects.filter(journey__in=going_on, state=Moment.State.SKIPPED, override_by=_BY)
    kept_back.filter(key__in=ended.moments.values("key")).exclude(key__in=list(happened)).update(
        state=Moment.State.DUE, asks="failed", reason=recorded("it did not go out in the merged record's journey"),
        ended_at=None, ended_by="", override="", override_by="", override_why="", revision=F("revision") + 1,
    )  # fmt: skip


def _living(client_id: int) -> list[Journey]:
    rows = Journey.objects.select_related("client").filter(client=client_id, state__in=LIVING)
    return list(locked(rows.order_by("pk")))


def _unite(ended: Journey, going_on: Journey, now: datetime) -> list[list[Any]]:
    """What the ended journey did (or is sending this moment) is not done again by the one that goes on.

    Returns the number of each moment skipped, and the moment as it was.
    """
    keys = Moment.objects.filter(journey=ended, state__in=_HAPPENED).values_list("key", flat=True)
    rows = list(locked(Moment.objects.filter(journey=going_on, key__in=list(keys), state__in=OPEN).order_by("pk")))
    why = recorded("it was done in the merged record's journey")
    withdrawn = performers.withdraw([(row.pk, row.channel) for row in rows], why, now)
    return [_skip(row, why, now) for row in rows if row.pk in withdrawn]


def _skip(moment: Moment, why: str, now: datetime) -> list[Any]:
    before = before_of(moment)
    moment.state, moment.asks, moment.reason = Moment.State.SKIPPED, "", why
    moment.ended_at, moment.ended_by = now, _BY
    moment.override, moment.override_at, moment.override_by, moment.override_why = "skip", None, _BY, why
    save(moment)
    return [moment.pk, as_json(before)]


def _live_again(moment_id: int, before: MomentBefore) -> None:
    """As it was before the merge, with what a person had decided about it; what was decided since stays."""
    rows = Moment.objects.select_related("journey").filter(pk=moment_id, state=Moment.State.SKIPPED, override_by=_BY)
    moment = rows.first()
    if moment is not None:
        put_back(moment, before)


def _give(journey_ids: list[int], client_id: int) -> None:
    Journey.objects.filter(pk__in=journey_ids).update(client=client_id)
    Moment.objects.filter(journey__in=journey_ids).update(client=client_id)


def _look_again(client_id: int) -> None:
    Journey.objects.filter(client=client_id, state=Journey.State.ACTIVE).update(plan_at=clock.now())
