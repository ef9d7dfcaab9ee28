"""Any playbook in any of four frames: three phases, seven stages, an experience lifecycle, an awareness funnel.

A playbook stage belongs to the frame stage its `covers` or `phase` says; a touchpoint may stand
elsewhere by what it does (a payment is enrolling, whatever the stage is called). Each touchpoint
stands in exactly one frame stage.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from fondly.core.playbook.model import Playbook, Stage, Touchpoint
from fondly.core.words import Said, say

Frame = Literal["phases", "seven", "lifecycle", "funnel"]


@dataclass(frozen=True, slots=True)
class FrameStage:
    """stages, touchpoints: names of the playbook, in its order. exit: the way out, not a step on it."""

    name: str
    title: str
    stages: tuple[str, ...]
    touchpoints: tuple[str, ...]
    exit: bool = False


FRAMES: Mapping[Frame, tuple[tuple[str, Said], ...]] = {
    "phases": (
        ("before", say("Before yes")),
        ("new", say("New")),
        ("ongoing", say("Ongoing")),
        ("alumni", say("Alumni")),
    ),
    "seven": (
        ("encounter", say("Encounter")),
        ("inquire", say("Inquire")),
        ("intake", say("Intake")),
        ("enroll", say("Enroll")),
        ("engage", say("Engage")),
        ("wrap_up", say("Wrap up")),
        ("follow_up", say("Follow up")),
    ),
    "lifecycle": (
        ("target", say("Target")),
        ("connect", say("Connect")),
        ("engage", say("Engage")),
        ("deliver", say("Delivery")),
        ("use", say("Use")),
        ("support", say("Support")),
        ("exit", say("Exit")),
    ),
    "funnel": (
        ("awareness", say("Awareness")),
        ("consideration", say("Consideration")),
        ("purchase", say("Purchase")),
        ("post_purchase", say("Post-purchase")),
        ("retention", say("Retention and loyalty")),
        ("advocacy", say("Advocacy")),
    ),
}
TITLES: Mapping[Frame, Said] = {
    "phases": say("New, ongoing, alumni"),
    "seven": say("Seven stages"),
    "lifecycle": say("Experience lifecycle"),
    "funnel": say("Awareness to advocacy"),
}
_BY_PHASE = {"before": "inquire", "new": "enroll", "ongoing": "engage", "alumni": "follow_up"}
_LIFECYCLE = {
    "encounter": "connect", "inquire": "engage", "intake": "engage", "enroll": "deliver", "engage": "use",
    "wrap_up": "use", "follow_up": "use",
}  # fmt: skip
_FUNNEL = {
    "encounter": "awareness", "inquire": "consideration", "intake": "consideration", "enroll": "purchase",
    "engage": "post_purchase", "wrap_up": "post_purchase", "follow_up": "retention",
}  # fmt: skip
_STEPS = {
    "assessment": "intake", "consult": "intake", "proposal": "intake", "payment": "enroll", "information": "enroll",
    "signature": "enroll", "start": "enroll", "summary": "wrap_up", "payment_complete": "wrap_up",
    "thank_you": "wrap_up", "testimonial": "wrap_up",
}  # fmt: skip
_PRAISE = ("referral", "refer", "share", "review", "testimonial", "advocate")
_TROUBLE = (
    "support",
    "missed",
    "complain",
    "problem",
    "broken",
    "repair",
    "claim",
    "incident",
    "outage",
    "delay",
    "held_up",
)


def view(playbook: Playbook, frame: Frame) -> tuple[FrameStage, ...]:
    """The playbook in a frame; every frame stage is there, also when nothing stands in it."""
    placed = {t.name: _PLACE[frame](t, playbook.stages[t.stage]) for t in playbook.touchpoints()}
    homes = {stage.name: _homes(frame, stage) for stage in playbook.stages.values()}
    return tuple(
        FrameStage(
            name,
            title,
            tuple(stage for stage, home in homes.items() if name in home),
            tuple(touchpoint for touchpoint, home in placed.items() if home == name),
            name == "exit",
        )
        for name, title in FRAMES[frame]
    )


def _covers(stage: Stage) -> tuple[str, ...]:
    return stage.covers or (_BY_PHASE.get(stage.phase, "inquire"),)


def _homes(frame: Frame, stage: Stage) -> set[str]:
    if frame == "phases":
        return {stage.phase or "before"}
    if frame == "seven":
        return set(_covers(stage))
    table = _LIFECYCLE if frame == "lifecycle" else _FUNNEL
    return {table[cover] for cover in _covers(stage)}


def _phase(touchpoint: Touchpoint, stage: Stage) -> str:
    return stage.phase or "before"


def _seven(touchpoint: Touchpoint, stage: Stage) -> str:
    covers = _covers(stage)
    by_step = _STEPS.get(touchpoint.step, "")
    return by_step if by_step in covers else covers[0]


def _lifecycle(touchpoint: Touchpoint, stage: Stage) -> str:
    if _mentions(touchpoint, _TROUBLE) or (touchpoint.when is not None and touchpoint.when.anchor.kind == "promise"):
        return "support"
    if touchpoint.when is not None and touchpoint.when.anchor.kind == "exit":
        return "exit"
    home = _seven(touchpoint, stage)
    if home == "encounter":
        return "target" if touchpoint.personas else "connect"
    return _LIFECYCLE[home]


def _funnel(touchpoint: Touchpoint, stage: Stage) -> str:
    if touchpoint.step == "testimonial" or _mentions(touchpoint, _PRAISE):
        return "advocacy"
    return _FUNNEL[_seven(touchpoint, stage)]


def _mentions(touchpoint: Touchpoint, words: tuple[str, ...]) -> bool:
    anchor = touchpoint.when.anchor.name if touchpoint.when and touchpoint.when.anchor.kind == "event" else ""
    named = {*touchpoint.name.split("_"), *touchpoint.template.split("_"), *anchor.split("_"), anchor}
    return any(word in named for word in words)


_PLACE: Mapping[Frame, Callable[[Touchpoint, Stage], str]] = {
    "phases": _phase, "seven": _seven, "lifecycle": _lifecycle, "funnel": _funnel,
}  # fmt: skip
