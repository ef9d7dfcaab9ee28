"""A year lived in one go: the real engine, the real actions, the clock held in the past."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fondly.core.playbook.model import Playbook
from fondly.core.words import heading
from fondly.design.playbooks.models import Playbook as KeptPlaybook
from fondly.doors.demo import words
from fondly.doors.demo.cast import Part
from fondly.doors.demo.pace import Step, first_stage
from fondly.doors.demo.people import make_client
from fondly.ground import bulk, clock
from fondly.ground.action import SYSTEM, Actor, perform
from fondly.listen.promises import made
from fondly.listen.promises.models import Promise
from fondly.people.clients import timeline
from fondly.people.team.access import actor_of
from fondly.people.team.models import User
from fondly.run.journeys import engine, records, today
from fondly.run.journeys.actions import ExitJourney, SkipMoment, StartJourney
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.rows import MomentRow
from fondly.run.outbox import ledger, results
from fondly.run.outbox.models import Message
from fondly.run.outbox.outgoing import Outgoing
from fondly.run.outbox.results import Sent

WORKER = "demo"
EVENING = 19  # the hour at which the day is lived, before quiet hours begin
LATELY = timedelta(days=7)  # what fell due since is left, and of that a day's work to the visitor
LEFT = {"by_hand": 3, "approve": 1}  # things of one visitor's day, by what they ask for; of others one
A_DAY, A_LITTLE = timedelta(days=1), timedelta(hours=9)
_TURNS = 3  # of leaving a day: an answer, what it leads to, and what that leads to
_A_MOMENT = timedelta(minutes=1)
LONG_AGO = timedelta(days=30)  # before that every fourth day is lived: nobody looks so closely
_FINISHED = ["state", "asks", "feeling", "revision", "solved", "note", "ended_at", "ended_by"]


class Life:
    """The playbook, the team, and everybody who comes. live() lives it all."""

    def __init__(
        self,
        book: Playbook,
        kept: KeptPlaybook,
        team: Sequence[User],
        begin: datetime,
        now: datetime,
        dice: random.Random,
    ) -> None:
        self.book, self.kept, self.team, self.now, self.dice = book, kept, team, now, dice
        self.zone = ZoneInfo(book.timezone)
        self.days = self._lived_days(begin)
        self.owner: Actor = actor_of(team[0])
        self.comings: dict[datetime, list[tuple[datetime, int, Part, list[Step]]]] = defaultdict(list)
        self.steps: dict[int, list[Step]] = {}
        self.mood: dict[int, float] = {}
        self.seeds: dict[int, int] = {}

    def _lot(self, client_id: int, *what: object) -> random.Random:
        """The dice of one thing in one client's life: its own, so that it does not depend on what was asked first."""
        return random.Random(f"{self.seeds[client_id]}/{what}")  # noqa: S311 - an invented life, no secret

    def _lot_of(self, moment: Moment | MomentRow, what: str) -> random.Random:
        """Of one moment. Its key is no seed: it holds the number of a fact, which the database gives."""
        return self._lot(moment.client_id, what, moment.stage, moment.touchpoint, moment.wanted_at)

    def expect(self, number: int, part: Part, arrives: datetime, steps: list[Step]) -> None:
        """Somebody will come; they are met on the first lived day after."""
        day = next(day for day in self.days if day >= arrives)
        self.comings[day].append((arrives, number, part, steps))

    def live(self) -> None:
        for day in self.days:
            self._day(day)

    def leave_a_day(self) -> None:
        """Of the last days' work the newest stays: a sensible day for the visitor. The rest was done in its time.

        What follows from what was done is due as well, so it is looked at again.
        """
        with clock.at(self.now):
            for _turn in range(_TURNS):
                self._catch_up()
            self._promises(self.now)

    def _catch_up(self) -> None:
        due = (
            Moment.objects.filter(state="due")
            .order_by("-at", "client__name", "stage", "touchpoint")
            .select_related("assignee")
        )
        mine = set(today.mine(due, self.team[0]).order_by().values_list("pk", flat=True))
        left = _newest([m for m in due if m.pk in mine])
        gone = [m for m in due if m.pk not in left and (m.pk in mine or m.at < self.now - A_DAY)]
        self._finish([m for m in gone if m.asks != "approve"])
        self._say_yes([m.pk for m in gone if m.asks == "approve"], self.now)
        engine.tick(self.now, WORKER)
        self._send(self.now)  # first: a plan made now may be out of date in a second
        self._send(self.now + timedelta(minutes=2))

    def _day(self, at: datetime) -> None:
        for arrives, number, part, steps in self.comings.get(at, ()):
            self._arrive(arrives, number, part, steps)
        with clock.at(at):
            self._happen(at)
            self._promises(at)  # before the engine calls those whose time is over broken
            engine.tick(at, WORKER)
            self._approve(at)
            self._send(at + timedelta(minutes=2))
            self._by_hand(at)

    def _arrive(self, at: datetime, number: int, part: Part, steps: list[Step]) -> None:
        with clock.at(at):
            client = make_client(part, number, self.book, self.team, at, self.now, self.dice)
            given = StartJourney(client.pk, self.kept.pk, first_stage(self.book).name)
            journey = perform("journeys.start", SYSTEM, given).result.journey_id
        self.steps[journey] = steps
        self.mood[client.pk] = self.dice.gauss(0.9, 0.7)
        self.seeds[client.pk] = self.dice.getrandbits(32)

    def _happen(self, at: datetime) -> None:
        """Events and departures whose time has come."""
        living = {journey.pk: journey for journey in Journey.objects.filter(state="active")}
        due = [(step, pk) for pk in living for step in self.steps.get(pk, []) if step.at <= at]
        facts = []
        for step, pk in sorted(due, key=lambda pair: (pair[0].at, pair[1])):
            self.steps[pk].remove(step)
            if step.leaves:
                perform("journeys.exit", self.owner, ExitJourney(pk, step.leaves))
                self.steps[pk] = []
            else:
                facts.append(self._event(living[pk], step))
        timeline.record(*facts)

    def _event(self, journey: Journey, step: Step) -> timeline.NewFact:
        """As journeys.record_event writes it; here many at once."""
        return timeline.NewFact(
            journey.client_id, "event", step.at, step.event, journey_id=journey.pk, stage=journey.stage,
            text=heading(step.event), resource=self.owner.name, by_id=self.owner.user_id,
            source="event", external_id=f"demo-{journey.pk}-{step.event}",
        )  # fmt: skip

    def _by_hand(self, at: datetime) -> None:
        """What people had to do, most of it done with a word about how it went."""
        due = Moment.objects.filter(state="due", at__lt=at).exclude(asks="approve").select_related("assignee")
        moments = [m for m in due.order_by("at", "client__name", "stage", "touchpoint") if self._got_to(m, at)]
        for moment in [m for m in moments if self._lot_of(m, "skip").random() < 0.04]:
            perform("journeys.skip", self.owner, SkipMoment(moment.pk, moment.revision, "not needed this time"))
            moments.remove(moment)
        self._finish(moments)

    def _finish(self, moments: Sequence[Moment]) -> None:
        facts = [self._done(moment, min(moment.at + A_LITTLE, self.now)) for moment in moments]
        bulk.update(Moment, _FINISHED, [(*(getattr(m, name) for name in _FINISHED), m.pk) for m in moments])
        timeline.record(*facts)

    def _got_to(self, moment: Moment, at: datetime) -> bool:
        """Everything long ago; of the last days' work nothing yet: see leave_a_day."""
        return moment.at < self.now - LATELY

    def _done(self, moment: Moment, at: datetime) -> timeline.NewFact:
        """As journeys.finish writes it; here many at once."""
        lot = self._lot_of(moment, "done")
        feeling = self._feeling(moment.client_id, lot) if lot.random() < 0.6 else None
        moment.state, moment.asks, moment.feeling, moment.revision = "done", "", feeling, moment.revision + 1
        moment.solved = "" if feeling is None else "yes" if feeling >= 0 else lot.choice(("yes", "partly", "no"))
        moment.note = lot.choice(words.NOTES[feeling]) if feeling is not None and lot.random() < 0.5 else ""
        moment.ended_at = moment.at + (at - moment.at) * lot.random()
        by = moment.assignee or self.team[0]
        moment.ended_by = by.name
        promises = records.promises_in(self.book, moment.stage, moment.touchpoint)
        return records.of_moment(
            moment, "done", moment.ended_at, text=moment.note, feeling=feeling, solved=moment.solved,
            judged_by="" if feeling is None else "person", is_contact=moment.channel in records.TALKING,
            by_id=by.pk, resource=by.name, data={"minutes": moment.minutes, **promises},
        )  # fmt: skip

    def _approve(self, at: datetime) -> None:
        """Mail that waits for a yes gets it, as outbox.approve does; the newest is left for the visitor."""
        waiting = Message.objects.filter(state="approval", made_at__lt=self.now - LATELY)
        self._say_yes([pk for pk in waiting.values_list("moment_id", flat=True) if pk is not None], at)

    def _say_yes(self, moments: Sequence[int], at: datetime) -> None:
        waiting = Message.objects.filter(state="approval", moment__in=moments)
        waiting.update(state="held", go_at=at, held_why="")
        Moment.objects.filter(pk__in=moments).update(
            state="working", asks="", reason="", override="now", override_at=clock.now(), override_by=self.owner.name
        )

    def _send(self, at: datetime) -> None:
        """No mail leaves a demo: what was written in the past counts as sent, and some people answer."""
        messages = ledger.claim(at, WORKER, limit=1000)
        pairs = [(message, self._left_at(message)) for message in messages]
        kept = "250 kept by the demo"
        for message in messages:
            message.book = self.book
        results.finish([Sent(message, kept, sent) for message, sent in pairs], WORKER)
        answers = [self._answer(message, sent) for message, sent in pairs]
        timeline.record(*(answer for answer in answers if answer is not None))

    def _left_at(self, message: Outgoing) -> datetime:
        """In its own hour, though its day may be lived later; what waited for a yes, within some hours."""
        moment = message.moment
        if moment is None:
            return min(message.go_at, self.now)
        lot = self._lot_of(moment, "sent")
        took = A_LITTLE * lot.random() if moment.mode == "approve" else _A_MOMENT
        return min(moment.wanted_at + took, self.now)

    def _answer(self, message: Outgoing, sent_at: datetime) -> timeline.NewFact | None:
        moment = message.moment
        if moment is None:
            return None
        lot = self._lot_of(moment, "answer")
        back = sent_at + timedelta(minutes=lot.randint(20, 900))
        if back >= self.now or lot.random() > 0.22:
            return None
        feeling = self._feeling(message.client_id, lot)
        touchpoint = self.book.touchpoint(moment.touchpoint)
        survey = self.book.surveys.get(touchpoint.survey) if touchpoint else None
        kind, name, value = "replied", moment.touchpoint, None
        if survey is not None:
            kind, name = "answered", survey.name
            value = round(survey.low + (survey.high - survey.low) * (feeling + 2) / 4)
        text = lot.choice(words.SAID[feeling])
        return timeline.NewFact(
            message.client_id,
            kind,
            back,
            name,
            text=text,
            value=value,
            feeling=feeling,
            is_contact=True,
            journey_id=moment.journey_id,
            stage=moment.stage,
            channel="email",
            judged_by="client",
            source="demo",
            external_id=f"answer-{message.pk}",
        )

    def _promises(self, at: datetime) -> None:
        """Most promises are kept in time, a few are broken; what is not due yet is open."""
        over = Promise.objects.filter(state="open", due_at__lte=at).order_by("due_at", "client__name", "what")
        kept, broken = Promise.State.KEPT, Promise.State.BROKEN
        lots = [self._lot(promise.client_id, "promise", promise.what, promise.due_at).random() for promise in over]
        ended = [(p, kept if lot < 0.95 else broken, p.due_at or at) for p, lot in zip(over, lots, strict=True)]
        made.end_all(ended, "")

    def _feeling(self, client_id: int, lot: random.Random) -> int:
        value = lot.gauss(self.mood[client_id], 0.8)
        return max(-2, min(2, round(value)))

    def _lived_days(self, begin: datetime) -> list[datetime]:
        """Evenings from `begin` on, every fourth one long ago; the last is now."""
        days, day = [], self._evening(begin)
        while day < self.now:
            days.append(day)
            long_ago = self.now - day > LONG_AGO
            day = self._evening(day + timedelta(hours=92 if long_ago else 20))
        return [*days, self.now]

    def _evening(self, instant: datetime) -> datetime:
        """The evening of that day in the business's zone, or of the next when it is over."""
        local = instant.astimezone(self.zone)
        evening = local.replace(hour=EVENING, minute=0, second=0, microsecond=0)
        return evening if evening >= local else evening + timedelta(days=1)


def _newest(moments: Sequence[Moment]) -> set[int]:
    """The ids of those that stay, given the newest first: not more than two of one touchpoint."""
    left: set[int] = set()
    asked: Counter[str] = Counter()
    for moment in moments:
        if asked[moment.asks] < LEFT.get(moment.asks, 1) and asked[moment.touchpoint] < 2:
            asked.update((moment.asks, moment.touchpoint))
            left.add(moment.pk)
    return left
