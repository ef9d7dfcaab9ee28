"""Whether a moment may happen at all: consent, and the condition in its `if:`."""

from datetime import datetime

from fondly.core.planner.compiled import Step
from fondly.core.planner.conditions import Known
from fondly.core.planner.model import Stay
from fondly.core.planner.scene import Scene, within
from fondly.core.planner.why import say

HAPPENED = (".done", ".replied", ".answered")


def refusal(scene: Scene, stay: Stay, step: Step) -> str:
    """Why this touchpoint may not happen as things stand; "" when it may."""
    touchpoint = step.touchpoint
    if not may_use(scene, touchpoint.channel, touchpoint.consent):
        purpose = f" for {say(touchpoint.consent)}" if touchpoint.consent else ""
        return f"the client has not agreed to {say(touchpoint.channel)}{purpose}"
    if step.unreadable:
        return f"its `if` cannot be read: {step.unreadable}"
    if step.condition is None:
        return ""
    verdict = step.condition.judge(lambda name: look_up(scene, stay, step, name))
    return "" if verdict.holds else f"if {step.condition.text}: {verdict.reason}"


def may_use(scene: Scene, channel: str, purpose: str) -> bool:
    """Whether the client's refusals leave this channel open for this purpose."""
    refused = scene.history.person.refused
    if not refused:
        return True
    return not any((where, what) in refused for where in (channel, "") for what in {purpose, ""})


def look_up(scene: Scene, stay: Stay, step: Step, name: str) -> Known:
    """What a name in a condition stands for now."""
    person, playbook = scene.history.person, scene.book.playbook
    if name == "persona":
        return Known(person.persona) if person.persona else Known(missing="the persona is not known")
    if name == "replied":
        return Known(any(within(at, stay) for at in _replies(scene)))
    if name == "stage":
        return Known(stay.stage)
    if name.startswith("consent."):
        return Known(may_use(scene, step.touchpoint.channel, name.removeprefix("consent.")))
    if name.endswith(HAPPENED) or name in playbook.events or name.startswith("promise."):
        return Known(bool(scene.signals.named(name)))
    if name in scene.signals.answers:
        return Known(scene.signals.answers[name].value)
    return _field(scene, name)


def _field(scene: Scene, name: str) -> Known:
    fields = scene.history.person.fields
    value = fields.get(name)
    if value is not None and value != "":
        return Known(value)
    if name in scene.book.playbook.surveys:
        return Known(missing=f"{say(name)} has not been answered yet")
    return Known(missing=f"{say(name)} is not known")


def _replies(scene: Scene) -> list[datetime]:
    """When the client wrote or spoke to us."""
    return scene.signals.contacts
