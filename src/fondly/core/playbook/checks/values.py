"""What matters to the client."""

from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.model import Playbook


@rule("VA01", "warning", "foundation", "B3", "Add under `values` the questions matters_daily and link_to_mission.", 10)
def clients_are_asked_what_matters(playbook: Playbook) -> Verdicts:
    """Clients are asked what matters daily and what the work is for."""
    for name, what in (
        ("matters_daily", "what matters to them day by day"),
        ("link_to_mission", "what the work is for"),
    ):
        yield Verdict(bool(playbook.values.get(name)), f"values.{name}", f"Clients are not asked {what}.", name)
