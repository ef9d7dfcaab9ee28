"""The team: who may decide, who sees what, and when it is looked at."""

import re

from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.model import Playbook
from fondly.core.words import listed, say

_DAY = re.compile(r"(?:\d{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@rule("TE01", "error", "team", "D4b", say("Give a role `may_spend: 50` or `may_offer: [name]`."), 5)
def someone_may_decide(playbook: Playbook) -> Verdicts:
    """Someone may decide something without asking."""
    free = any(role.may_offer or _amount(role.may_spend) > 0 for role in playbook.team.roles.values())
    yield Verdict(free, "team", say("Nobody may do anything for a client without asking first."))


def _amount(text: str) -> float:
    found = re.search(r"\d+(?:\.\d+)?", text)
    return float(found[0]) if found else 0.0


@rule("TE02", "error", "team", "D4b", say("Add the offer under `offers`, or take it out."), 3)
def offers_exist(playbook: Playbook) -> Verdicts:
    """Offers that someone may make exist."""
    for name, role in playbook.team.roles.items():
        for offer in role.may_offer:
            ok = offer == "any" or offer in playbook.offers
            yield Verdict(
                ok,
                f"team.{name}.may_offer",
                say("{name} may offer {offer}, which is no offer.", name=name, offer=offer),
                offer,
            )
    used = [(f"recovery.{n}.offer", r.offer) for n, r in playbook.recovery.items()]
    used += [(f"stages.{t.stage}.touchpoints.{t.name}.offer", t.offer) for t in playbook.touchpoints()]
    for path, offer in used:
        if offer:
            yield Verdict(offer in playbook.offers, path, say("{offer} is no offer.", offer=offer), offer)


@rule("TE03", "warning", "team", "D4a", say("Add `training: quarterly` under `team`."), 2)
def the_team_trains(playbook: Playbook) -> Verdicts:
    """There is a training rhythm."""
    yield Verdict(bool(playbook.team.training), "team.training", say("The team does not train."))


@rule("TE04", "warning", "team", "C2", say("Add `annual_review: 02-15` under `team`."), 2)
def the_year_is_reviewed(playbook: Playbook) -> Verdicts:
    """The yearly client-experience review has a date."""
    ok = bool(_DAY.fullmatch(playbook.team.annual_review))
    yield Verdict(ok, "team.annual_review", say("The yearly client-experience review has no date."))


@rule("TE05", "warning", "team", "D4b", say("Add `ideas: monthly` under `team`."), 1)
def ideas_are_asked_for(playbook: Playbook) -> Verdicts:
    """Ideas are asked for."""
    yield Verdict(bool(playbook.team.ideas), "team.ideas", say("Nobody asks the team for ideas."))


@rule("TE06", "warning", "team", "C2", say('Add `speak_up: "#client-voice"` or another place under `team`.'), 2)
def there_is_a_place_to_speak_up(playbook: Playbook) -> Verdicts:
    """There is a place to speak up for the client."""
    yield Verdict(bool(playbook.team.speak_up), "team.speak_up", say("There is no place to speak up for the client."))


@rule("TE07", "warning", "team", "C3", say("Write `feedback: everyone` under `team`."), 1)
def everyone_sees_feedback(playbook: Playbook) -> Verdicts:
    """Every role can see what clients said and scored."""
    sees = playbook.team.feedback
    blind = [name for name in playbook.team.roles if "everyone" not in sees and name not in sees]
    message = say("{roles} cannot see what clients said.", roles=listed(blind)) if blind else ""
    yield Verdict(not blind, "team.feedback", message)
