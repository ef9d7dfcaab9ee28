"""What matters to the client."""

from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.model import Playbook
from fondly.core.words import say


@rule(
    "VA01",
    "warning",
    "foundation",
    "B3",
    say("Add under `values` the questions matters_daily and link_to_mission."),
    10,
)
def clients_are_asked_what_matters(playbook: Playbook) -> Verdicts:
    """Clients are asked what matters daily and what the work is for."""
    for name, what in (
        ("matters_daily", say("what matters to them day by day")),
        ("link_to_mission", say("what the work is for")),
    ):
        yield Verdict(
            bool(playbook.values.get(name)), f"values.{name}", say("Clients are not asked {what}.", what=what), name
        )
