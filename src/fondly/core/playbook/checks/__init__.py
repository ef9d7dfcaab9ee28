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
from fondly.core.playbook.checks.rules import AREAS, RULES, Rule

__all__ = ["AREAS", "RULES", "Finding", "Fix", "Report", "Rule", "Score", "Skipped", "check"]
