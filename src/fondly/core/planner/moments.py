"""From calls to decisions: settled, overridden, refused, moved, late, capped, spread."""

from datetime import UTC, datetime, timedelta

from fondly.core.planner.calendars import LONGEST_WAIT, first_open, last_open
from fondly.core.planner.compiled import Step
from fondly.core.planner.draft import Draft
from fondly.core.planner.guards import refusal
from fondly.core.planner.late import deadline, say_late
from fondly.core.planner.model import Alert, Override, Schedule, Skip, Stay, Wait
from fondly.core.planner.occurrences import Call, calls
from fondly.core.planner.room import apply_caps, rest_surveys, spread
from fondly.core.planner.scene import Scene, within
from fondly.core.planner.stays import COMPLETED
from fondly.core.planner.timing import FAR
from fondly.core.planner.why import say_leaving, say_time
from fondly.core.words import Said, joined, say, words_of

KEPT_SKIPS = 10  # of the overtaken moments of one recurring touchpoint


class Desk:
    """Works through the stays of one scene; fills drafts, skips, waits and alerts."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.drafts: list[Draft] = []
        self.skips: list[Skip] = []
        self.waits: list[Wait] = []
        self.alerts: list[Alert] = []
        self._calls: dict[tuple[int, str], tuple[list[Call], str]] = {}
        self._drafts: dict[str, Draft | None] = {}
        self._asking: set[tuple[int, str]] = set()
        self._turns: list[datetime] = []  # when time alone changes a decision

    def work(self) -> None:
        for stay in self.scene.walked.stays:
            if stay.entered_at == stay.left_at:
                continue
            over = self.scene.over(stay)
            for step in self.scene.book.steps[stay.stage]:
                if not over or step.outlives:
                    self._take_step(stay, step)
        self.drafts = [draft for draft in self.drafts if not self._beyond(draft)]
        for draft in self.drafts:
            draft.due_at = draft.at
        for hold in (rest_surveys, apply_caps):
            for draft, reason in hold(self.scene, self.drafts):
                self._skip(draft, reason)
                self.drafts.remove(draft)
        spread(self.scene, self.drafts)

    def _beyond(self, draft: Draft) -> bool:
        """Whether a moment was only looked at because something else comes before it."""
        scene, wanted = self.scene, draft.call.wanted
        if wanted <= scene.horizon or draft.fixed or draft.call.is_certain:
            return False
        scene.beyond = min(scene.beyond or wanted, wanted)
        return True

    def pending(self) -> bool:
        return any(not draft.settled for draft in self.drafts)

    def schedules(self) -> list[Schedule]:
        return sorted((self._schedule(draft) for draft in self.drafts), key=lambda made: (made.at, made.key))

    def look_again(self, later: datetime | None) -> datetime | None:
        """When time alone changes this plan: the horizon, the stage's end, a deadline, a fact still to come."""
        scene = self.scene
        turns = [*self._turns, *([later] if later else [])]
        turns += [stay.left_at for stay in scene.walked.stays[-1:] if stay.left_at is not None]
        if scene.beyond is not None and scene.beyond < FAR:
            turns.append(max(scene.beyond - (scene.horizon - scene.now) / 2, scene.now + timedelta(seconds=1)))
        first = min((turn for turn in turns if turn > scene.now), default=None)
        return self._first_deadline(first)

    def _first_deadline(self, first: datetime | None) -> datetime | None:
        """The first time something pending becomes late, if that is before `first`."""
        for draft in sorted(self.drafts, key=lambda draft: draft.due_at):
            if first is not None and draft.due_at >= first:
                break
            late = self._deadline(draft)
            if late > self.scene.now and late < FAR and (first is None or late < first):
                first = late
        return first

    def _deadline(self, draft: Draft) -> datetime:
        """When something pending becomes late, or too late for what it comes before; FAR when never."""
        if draft.settled or draft.ask or draft.fixed:
            return FAR
        over = draft.call.before or FAR
        if draft.step.touchpoint.late.action == "send":
            return over
        return min(over, deadline(self.scene, draft.step, draft.due_at) + timedelta(seconds=1))

    # -- one touchpoint in one stay ---------------------------------------------------------

    def _take_step(self, stay: Stay, step: Step) -> None:
        persona, wanted = self.scene.history.person.persona, step.touchpoint.personas
        if wanted and persona not in wanted:
            if not persona:
                self._wait(
                    stay,
                    step,
                    say(
                        "only for {personas}; the persona is not known",
                        personas=joined([words_of(name) for name in wanted]),
                    ),
                )
            return
        found, waits_for = self._calls_of(stay, step)
        if waits_for:
            self._wait(stay, step, waits_for)
        if self.scene.since is not None:
            found = [call for call in found if call.key not in self.scene.signals.settled]
        drafts = self._settle([draft for call in found if (draft := self._draft(call)) is not None])
        if self.scene.walked.stop is not None and self.scene.walked.stop.reason != COMPLETED:
            drafts = [draft for draft in drafts if draft.settled]
        self.drafts += self._judge(step, drafts)

    def _calls_of(self, stay: Stay, step: Step) -> tuple[list[Call], str]:
        mark = (stay.ordinal, step.touchpoint.name)
        if mark not in self._calls:
            self._asking.add(mark)
            self._calls[mark] = calls(self.scene, stay, step, self._planned_times)
            self._asking.discard(mark)
        return self._calls[mark]

    def _planned_times(self, stay: Stay, name: str) -> list[tuple[str, datetime]] | None:
        """When another touchpoint is planned: in this stay, else in the latest earlier stay of its stage."""
        step = self.scene.book.by_name.get(name)
        if step is None:
            return []
        earlier = [past for past in self.scene.walked.stays[: stay.ordinal + 1] if past.stage == step.stage.name]
        if not earlier:
            return []
        if (earlier[-1].ordinal, name) in self._asking:
            return None
        found = [(call, self._draft(call)) for call in self._calls_of(earlier[-1], step)[0]]
        return [(call.occurrence, draft.at) for call, draft in found if draft is not None and not self._skipped(call)]

    def _skipped(self, call: Call) -> bool:
        override = self.scene.history.overrides.get(call.key)
        fact = self.scene.signals.settled.get(call.key)
        return (override is not None and override.action == "skip") or (fact is not None and fact.kind == "skipped")

    def _wait(self, stay: Stay, step: Step, why: str) -> None:
        scene = self.scene
        if stay is scene.walked.stays[-1] and not scene.gone(stay) and scene.walked.stop is None:
            self.waits.append(Wait(step.touchpoint.name, stay.stage, why))

    # -- one call ---------------------------------------------------------------------------

    def _draft(self, call: Call) -> Draft | None:
        """The call with its open time, made once; None (and an alert) when nothing ever opens."""
        if call.key not in self._drafts:
            self._drafts[call.key] = self._new_draft(call)
        return self._drafts[call.key]

    def _new_draft(self, call: Call) -> Draft | None:
        scene, step = self.scene, call.step
        gates = scene.book.gates(step, scene.zone)
        override = scene.history.overrides.get(call.key)
        if override is not None and override.action in ("at", "now"):
            return _by_person(call, override, scene.now)
        if call.missed or call.wanted >= FAR:
            return Draft(call, call.wanted, gates)
        paused = scene.history.paused_until
        held = paused is not None and call.wanted < paused and call.key not in scene.signals.settled
        start = paused if held and paused is not None else call.wanted
        opened = first_open(start, gates)
        if opened is None:
            self._alert(
                call,
                say(
                    "nothing is open within {days} days of {at}", days=LONGEST_WAIT.days, at=say_time(start, scene.zone)
                ),
            )
            return None
        moved = [say("paused until {at}", at=say_time(start, scene.zone))] if held else []
        draft = Draft(call, opened[0], gates, [*moved, *opened[1]])
        return draft if held else _in_time(draft)

    def _alert(self, call: Call, reason: str) -> None:
        stay, name = call.stay, call.step.touchpoint.name
        if call.key not in {alert.key for alert in self.alerts} and not self.scene.gone(stay):
            self.alerts.append(Alert(call.key, name, stay.stage, stay.ordinal, call.wanted, reason))

    def _settle(self, drafts: list[Draft]) -> list[Draft]:
        """Mark what is done or skipped: by key, else (a fact without one) the earliest open one in the stay."""
        if not drafts:
            return drafts
        signals, first = self.scene.signals, drafts[0].call
        for draft in drafts:
            draft.settled = draft.call.key in signals.settled or draft.call.key in self.scene.history.over
        loose = signals.loose.get(first.step.touchpoint.name, ())
        count = sum(within(fact.at, first.stay) for fact in loose)
        unsettled = sorted((d for d in drafts if not d.settled), key=lambda draft: draft.call.wanted)
        for draft in unsettled[:count]:
            draft.settled = True
        return drafts

    # -- which of them happen ---------------------------------------------------------------

    def _judge(self, step: Step, drafts: list[Draft]) -> list[Draft]:
        kept = [draft for draft in drafts if draft.settled or self._passes(draft)]
        return self._overtake(kept) if step.recurring else kept

    def _passes(self, draft: Draft) -> bool:
        """Whether an unsettled moment happens; if not, a skip says why."""
        reason = self._refused(draft)
        if reason:
            self._skip(draft, reason)
            return False
        return True

    def _refused(self, draft: Draft) -> str:
        scene, call = self.scene, draft.call
        override = scene.history.overrides.get(call.key)
        if override is not None and override.action == "skip":
            return _say_override(override)
        if draft.fixed:
            return ""
        if call.missed:
            return call.missed
        reason = refusal(scene, call.stay, call.step)
        if reason:
            return reason
        if call.before is not None and draft.at >= call.before:
            return say("{moved} would move it past what it comes before", moved=joined(draft.moved))
        if call.before is not None and scene.now >= call.before:
            return say("what it comes before was on {at}", at=say_time(call.before, scene.zone))
        return self._too_late(draft)

    def _too_late(self, draft: Draft) -> str:
        """Why a moment cannot happen any more; marks those a person must be asked about."""
        scene, call = self.scene, draft.call
        left_at = call.stay.left_at
        if not call.survives and left_at is not None and draft.at >= left_at:
            return say_leaving(call.step.stage.title, left_at, scene.zone)
        action = call.step.touchpoint.late.action
        left = scene.gone(call.stay) and not call.survives
        if action == "send" and not left:
            return ""
        if scene.now <= draft.at or scene.now <= deadline(scene, call.step, draft.at):
            return ""
        if left:
            return say("the client left {stage} before it was done", stage=call.step.stage.title)
        if action == "skip":
            return say_late(scene, call.step, draft.at)
        draft.ask = say_late(scene, call.step, draft.at)
        return ""

    def _overtake(self, drafts: list[Draft]) -> list[Draft]:
        """Of a recurring touchpoint's overdue moments only the newest stays."""
        now = self.scene.now
        overdue = [draft for draft in drafts if not draft.settled and not draft.fixed and draft.at <= now]
        ahead = sorted(draft.at for draft in drafts if not draft.settled and draft.at > now)
        # Whatever comes next overtakes what waits by then: one that is overdue, else the first of those ahead, which
        # closed hours can hold until the very instant of the second.
        self._turns += ahead[:1] if overdue else ahead[1:2]
        gone = overdue[:-1]
        for draft in gone[-KEPT_SKIPS:]:
            self._skip(draft, say("a newer one is due"))
        return [draft for draft in drafts if draft not in gone] if gone else drafts

    def _skip(self, draft: Draft, reason: str) -> None:
        call = draft.call
        name = call.step.touchpoint.name
        self.skips.append(Skip(call.key, name, call.stay.stage, call.stay.ordinal, draft.at, reason))

    def _schedule(self, draft: Draft) -> Schedule:
        call, touchpoint = draft.call, draft.step.touchpoint
        return Schedule(
            key=call.key,
            touchpoint=touchpoint.name,
            stage=call.stay.stage,
            stay=call.stay.ordinal,
            kind=touchpoint.kind,
            channel=touchpoint.channel,
            mode=touchpoint.mode,
            at=draft.at,
            wanted_at=call.wanted,
            local=draft.at.astimezone(self.scene.zone).isoformat(),
            zone=self.scene.zone.key,
            why=call.why(),
            moved=tuple(draft.moved),
            settled=draft.settled,
            ask=draft.ask,
        )


def _in_time(draft: Draft) -> Draft:
    """What must come before something comes earlier rather than too late, if it can."""
    call = draft.call
    if call.before is not None and draft.at >= call.before:
        earlier = last_open(call.wanted, draft.gates)
        if earlier is not None and earlier >= call.stay.entered_at:
            draft.at = earlier
            draft.moved.append(say("earlier, to come in time"))
    return draft


def _by_person(call: Call, override: Override, now: datetime) -> Draft:
    at = (override.at or now).astimezone(UTC)
    return Draft(call, at, (), [_say_override(override)], fixed=True)


def _say_override(override: Override) -> Said:
    """Who decided what, with the reason if there is one."""
    who = override.by or say("a person")
    match override.action:
        case "at":
            done = say("moved by {who}", who=who)
        case "now":
            done = say("called for now by {who}", who=who)
        case _:
            done = say("skipped by {who}", who=who)
    return say("{done}: {why}", done=done, why=override.why) if override.why else done
