"""From plain values to the model. Values have the shapes of `keys.py`; sentences are read here."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from fondly.core.playbook import durations, parts, when
from fondly.core.playbook.calendars import calendar, holidays
from fondly.core.playbook.durations import UnreadableError
from fondly.core.playbook.keys import TEAM_WORDS
from fondly.core.playbook.loading import Loader
from fondly.core.playbook.model import (
    AUTOMATIC_CHANNELS,
    NOTHING,
    Calendar,
    Cap,
    Channel,
    Handoff,
    Holdout,
    Late,
    Playbook,
    PromiseSet,
    Recovery,
    Reentry,
    Stage,
    Survey,
    Team,
    Touchpoint,
    When,
    signals_of,
)
from fondly.core.playbook.when import Names
from fondly.core.words import heading, say

T = TypeVar("T")
Values = Mapping[str, Any]
MUST_ARRIVE = frozenset({"signature", "payment", "start", "payment_complete"})
CONTENT = ("template", "survey", "form", "document")
TOUCHPOINT_WORDS = (
    "template", "survey", "document", "form", "checklist", "offer", "consent", "step", "owner", "costs", "about",
    "serves",
)  # fmt: skip


class Builder:
    """Makes one Playbook; sentences no check rule covers become problems of the loader."""

    def __init__(self, values: Values, loader: Loader) -> None:
        self.values, self.loader = values, loader
        self.names = names_of(values)

    def build(self) -> Playbook:
        """The playbook; look at the loader's problems before using it."""
        get = self.values.get
        self._version()
        stages = self._stages()
        return Playbook(
            name=get("name") or "",
            format=int(get("fondly") or 1),
            industry=get("industry") or "",
            currency=get("currency") or "USD",
            language=get("language") or "en",
            clients=get("clients") or "people",
            reviewed=self.read(parts.date, get("reviewed"), "reviewed"),
            timezone=self.read(parts.zone, get("timezone"), "timezone") or "UTC",
            sensitive=bool(get("sensitive")),
            brand=parts.brand(get("brand") or {}),
            calendar=self._calendar(),
            caps=self._caps(),
            reentry=self.read(durations.reentry, get("reentry"), "reentry") or Reentry(),
            target=self._map("target", lambda name, v: self.read(parts.share, v or None, f"target.{name}") or 0.0),
            personas=self._map("personas", parts.persona),
            values=parts.texts(get("values")),
            channels=self._map("channels", self._channel),
            team=self._team(),
            offers=parts.frozen(get("offers")),
            fields=self._map("fields", parts.field),
            events=tuple(get("events") or ()),
            leaving=parts.frozen(get("leaving")),
            inquiries=parts.frozen(get("inquiries")),
            stages=stages,
            recovery=self._map("recovery", self._recovery),
            documents=parts.frozen(get("documents")),
            surveys=self._surveys(),
            survey_rest=self.read(durations.duration, (get("surveys") or {}).get("rest"), "surveys.rest"),
            reviews=tuple(get("reviews") or ()),
            targets=parts.texts(get("targets")),
            experiments=parts.frozen(get("experiments")),
            holdouts=self._holdouts(),
            templates=self._map("templates", parts.template),
            checklists=self._map("checklists", lambda name, v: tuple(v or ())),
            skip=parts.texts(get("skip")),
            marks=MappingProxyType(self.loader.marks),
        )

    def read(self, reader: Callable[[str], T], text: str | None, path: str) -> T | None:
        """What `reader` makes of the text; None when it is missing or (with a problem) unreadable."""
        if text is None:
            return None
        try:
            return reader(text)
        except UnreadableError as error:
            self.loader.problem(self.loader.place(path), error.message, error.advice, path, str(text))
            return None

    def _version(self) -> None:
        if (self.values.get("fondly") or 1) > 1:
            self.loader.problem(
                self.loader.place("fondly"),
                say("this file is written for a newer Fondly"),
                say("Update Fondly, or write `fondly: 1`."),
                "fondly",
            )

    def _map(self, key: str, make: Callable[[str, Any], T]) -> Mapping[str, T]:
        entries = self.values.get(key) or {}
        return MappingProxyType({name: make(name, value or {}) for name, value in entries.items()})

    def _calendar(self) -> Calendar:
        values = self.values.get("calendar") or {}
        made: dict[str, Any] = {}
        for part, reader in calendar.items():
            for path, text in _leaves(values.get(part), f"calendar.{part}"):
                result = self.read(reader, text, path)
                if result is not None:
                    made[part] = (
                        {**made.get(part, {}), **result} if isinstance(result, dict) else _joined(made, part, result)
                    )
        if "business" in made:
            made["business"] = MappingProxyType(
                {day: hours for day, hours in sorted(made["business"].items()) if hours}
            )
        if "quiet" in made:
            made["quiet"] = made["quiet"][0] or None
        return Calendar(**made, holidays=self.read(holidays, values.get("holidays"), "calendar.holidays") or "")

    def _holdouts(self) -> dict[str, Holdout]:
        found = {}
        for name, values in (self.values.get("experiments") or {}).items():
            share = self.read(parts.share, (values or {}).get("holdout"), f"experiments.{name}.holdout")
            if share:
                found[str(values.get("touchpoint") or "")] = Holdout(name, share)
        return found

    def _caps(self) -> tuple[Cap, ...]:
        entries = self.values.get("caps") or {}
        read = (self.read(partial(durations.cap, name), text, f"caps.{name}") for name, text in entries.items())
        return tuple(cap for cap in read if cap)

    def _channel(self, name: str, values: Values) -> Channel:
        path = f"channels.{name}"
        self.read(durations.duration, values.get("reply_within"), f"{path}.reply_within")
        return Channel(
            name,
            values.get("reply_within") or "",
            values.get("consent") or "",
            self.read(durations.span, values.get("hours"), f"{path}.hours"),
            bool(values.get("minimal")),
        )

    def _team(self) -> Team:
        entries = self.values.get("team") or {}
        roles = {name: parts.role(name, v or {}) for name, v in entries.items() if name not in TEAM_WORDS}
        words = {key: entries.get(key) or "" for key in TEAM_WORDS if key != "feedback"}
        seen = entries.get("feedback") or "everyone"
        return Team(MappingProxyType(roles), **words, feedback=("everyone",) if seen == "everyone" else tuple(seen))

    def _recovery(self, name: str, values: Values) -> Recovery:
        self.read(durations.duration, values.get("within"), f"recovery.{name}.within")
        return Recovery(
            name,
            values.get("when") or "",
            values.get("owner") or "",
            values.get("within") or "",
            tuple(values.get("steps") or ()),
            values.get("offer") or "",
        )

    def _surveys(self) -> Mapping[str, Survey]:
        entries = {name: v or {} for name, v in (self.values.get("surveys") or {}).items() if name != "rest"}
        made = {}
        for name, values in entries.items():
            low, high = self.read(parts.scale, values.get("scale"), f"surveys.{name}.scale") or (0, 10)
            made[name] = Survey(name, values.get("ask") or "", low, high, values.get("follow_up") or "")
        return MappingProxyType(made)

    def _stages(self) -> Mapping[str, Stage]:
        entries = self.values.get("stages") or {}
        self._unique(entries)
        return MappingProxyType({name: self._stage(name, values or {}) for name, values in entries.items()})

    def _unique(self, stages: Values) -> None:
        seen: dict[str, str] = {}
        for stage, values in stages.items():
            for name in (values or {}).get("touchpoints") or {}:
                if name in seen:
                    path = f"stages.{stage}.touchpoints.{name}"
                    self.loader.problem(
                        self.loader.place(path),
                        say('two touchpoints are called "{name}"', name=name),
                        say(
                            "It is also in the stage {other}: call this one {stage}_{name}.",
                            other=seen[name],
                            stage=stage,
                            name=name,
                        ),
                        path,
                        name,
                    )
                seen.setdefault(name, stage)

    def _stage(self, name: str, values: Values) -> Stage:
        path = f"stages.{name}"
        plain = ("owner", "department", "goal", "feel", "starts", "ends", "next", "leads_back_to")
        handoff = values.get("handoff")
        touchpoints = {n: self._touchpoint(name, n, v or {}) for n, v in (values.get("touchpoints") or {}).items()}
        leaving = values.get("leaving")
        return Stage(
            name,
            values.get("phase") or "",
            values.get("title") or heading(name),
            **{key: values.get(key) or "" for key in plain},
            covers=tuple(values.get("covers") or ()),
            length=self.read(durations.duration, values.get("length"), f"{path}.length"),
            never_ends=bool(values.get("never_ends")),
            handoff=Handoff(handoff.get("from") or "", handoff.get("touchpoint") or "") if handoff else None,
            touchpoints=MappingProxyType(touchpoints),
            extra=NOTHING if leaving is None else MappingProxyType({"leaving": leaving}),
        )

    def _touchpoint(self, stage: str, name: str, values: Values) -> Touchpoint:
        path = f"stages.{stage}.touchpoints.{name}"
        sentence, read = self._when(values.get("when"))
        sets = values.get("sets")
        step, channel = values.get("step") or "", values.get("channel") or ""
        automatic = channel in AUTOMATIC_CHANNELS and any(values.get(key) for key in CONTENT)
        return Touchpoint(
            name,
            stage,
            values.get("kind") or "work",
            channel,
            read,
            sentence,
            **{key: values.get(key) or "" for key in TOUCHPOINT_WORDS},  # type: ignore[arg-type]
            condition=values.get("if") or "",
            mode=values.get("mode") or ("auto" if automatic else "by_hand"),
            delivery=values.get("delivery") or ("must_arrive" if step in MUST_ARRIVE else "never_twice"),
            late=self.read(durations.late, values.get("late"), f"{path}.late") or Late(),
            personas=tuple(values.get("personas") or ()),
            minutes=int(values.get("minutes") or 0),
            sets=PromiseSet(sets.get("what") or "", sets.get("due") or "") if sets else None,
            sample=bool(values.get("sample")),
            milestone=bool(values.get("milestone")),
        )

    def _when(self, written: Any) -> tuple[str, When | None]:
        """The sentence and what it means; None when it cannot be read (rule TP11 says so)."""
        try:
            sentence = when.from_mapping(written) if isinstance(written, dict) else (written or "")
        except UnreadableError:
            return ", ".join(f"{key}: {value}" for key, value in written.items()), None
        try:
            return sentence, when.parse(sentence, self.names)
        except UnreadableError:
            return sentence, None


def names_of(values: Values) -> Names:
    """The names a `when` can mean."""
    stages = [stage or {} for stage in (values.get("stages") or {}).values()]
    events = {event for stage in stages for key in ("starts", "ends") for event in signals_of(stage.get(key) or "")}
    dates = {n for n, v in (values.get("fields") or {}).items() if (v or {}).get("type") in ("date", "datetime")}
    return Names(
        frozenset(name for stage in stages for name in stage.get("touchpoints") or {}),
        frozenset(dates),
        frozenset(name for name in values.get("surveys") or {} if name != "rest"),
        frozenset(events | set(values.get("events") or ())),
    )


def names(playbook: Playbook) -> Names:
    """The names a `when` of this playbook can mean."""
    dates = (name for name, field in playbook.fields.items() if field.type in ("date", "datetime"))
    ends = {
        event for stage in playbook.stages.values() for text in (stage.starts, stage.ends) for event in signals_of(text)
    }
    return Names(
        frozenset(t.name for t in playbook.touchpoints()),
        frozenset(dates),
        frozenset(playbook.surveys),
        frozenset(ends | set(playbook.events)),
    )


def _leaves(value: Any, path: str) -> Iterable[tuple[str, Any]]:
    """(path, argument of the reader) of a text, each entry of a map, each item of a list."""
    if isinstance(value, dict):
        return [(f"{path}.{key}", f"{key} {text}") for key, text in value.items()]
    if isinstance(value, list):
        return [(f"{path}.{index}", item) for index, item in enumerate(value)]
    return [] if value is None else [(path, value)]


def _joined(made: dict[str, Any], part: str, result: Any) -> tuple[Any, ...]:
    return (*made.get(part, ()), result)
