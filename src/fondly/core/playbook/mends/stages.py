"""Mends about stages: a goal, a feeling, a length, who owns it, where it leads back to, and what follows the work."""

from collections.abc import Mapping
from types import MappingProxyType

from fondly.core.playbook.checks import Finding
from fondly.core.playbook.mends.rules import Edits, call, mend, role_of
from fondly.core.playbook.model import Playbook
from fondly.core.words import Said, say

_GOALS: Mapping[str, Said] = MappingProxyType({
    "before": say("I know whether this is right for me"),
    "new": say("I chose well, and I know what happens next"),
    "ongoing": say("I know where we stand without having to ask"),
    "alumni": say("They still think of me"),
})  # fmt: skip
_REASONS = [say("price"), say("no longer needed"), say("moved away"), say("found someone else"), say("unhappy with us")]
_ALUMNI = [say("ask how it has been since"), say("no business in this call"), say("note what is new")]


@mend("ST03")
def a_length(playbook: Playbook, finding: Finding) -> Edits:
    """The usual first month."""
    return ((finding.path, "30 days"),)


@mend("ST06")
def a_stage_for_past_clients(playbook: Playbook, finding: Finding) -> Edits:
    """A last stage with a call every quarter."""
    name, owner = "alumni", role_of(playbook)
    touch = call(playbook, name, "since_then", "every 90 days", _ALUMNI, {})
    if name in playbook.stages or not owner or not touch:
        return ()
    words = {"phase": "alumni", "covers": ["follow_up"], "owner": owner, "goal": _GOALS["alumni"], "never_ends": True}
    feel = {"feel": playbook.brand.feel[0]} if playbook.brand.feel else {}
    return ((f"stages.{name}", words | feel), *touch)


@mend("ST08")
def a_goal(playbook: Playbook, finding: Finding) -> Edits:
    """What a client would say in a stage of this kind."""
    goal = _GOALS.get(playbook.stages[finding.subject].phase)
    return ((finding.path, goal),) if goal else ()


@mend("ST09")
def the_only_owner(playbook: Playbook, finding: Finding) -> Edits:
    """The one role there is; among several a person chooses."""
    roles = list(playbook.team.roles)
    return ((finding.path, roles[0]),) if len(roles) == 1 else ()


@mend("ST11")
def reasons_to_leave(playbook: Playbook, finding: Finding) -> Edits:
    """The reasons clients of any business give."""
    return (("leaving.reasons", _REASONS),) if finding.path == "leaving" else ()


@mend("ST12")
def back_to_the_beginning(playbook: Playbook, finding: Finding) -> Edits:
    """From the last stage to the one where people ask, else to the first."""
    stages = list(playbook.stages.values())
    if len(stages) < 2 or any(stage.leads_back_to for stage in stages):
        return ()
    asks = next((s for s in stages if "inquire" in s.covers or "intake" in s.covers), stages[0])
    return ((f"stages.{stages[-1].name}.leads_back_to", asks.name),) if asks is not stages[-1] else ()


@mend("TP14")
def a_feeling(playbook: Playbook, finding: Finding) -> Edits:
    """The first of the feelings the brand names."""
    return ((finding.path, playbook.brand.feel[0]),) if playbook.brand.feel else ()
