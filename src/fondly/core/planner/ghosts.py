"""A made-up client base lived for a year: who arrives when, how long they stay, what they answer.

Everything that looks random is a hash of the seed, so the same seed gives the same year.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any

from fondly.core.planner.load import Report, weigh
from fondly.core.planner.model import Fact, Ghost, Schedule, Stay
from fondly.core.planner.rehearsal import Rehearsal, fact_of, live
from fondly.core.planner.timing import ROUGHLY
from fondly.core.playbook.model import Playbook, Stage, signals_of

SPREAD = 0.3  # a stay lasts its usual length, give or take this share
USUAL_DAYS = {"before": 7.0, "new": 14.0, "ongoing": 60.0, "alumni": 0.0}  # when a stage gives no length
EARLY = 0.6  # what touchpoints wait for happens in this first part of a stay
ANSWERS = 0.6  # this share of surveys is answered
ANSWERED_AFTER = timedelta(hours=26)


def rehearse_clients(
    playbook: Playbook,
    clients: int = 200,
    days: int = 365,
    seed: int = 7,
    capacity: Mapping[str, float] | None = None,
    *,
    start: datetime,
) -> Report:
    """Live `days` days with `clients` made-up clients and weigh the work.

    capacity: hours a week by role; by default what the playbook says. start: an aware datetime.
    """
    lives = [_lived(playbook, number, clients, days, seed, start) for number in range(clients)]
    return weigh(playbook, lives, start=start, days=days, capacity=capacity or {})


def _lived(playbook: Playbook, number: int, clients: int, days: int, seed: int, start: datetime) -> Rehearsal:
    character = Character(playbook, f"{seed}/{number}")
    arrives = start.astimezone(UTC) + timedelta(days=days * number / clients)
    ghost = character.ghost(arrives)
    return live(playbook, ghost, start + timedelta(days=days), character.stay, character.answer)


@dataclass(frozen=True, slots=True)
class Character:
    """How one made-up client behaves."""

    playbook: Playbook
    seed: str

    def draw(self, *about: object) -> float:
        """A number from 0 to 1, always the same for the same client and subject."""
        text = f"{self.seed}/{'/'.join(map(str, about))}"
        return int.from_bytes(blake2b(text.encode(), digest_size=6).digest()) / 2**48

    def ghost(self, arrives: datetime) -> Ghost:
        working_day = arrives + timedelta(minutes=int(self.draw("minute") * 600))
        fields = {name: value for name in self.playbook.fields if (value := self.field(name, arrives)) is not None}
        return Ghost(
            start=working_day,
            zone=self.playbook.timezone,
            persona=self.persona(),
            fields=fields,
            seed=self.seed,
        )

    def persona(self) -> str:
        """One of the personas, by the shares of `target:`."""
        shares = self.playbook.target or dict.fromkeys(self.playbook.personas, 1.0)
        place = self.draw("persona") * sum(shares.values())
        for name, share in shares.items():
            place -= share
            if place < 0:
                return name
        return ""

    def field(self, name: str, arrives: datetime) -> Any:
        """A date some time after arriving; other kinds of fields are left empty."""
        at = arrives + timedelta(days=10 + self.draw("field", name) * 300)
        kind = self.playbook.fields[name].type
        if kind == "date":
            return date(at.year, at.month, at.day)
        return at.replace(minute=0, second=0, microsecond=0) if kind == "datetime" else None

    def stay(self, stay: Stay) -> Sequence[Fact]:
        """What happens in a stay: the events its touchpoints wait for, then the one that ends it."""
        stage = self.playbook.stages[stay.stage]
        lasts = self.lasts(stage) * (1 + SPREAD * (2 * self.draw("stay", stay.ordinal) - 1))
        ending = self.ending(stage)
        events = [name for name in heard_in(stage) if name != ending]
        found = [self.event(name, stay, lasts * EARLY * self.draw("event", name, stay.ordinal)) for name in events]
        return [*found, self.event(ending, stay, lasts)] if ending and lasts > 0 else found

    def event(self, name: str, stay: Stay, after_days: float) -> Fact:
        at = stay.entered_at + timedelta(seconds=int(max(after_days, 0.02) * 86_400))
        return fact_of(name, at, f"{stay.ordinal}.{name}")

    def lasts(self, stage: Stage) -> float:
        """The usual length of a stage in days."""
        if stage.length is not None:
            return ROUGHLY[stage.length.unit] * stage.length.count / 86_400
        return USUAL_DAYS.get(stage.phase, 30.0)

    def ending(self, stage: Stage) -> str:
        """The event that ends a stage: its own, else the one that starts the stage after it."""
        if stage.never_ends:
            return ""
        following = self.playbook.stage_after(stage.name)
        signals = signals_of(stage.ends)
        if not signals and following is not None and stage.length is None:
            signals = signals_of(following.starts)
        return signals[0] if signals else ""

    def answer(self, moment: Schedule) -> Sequence[Fact]:
        """The answer to a survey, usually a friendly one; often none."""
        touchpoint = self.playbook.stages[moment.stage].touchpoints[moment.touchpoint]
        survey = self.playbook.surveys.get(touchpoint.survey)
        if survey is None or self.draw("answers", moment.key) > ANSWERS:
            return ()
        score = survey.high - int(self.draw("score", moment.key) ** 2 * (survey.high - survey.low + 1))
        at = moment.at + ANSWERED_AFTER
        return (Fact(at, "answered", survey.name, value=score, id=f"{moment.key} answered"),)


def heard_in(stage: Stage) -> list[str]:
    """The events that the touchpoints of a stage wait for, each once."""
    whens = [touchpoint.when for touchpoint in stage.touchpoints.values()]
    return list(dict.fromkeys(when.anchor.name for when in whens if when is not None and when.anchor.kind == "event"))
