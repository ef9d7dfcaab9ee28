"""What a rule of the check is. Each rule is one small function under `@rule`.

A rule looks at one thing after another and yields a verdict for each: passed or not. What it
never looked at does not count. A finding is a verdict that did not pass.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from fondly.core.playbook.model import Playbook
from fondly.core.words import Said, say

Severity = Literal["error", "warning", "hint"]
Area = Literal["foundation", "start", "stages", "touchpoints", "wow", "systems", "promises", "listening", "team"]
AREA_TITLES: Mapping[Area, Said] = {
    "foundation": say("Foundation"),
    "start": say("Start"),
    "stages": say("Stages"),
    "touchpoints": say("Touchpoints"),
    "wow": say("WOW"),
    "systems": say("Systems"),
    "promises": say("Promises"),
    "listening": say("Listening"),
    "team": say("Team and improving"),
}
AREAS: tuple[Area, ...] = tuple(AREA_TITLES)
WEIGHT: dict[Severity, int] = {"error": 5, "warning": 2, "hint": 1}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing a rule looked at.

    path: where in the file, "stages.new.owner". message: what is wrong. subject: how `skip:` may
    name this one case. severity and advice: only when they differ from the rule's.
    """

    ok: bool
    path: str
    message: str = ""
    subject: str = ""
    severity: Severity | None = None
    advice: str = ""


Verdicts = Iterator[Verdict]


@dataclass(frozen=True, slots=True)
class Rule:
    """id, and what every finding of it says. minutes: the usual effort to mend one place."""

    id: str
    severity: Severity
    area: Area
    article: str
    title: str
    advice: str
    minutes: int
    judge: "Callable[[Playbook, date | None], Verdicts]"


RULES: dict[str, Rule] = {}


def title_of(docstring: str | None) -> str:
    """What a rule wants: the first line of its docstring, without the full stop."""
    return (docstring or "").strip().split("\n")[0].rstrip(".")


def rule(
    id: str, severity: Severity, area: Area, article: str, advice: str, minutes: int
) -> Callable[[Callable[[Playbook], Verdicts]], Callable[[Playbook], Verdicts]]:
    """Declares a rule; the first line of the docstring is its title."""

    def declare(function: Callable[[Playbook], Verdicts]) -> Callable[[Playbook], Verdicts]:
        title = Said(title_of(function.__doc__))
        RULES[id] = Rule(
            id, severity, area, article, title, advice, minutes, lambda playbook, today: function(playbook)
        )
        return function

    return declare


def dated_rule(
    id: str, severity: Severity, area: Area, article: str, advice: str, minutes: int
) -> Callable[[Callable[[Playbook, date | None], Verdicts]], Callable[[Playbook, date | None], Verdicts]]:
    """As `rule`, for the rules that need to know today's date."""

    def declare(function: Callable[[Playbook, date | None], Verdicts]) -> Callable[[Playbook, date | None], Verdicts]:
        title = Said(title_of(function.__doc__))
        RULES[id] = Rule(id, severity, area, article, title, advice, minutes, function)
        return function

    return declare
