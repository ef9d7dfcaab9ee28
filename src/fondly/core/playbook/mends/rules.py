"""What a mend is, and the pieces mends are made of: a call, a mail a person finishes, a checklist."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fondly.core.playbook.checks import RULES_BY_ID, Finding
from fondly.core.playbook.checks.words import days
from fondly.core.playbook.model import Playbook, Stage
from fondly.core.words import say

Value = Any  # text, number, true/false, a list or a mapping, as `edit` takes it
Edits = tuple[tuple[str, Value], ...]  # (path, value) in the order they are made; () when there is no honest mend
Mend = Callable[[Playbook, Finding], Edits]

MENDS: dict[str, Mend] = {}
_IN_PERSON = ("phone", "video", "in_person")  # where a person is heard or seen


def mend(*rules: str) -> Callable[[Mend], Mend]:
    """Declares the mend for findings of these rules of the check."""

    def declare(function: Mend) -> Mend:
        MENDS.update({RULES_BY_ID[rule].id: function for rule in rules})
        return function

    return declare


def stage_of(playbook: Playbook, finding: Finding) -> Stage | None:
    """The stage the finding's path leads into."""
    names = finding.path.split(".")
    return playbook.stages.get(names[1]) if names[0] == "stages" and len(names) > 1 else None


def free_name(playbook: Playbook, name: str) -> str:
    """The name, or the name with a number when a touchpoint or template has it already."""
    taken = {t.name for t in playbook.touchpoints()} | set(playbook.templates)
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def role_of(playbook: Playbook) -> str:
    """Who looks after clients: the owner of an ongoing stage, else of any stage, else the first role."""
    owners = [s.owner for phase in ("ongoing", "new", "before", "alumni") for s in playbook.stages.values()
              if s.phase == phase and s.owner in playbook.team.roles]  # fmt: skip
    return (owners or [*playbook.team.roles, ""])[0]


def soon(stage: Stage, wanted: int) -> str:
    """`7 days after entry`, sooner in a stage that is over by then."""
    over = days(stage.length) if stage.length and not stage.never_ends else float("inf")
    count = wanted if wanted < over else max(int(over / 2), 1)
    return f"{count} day after entry" if count == 1 else f"{count} days after entry"


def call(
    playbook: Playbook,
    stage: str,
    name: str,
    when: str,
    steps: Sequence[str],
    more: Mapping[str, Value],
    checklist: str = "",
) -> Edits:
    """A touchpoint in which a person talks to the client; () without a channel for it.

    checklist: its name when several calls share it. One of that name is the business's own, and stays.
    """
    channel = next((channel for channel in _IN_PERSON if channel in playbook.channels), "")
    if not channel:
        return ()
    shared = checklist or name
    touchpoint = {"kind": "relationship", "channel": channel, "when": when, "checklist": shared, **more}
    listed: Edits = () if shared in playbook.checklists else ((f"checklists.{shared}", list(steps)),)
    return ((f"stages.{stage}.touchpoints.{free_name(playbook, name)}", touchpoint), *listed)


def unfinished(subject: str) -> dict[str, Value]:
    """A mail with a greeting and a gap: a person fills it each time until somebody writes it for good."""
    name, sign = '{{ client.first_name | default: "there" }}', "{{ me.first_name | default: business.name }}"
    body = say("Hi {name},\n\n{words}\n\n{sign}\n", name=name, words="{{ your_words }}", sign=sign)
    return {"subject": subject, "body": body, "fills": ["your_words"]}


def mail(playbook: Playbook, stage: str, name: str, when: str, subject: str, more: Mapping[str, Value]) -> Edits:
    """A touchpoint in which a person finishes a mail and sends it; () without the channel."""
    if "email" not in playbook.channels:
        return ()
    name = free_name(playbook, name)
    touchpoint = {"kind": "work", "channel": "email", "when": when, "template": name, "mode": "by_hand", **more}
    return (
        (f"stages.{stage}.touchpoints.{name}", touchpoint),
        (f"templates.{name}", unfinished(subject)),
    )
