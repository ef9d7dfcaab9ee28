"""Personas, the target mix, and what changes for whom."""

from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.model import Playbook
from fondly.core.words import listed, say


@rule("PE01", "error", "foundation", "D1a", say("Describe under `personas` the kind of client you like best."), 20)
def there_is_a_persona(playbook: Playbook) -> Verdicts:
    """There is at least one persona."""
    yield Verdict(bool(playbook.personas), "personas", say("No persona is described."))


@rule("PE02", "warning", "foundation", "D1a", say("Fill in who, behaves, prefers and worries."), 10)
def personas_are_whole(playbook: Playbook) -> Verdicts:
    """Each persona says who, behaves, prefers and worries."""
    for name, persona in playbook.personas.items():
        lacks = [part for part in ("who", "behaves", "prefers", "worries") if not getattr(persona, part)]
        message = say("The persona {name} does not say {parts}.", name=name, parts=listed(lacks)) if lacks else ""
        yield Verdict(not lacks, f"personas.{name}", message, name)


@rule(
    "PE03",
    "warning",
    "foundation",
    "C Target/Retarget",
    say("Write the share of each persona you aim for under `target`, adding up to 100%."),
    5,
)
def target_names_personas(playbook: Playbook) -> Verdicts:
    """The target mix is set and names known personas."""
    yield Verdict(bool(playbook.target), "target", say("Nothing says which clients you aim for."))
    for name in playbook.target:
        known = name in playbook.personas
        yield Verdict(known, f"target.{name}", say("The target {name} is no persona.", name=name), name, "error")
    total = sum(playbook.target.values())
    if playbook.target:
        yield Verdict(
            abs(total - 1) < 0.011,
            "target",
            say("The target shares add up to {total:.0%}, not 100%.", total=total),
            "sum",
        )


@rule(
    "PE04", "hint", "foundation", "D2b", say("Give a touchpoint `personas: [name]`, or use the persona in an `if`."), 10
)
def personas_change_something(playbook: Playbook) -> Verdicts:
    """A persona changes something on the way."""
    named = {name for t in playbook.touchpoints() for name in t.personas}
    texts = " ".join([t.condition for t in playbook.touchpoints()] + [t.body for t in playbook.templates.values()])
    for name in playbook.personas if len(playbook.personas) > 1 else ():
        message = say("Nothing on the way is different for the persona {name}.", name=name)
        yield Verdict(name in named or name in texts, f"personas.{name}", message, name)
    for touchpoint in playbook.touchpoints():
        unknown = [name for name in touchpoint.personas if name not in playbook.personas]
        if unknown:
            path = f"stages.{touchpoint.stage}.touchpoints.{touchpoint.name}.personas"
            yield Verdict(False, path, say("{names} is no persona.", names=listed(unknown)), touchpoint.name, "error")
