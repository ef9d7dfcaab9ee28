"""Whether a moment may happen at all: consent, a holdout, and the condition in its `if:`."""

from fondly.core.planner.assigning import held_out
from fondly.core.planner.compiled import Step, ready
from fondly.core.planner.conditions import OURS, Known
from fondly.core.planner.model import Stay
from fondly.core.planner.scene import Scene, within
from fondly.core.playbook.model import Playbook
from fondly.core.words import Said, say, words_of

HAPPENED = (".done", ".replied", ".answered", ".broken", ".changed", ".kept")


def refusal(scene: Scene, stay: Stay, step: Step) -> str:
    """Why this touchpoint may not happen as things stand; "" when it may."""
    touchpoint = step.touchpoint
    if not may_use(scene, touchpoint.channel, touchpoint.consent):
        return _not_agreed(words_of(touchpoint.channel), words_of(touchpoint.consent))
    held = held_out(scene.book.playbook.holdouts.get(touchpoint.name), touchpoint.name, scene.history.subject)
    if held:
        return held
    if step.unreadable:
        return say("its `if` cannot be read: {why}", why=step.unreadable)
    if step.condition is None:
        return ""
    verdict = step.condition.judge(lambda name: look_up(scene, stay, step, name))
    return (
        "" if verdict.holds else say("if {condition}: {reason}", condition=step.condition.text, reason=verdict.reason)
    )


def _not_agreed(channel: str, purpose: str) -> Said:
    if purpose:
        return say("the client has not agreed to {channel} for {purpose}", channel=channel, purpose=purpose)
    return say("the client has not agreed to {channel}", channel=channel)


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
        return Known(person.persona) if person.persona else Known(missing=say("the persona is not known"))
    if name == "replied":
        return Known(any(within(at, stay) for at in scene.signals.contacts))
    if name == "stage":
        return Known(stay.stage)
    if name.startswith("consent."):
        return Known(may_use(scene, step.touchpoint.channel, name.removeprefix("consent.")))
    if name in scene.book.events or ("." in name and name.endswith(HAPPENED) and knows(playbook, name)):
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
        return Known(missing=say("{name} has not been answered yet", name=words_of(name)))
    if knows(scene.book.playbook, name):
        return Known(missing=say("{name} is not known", name=words_of(name)))
    return Known(missing=say("this playbook has nothing called {name}", name=name))


def knows(playbook: Playbook, name: str) -> bool:
    """Whether a condition may ask about this name."""
    first, _, last = name.partition(".")
    if last:
        touchpoint = playbook.touchpoint(first) is not None
        return (
            first == "consent"
            or (last in ("done", "replied") and touchpoint)
            or (last == "answered" and first in playbook.surveys)
            or (first == "promise" and last in ("broken", "changed", "kept"))
        )
    return name in OURS or name in playbook.fields or name in playbook.surveys or name in ready(playbook).events
