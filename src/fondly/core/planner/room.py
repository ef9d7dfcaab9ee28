"""What the moments of one client do to each other: surveys rest, caps hold back, deferred messages spread."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zlib import crc32

from fondly.core.planner import caps
from fondly.core.planner.draft import Draft
from fondly.core.planner.scene import Scene
from fondly.core.planner.timing import step_from
from fondly.core.planner.why import say_time
from fondly.core.words import joined, say, words_of

SPREAD = 15 * 60  # seconds over which deferred messages are spread
Refused = list[tuple[Draft, str]]


def rest_surveys(scene: Scene, drafts: list[Draft]) -> Refused:
    """Surveys that would come too soon after another; nobody is asked twice within the rest."""
    rest = scene.book.playbook.survey_rest
    pending = [draft for draft in drafts if draft.step.touchpoint.survey and not draft.settled and not draft.fixed]
    if rest is None or not pending:
        return []
    asked = sorted(_asked(scene))
    refused: Refused = []
    for draft in sorted(pending, key=lambda draft: (draft.at, draft.call.key)):
        at = max(draft.at, scene.now)
        last = max((before for before in asked if before[0] <= at), default=None)
        if last is not None and step_from(last[0], rest, 1, scene.zone, None, scene.book.work.open_day) > at:
            when = say_time(last[0], scene.zone)
            refused.append(
                (
                    draft,
                    say(
                        "surveys rest {rest}, and {survey} is asked on {at}",
                        rest=rest,
                        survey=words_of(last[1]),
                        at=when,
                    ),
                )
            )
        else:
            asked.append((at, draft.step.touchpoint.survey))
    return refused


def _asked(scene: Scene) -> Iterator[tuple[datetime, str]]:
    """When this journey asked which survey."""
    for fact in scene.signals.settled.values():
        step = scene.book.by_name.get(fact.name)
        if fact.kind != "skipped" and step is not None and step.touchpoint.survey:
            yield fact.at, step.touchpoint.survey


def apply_caps(scene: Scene, drafts: list[Draft]) -> Refused:
    """Move messages to where the caps leave room; those for which there is none are refused."""
    if not scene.book.playbook.caps:
        return []
    tallies = caps.tallies(scene.book.playbook.caps)
    for channel, at in _already_sent(scene):
        caps.record(tallies, channel, at)
    waiting = [draft for draft in drafts if not draft.settled and draft.step.automatic]
    waiting.sort(key=lambda d: (not (d.step.exempt or d.fixed), d.step.rank, d.at, d.call.key))
    words = joined([caps.say_cap(tally.cap) for tally in tallies])
    return [
        (draft, say("a cap leaves no room for it: {caps}", caps=words))
        for draft in waiting
        if not _place(scene, tallies, draft)
    ]


def _already_sent(scene: Scene) -> Iterator[tuple[str, datetime]]:
    """(channel, at) of every automatic message that left, each once."""
    signals, book = scene.signals, scene.book
    for fact in signals.sent:
        yield str(fact.value or book.channels.get(fact.name, "")), fact.at
    keys = {fact.key for fact in signals.sent}
    for fact in signals.settled.values():
        step = book.by_name.get(fact.name)
        if fact.kind == "done" and step is not None and step.automatic and fact.key not in keys:
            yield step.touchpoint.channel, fact.at


def _place(scene: Scene, tallies: list[caps.Tally], draft: Draft) -> bool:
    """Find room for one message and count it; False when there is none in time."""
    channel = draft.step.touchpoint.channel
    start = max(draft.at, scene.now)
    if draft.step.exempt or draft.fixed:
        caps.record(tallies, channel, start)
        return True
    found = caps.place(tallies, channel, start, draft.gates)
    if found is None or not _in_time(draft, found[0]):
        return False
    if found[1]:
        draft.at = found[0]
        draft.moved.append(found[1])
    caps.record(tallies, channel, found[0])
    return True


def _in_time(draft: Draft, at: datetime) -> bool:
    """Whether that is before the client leaves the stage and before what the moment comes before."""
    call, left = draft.call, draft.call.stay.left_at
    return (left is None or at < left or call.survives) and (call.before is None or at < call.before)


def spread(scene: Scene, drafts: list[Draft]) -> None:
    """Deferred messages do not all leave at the same second; the same moment always waits the same."""
    seed = scene.history.jitter_seed
    if not seed:
        return
    for draft in drafts:
        if draft.moved and draft.step.automatic and not draft.settled and not draft.fixed:
            _delay(draft, timedelta(seconds=crc32(f"{seed}/{draft.call.key}".encode()) % SPREAD))


def _delay(draft: Draft, by: timedelta) -> None:
    later = draft.at + by
    if _in_time(draft, later) and all(gate(later) is None for gate in draft.gates):
        draft.at = later
