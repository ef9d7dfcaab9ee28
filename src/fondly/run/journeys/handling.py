"""What every act on a journey or a moment shares: finding and locking it, checking the revision, planning again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from fondly.ground.action import Conflict, NotFound, Refused
from fondly.ground.locking import locked
from fondly.run.journeys import performers
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.reconcile import reconcile

LIVING = (Journey.State.ACTIVE, Journey.State.PAUSED)
OPEN = (Moment.State.PLANNED, Moment.State.DUE, Moment.State.WORKING)


@dataclass(frozen=True, slots=True)
class MomentBefore:
    """A moment as it was, for undo."""

    state: str
    asks: str
    at: datetime
    override: str = ""
    override_at: datetime | None = None
    override_by: str = ""
    override_why: str = ""
    reason: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    feeling: int | None = None
    solved: str = ""
    note: str = ""
    cost_minor: int | None = None
    minutes: int = 0
    ticked: list[str] = field(default_factory=list)


_KEPT = tuple(MomentBefore.__slots__)


def find_journey(journey_id: int, *, living: bool = True) -> Journey:
    """The journey, locked, with its client. Raises NotFound; Refused when it has ended and `living` is asked."""
    journey = locked(Journey.objects.select_related("client", "playbook").filter(pk=journey_id)).first()
    if journey is None:
        raise NotFound(_("There is no such journey."))
    if living and journey.state not in LIVING:
        raise Refused(_("This journey of %(name)s has ended.") % {"name": journey.client.name})
    return journey


def find_moment(moment_id: int, revision: int | None) -> Moment:
    """The moment and its journey, locked. Raises NotFound; Conflict when somebody changed it since `revision`."""
    journey_id = Moment.objects.filter(pk=moment_id).values_list("journey_id", flat=True).first()
    if journey_id is None:
        raise NotFound(_("There is no such moment."))
    locked(Journey.objects.filter(pk=journey_id)).first()  # first the journey, then the moment: always in this order
    rows = Moment.objects.select_related("journey__client", "journey__playbook").filter(pk=moment_id)
    moment = locked(rows).get()
    if revision is not None and moment.revision != revision:
        raise Conflict(
            _("%(who)s changed this meanwhile. It is now %(state)s; look again and decide.")
            % {"who": moment.ended_by or _("Somebody"), "state": words(moment)}
        )
    return moment


def words(moment: Moment) -> str:
    """The state of a moment as people say it."""
    said = {
        Moment.State.PLANNED: _("planned"),
        Moment.State.WORKING: _("on its way"),
        Moment.State.DUE: _("waiting for a person"),
        Moment.State.DONE: _("done"),
        Moment.State.SKIPPED: _("skipped"),
        Moment.State.CANCELLED: _("cancelled"),
        Moment.State.UNCERTAIN: _("unsure"),
        Moment.State.FAILED: _("failed"),
    }
    return said[Moment.State(moment.state)]


def require_open(moment: Moment) -> None:
    """Raises Refused unless something can still be decided about this moment."""
    if moment.state not in OPEN:
        known = _("This is %(state)s already, by %(who)s.") if moment.ended_by else _("This is %(state)s already.")
        raise Refused(known % {"state": words(moment), "who": moment.ended_by})
    if moment.journey.state not in LIVING:
        raise Refused(_("This journey of %(name)s has ended.") % {"name": moment.journey.client.name})


def before_of(moment: Moment) -> MomentBefore:
    """A snapshot for undo. What was on its way is called back by the act, so it comes back as planned."""
    values = {name: getattr(moment, name) for name in _KEPT}
    if moment.state == Moment.State.WORKING or moment.asks == "approve":
        values.update(state=Moment.State.PLANNED.value, asks="")
    return MomentBefore(**values)


def put_back(moment: Moment, before: MomentBefore) -> None:
    """Make the moment what it was; in a journey that has ended meanwhile nothing waits to be done."""
    for name in _KEPT:
        setattr(moment, name, getattr(before, name))
    if moment.state in OPEN and moment.journey.state not in LIVING:
        moment.state, moment.asks = Moment.State.CANCELLED, ""
    save(moment)


def save(moment: Moment) -> None:
    """Store what people may change, with the next revision."""
    moment.revision += 1
    moment.worker, moment.lease_until = "", None
    moment.save(update_fields=[*_KEPT, "revision", "worker", "lease_until", "local"])


def call_back(moment: Moment, reason: str, now: datetime) -> None:
    """Withdraw what this moment has on its way. Raises Conflict when it is leaving this very moment."""
    if moment.pk not in performers.withdraw([(moment.pk, moment.channel)], reason, now):
        raise Conflict(_("It is being sent at this very moment, so it cannot be changed any more."))


def replan(journeys: Sequence[Journey], now: datetime) -> None:
    """Bring living journeys to their plan at once, so that the screen shows what follows."""
    active = [journey for journey in journeys if journey.state == Journey.State.ACTIVE]
    if active:
        reconcile(active, now)
