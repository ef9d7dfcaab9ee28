"""The check of a playbook: every rule of the table, the score on paper, what to mend next."""

from fondly.core.playbook.checks import (  # noqa: F401 - importing declares the rules
    brand,
    documents,
    improving,
    listening,
    personas,
    promises,
    sensitive,
    stages,
    systems,
    team,
    touchpoints,
    values,
)  # fmt: skip
from fondly.core.playbook.checks.report import Finding, Fix, Report, Score, Skipped, check
from fondly.core.playbook.checks.rules import AREA_TITLES, AREAS, Rule
from fondly.core.playbook.checks.rules import RULES as RULES_BY_ID

RULES: tuple[Rule, ...] = tuple(sorted(RULES_BY_ID.values(), key=lambda rule: (AREAS.index(rule.area), rule.id)))

__all__ = [
    "AREAS",
    "AREA_TITLES",
    "RULES",
    "RULES_BY_ID",
    "Finding",
    "Fix",
    "Report",
    "Rule",
    "Score",
    "Skipped",
    "check",
]
