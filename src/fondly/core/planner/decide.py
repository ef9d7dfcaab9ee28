"""The plan of one journey: playbook x history x now -> moments, with a reason for each."""

from datetime import datetime, timedelta

from fondly.core.planner import stays
from fondly.core.planner.compiled import ready
from fondly.core.planner.facts import Signals, known_facts
from fondly.core.planner.model import History, Plan, Stop
from fondly.core.planner.moments import Desk
from fondly.core.planner.scene import Scene
from fondly.core.planner.timing import FAR
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook

HORIZON = timedelta(days=400)
LAST_HORIZON = FAR - timedelta(days=3650)


def decide(playbook: Playbook, history: History, now: datetime, *, until: datetime | None = None) -> Plan:
    """The moments this journey should have, as far as is known at `now`. Pure.

    until: the horizon; nothing wanted later is planned (default: now + 400 days).
    now, until and all facts are aware datetimes. Bad zones fall back to the playbook's, then to UTC.
    """
    scene, later = _set(playbook, history, now, until or now + HORIZON)
    desk = Desk(scene)
    desk.work()
    walked = scene.walked
    return Plan(
        stays=tuple(walked.stays),
        moments=tuple(desk.schedules()),
        skips=tuple(desk.skips),
        waits=tuple(desk.waits),
        stop=_stop(walked.stop, desk),
        look_again_at=None if _exited(walked.stop) else desk.look_again(later),
        alerts=tuple(desk.alerts),
    )


def decide_pending(playbook: Playbook, history: History, now: datetime, *, until: datetime, since: datetime) -> Plan:
    """As `decide`, but without what is settled and the stays that were over by `since`: faster, for rehearsals.

    It never says when to look again.
    """
    scene, _ = _set(playbook, history, now, until)
    scene.since = since
    desk = Desk(scene)
    desk.work()
    moments, stop = tuple(desk.schedules()), _stop(scene.walked.stop, desk)
    return Plan(
        tuple(scene.walked.stays), moments, tuple(desk.skips), tuple(desk.waits), stop, None, tuple(desk.alerts)
    )


def _set(playbook: Playbook, history: History, now: datetime, until: datetime) -> tuple[Scene, datetime | None]:
    """The scene, and when the first fact happens that lies in the future."""
    book = ready(playbook)
    zone = zone_of(history.person.zone, playbook.timezone)
    facts, later = known_facts(history.facts, now)
    walked = stays.walk(book, facts, zone, now)
    scene = Scene(
        book=book,
        history=history,
        signals=Signals(facts, book.channels),
        walked=walked,
        zone=zone,
        business=book.business_zone(zone),
        now=now,
        until=min(until, LAST_HORIZON) + book.reach,
        horizon=until,
    )
    return scene, later


def _exited(stop: Stop | None) -> bool:
    return stop is not None and stop.reason != stays.COMPLETED


def _stop(stop: Stop | None, desk: Desk) -> Stop | None:
    """A completed journey is over once its last moment is."""
    return None if stop is not None and not _exited(stop) and desk.pending() else stop
