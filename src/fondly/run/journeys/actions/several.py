"""What a person decides about several moments at once: done, or later. One entry in Activity, one Undo."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.ground.action import Actor, Outcome, Refused, Undo, action, registry
from fondly.run.journeys.actions.moments import FinishMoment, RescheduleMoment, RestoreMoment
from fondly.run.journeys.models import Moment

MOST = 100


@dataclass(frozen=True, slots=True)
class FinishMoments:
    """Those that a person does by hand; what waits for a yes is read first, one by one."""

    moment_ids: list[int]


@dataclass(frozen=True, slots=True)
class RescheduleMoments:
    moment_ids: list[int]
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class RestoreMoments:
    moments: list[RestoreMoment]


@dataclass(frozen=True, slots=True)
class ChangedMoments:
    """left_out: for whom it was not done, and why."""

    changed: int
    left_out: list[str] = field(default_factory=list)


@action("journeys.finish_many", permission="run", summary="Note that several moments were done")
def finish_many(actor: Actor, given: FinishMoments) -> Outcome[ChangedMoments]:
    """As if each was noted as done, without a word on how it felt."""
    found = _found(given.moment_ids)
    by_hand = [moment for moment in found if moment.mode == "by_hand"]
    acts = [(moment, FinishMoment(moment.pk, moment.revision)) for moment in by_hand]
    rest = [_reason(m, _("Its message waits for a yes.")) for m in found if m.mode != "by_hand"]
    return _each(actor, "journeys.finish", acts, rest, _done)


@action("journeys.reschedule_many", permission="run", summary="Put several moments on another time")
def reschedule_many(actor: Actor, given: RescheduleMoments) -> Outcome[ChangedMoments]:
    """They happen at the given time, whatever the playbook would say."""
    acts = [
        (moment, RescheduleMoment(moment.pk, moment.revision, given.at, given.why))
        for moment in _found(given.moment_ids)
    ]
    return _each(actor, "journeys.reschedule", acts, [], _put_off)


@action("journeys.restore_many", permission="run", summary="Undo a decision about several moments")
def restore_many(actor: Actor, given: RestoreMoments) -> Outcome[ChangedMoments]:
    """Each is as it was before, but for those that somebody changed since."""
    found = {moment.pk: moment for moment in _found([one.moment_id for one in given.moments])}
    acts = [(found[one.moment_id], one) for one in given.moments if one.moment_id in found]
    return _each(actor, "journeys.restore", acts, [], _restored)


def _found(moment_ids: list[int]) -> list[Moment]:
    if len(moment_ids) > MOST:
        raise Refused(_("At most %(n)d at once.") % {"n": MOST}, field="moment_ids")
    return list(Moment.objects.select_related("client").filter(pk__in=moment_ids).order_by("at", "pk"))


def _each(
    actor: Actor, name: str, acts: Iterable[tuple[Moment, Any]], left_out: list[str], words: Callable[[int], str]
) -> Outcome[ChangedMoments]:
    """Do one action for each moment; what is refused for one does not stop the others."""
    undos: list[RestoreMoment] = []
    changed = 0
    for moment, given in acts:
        try:
            with transaction.atomic():
                outcome = registry[name].run(actor, given)
        except Refused as refused:
            left_out.append(_reason(moment, refused.message))
            continue
        changed += 1
        if outcome.undo is not None:
            undos.append(outcome.undo.given)
    if not changed:
        raise Refused(left_out[0] if left_out else _("Select at least one thing first."))
    summary = " ".join([words(changed), *left_out[:3]])
    undo = Undo("journeys.restore_many", RestoreMoments(undos)) if undos else None
    return Outcome(ChangedMoments(changed, left_out), summary, undo=undo)


def _reason(moment: Moment, words: str) -> str:
    return _("Not for %(name)s: %(reason)s") % {"name": moment.client.name, "reason": words}


def _done(n: int) -> str:
    return ngettext("%(n)d thing is done.", "%(n)d things are done.", n) % {"n": n}


def _put_off(n: int) -> str:
    return ngettext("%(n)d thing was put off.", "%(n)d things were put off.", n) % {"n": n}


def _restored(n: int) -> str:
    return ngettext("%(n)d thing is as it was.", "%(n)d things are as they were.", n) % {"n": n}
