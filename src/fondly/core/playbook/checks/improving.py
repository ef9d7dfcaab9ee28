"""Improving: experiments and the yearly reading."""

import re
from datetime import date, timedelta

from fondly.core.playbook.checks.rules import Verdict, Verdicts, dated_rule, rule
from fondly.core.playbook.model import Playbook
from fondly.core.words import listed, say


@rule(
    "IM01",
    "error",
    "team",
    "D3c",
    say("An experiment has question, measure, two variants, least_difference, stop and a touchpoint that exists."),
    15,
)
def experiments_are_whole(playbook: Playbook) -> Verdicts:
    """An experiment has everything it needs before it starts."""
    for name, values in playbook.experiments.items():
        lacks: list[str] = [
            part for part in ("question", "measure", "least_difference", "stop") if not values.get(part)
        ]
        lacks += [] if _fair(values.get("variants") or {}) else [say("two variants that add up to 100%")]
        lacks += [] if playbook.touchpoint(values.get("touchpoint") or "") else [say("a touchpoint that exists")]
        message = say("The experiment {name} lacks {parts}.", name=name, parts=listed(lacks)) if lacks else ""
        yield Verdict(not lacks, f"experiments.{name}", message, name)


def _fair(variants: dict[str, str]) -> bool:
    shares = [float(found[0]) for text in variants.values() if (found := re.search(r"\d+(?:\.\d+)?", text or ""))]
    return len(shares) == len(variants) >= 2 and (abs(sum(shares) - 100) < 1 or abs(sum(shares) - 1) < 0.01)


@dated_rule("IM02", "warning", "team", "D6b", say("Read it through, then write today's date as `reviewed:`."), 30)
def read_within_a_year(playbook: Playbook, today: date | None) -> Verdicts:
    """The playbook was reviewed within a year."""
    reviewed = playbook.reviewed
    old = reviewed is not None and today is not None and today - reviewed > timedelta(days=366)
    message = (
        say("The playbook was last reviewed on {reviewed}.", reviewed=reviewed)
        if old
        else say("Nothing says when the playbook was reviewed.")
    )
    yield Verdict(reviewed is not None and not old, "reviewed", message)


@rule("IM03", "error", "team", "D3c", say("Let one wait until the other is over."), 5)
def experiments_do_not_mix(playbook: Playbook) -> Verdicts:
    """Two experiments do not share a touchpoint."""
    taken: dict[str, str] = {}
    for name, values in playbook.experiments.items():
        touchpoint = values.get("touchpoint") or ""
        if touchpoint:
            message = say(
                "The experiments {first} and {name} both change {touchpoint}.",
                first=taken.get(touchpoint),
                name=name,
                touchpoint=touchpoint,
            )
            yield Verdict(touchpoint not in taken, f"experiments.{name}.touchpoint", message, name)
            taken.setdefault(touchpoint, name)
