"""Brand: story, promise, voice and facts."""

import re

from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.checks.words import has_phrase, visible
from fondly.core.playbook.model import Playbook
from fondly.core.words import say

PROMISING = re.compile(
    r"\b(?:always|never|guarantee[ds]?|we promise|i promise|"
    r"within (?:\d+|an?|one|two|three|four|five|twelve|twenty[- ]four|forty[- ]eight) "
    r"(?:business |working )?(?:minute|hour|day|week)s?)\b",
    re.IGNORECASE,
)


@rule("BR01", "warning", "foundation", "C1", say("Write in two sentences under brand.story why you do this work."), 15)
def story_is_written(playbook: Playbook) -> Verdicts:
    """The brand story is written."""
    yield Verdict(bool(playbook.brand.story), "brand.story", say("The brand story is not written."))


@rule(
    "BR02", "error", "foundation", "C1", say("Write under brand.promise the one thing every client can count on."), 15
)
def promise_is_written(playbook: Playbook) -> Verdicts:
    """The brand promise is written."""
    yield Verdict(bool(playbook.brand.promise), "brand.promise", say("The brand promise is not written."))


@rule("BR03", "warning", "foundation", "C1", say("List two to four feelings under brand.feel: [calm, informed]."), 5)
def promise_names_feelings(playbook: Playbook) -> Verdicts:
    """The promise names how clients should feel."""
    yield Verdict(bool(playbook.brand.feel), "brand.feel", say("Nothing says how clients should feel."))


@rule(
    "BR04",
    "warning",
    "promises",
    "C (sales promises), B",
    say("Add `sets: {what: …, due: …}` to a touchpoint that uses the template, or say less."),
    5,
)
def promises_in_templates_are_tracked(playbook: Playbook) -> Verdicts:
    """What a template promises is tracked as a promise."""
    kept = {t.template for t in playbook.touchpoints() if t.sets}
    for name, template in playbook.templates.items():
        found = PROMISING.search(visible(template.body))
        if found:
            message = say(
                'The template {name} promises "{words}", and nobody keeps track of it.', name=name, words=found[0]
            )
            yield Verdict(name in kept, f"templates.{name}", message, name)


@rule("BR05", "warning", "foundation", "D2a", say("Say it in other words, or take the word off brand.voice.avoid."), 3)
def templates_keep_the_voice(playbook: Playbook) -> Verdicts:
    """No template uses a word the voice avoids."""
    for name, template in playbook.templates.items():
        text = visible(f"{template.subject} {template.body}")
        used = [word for word in playbook.brand.avoid if has_phrase(text, word)]
        message = say('The template {name} says "{words}", which your voice avoids.', name=name, words=", ".join(used))
        if playbook.brand.avoid:
            yield Verdict(not used, f"templates.{name}", message, name)


@rule(
    "BR06",
    "warning",
    "foundation",
    "B, D2a",
    say("Write {{ facts.name }} instead, so that it changes everywhere at once."),
    3,
)
def facts_are_written_once(playbook: Playbook) -> Verdicts:
    """A fact is taken from `facts`, not typed into a template."""
    facts = {name: value for name, value in playbook.brand.facts.items() if _telling(value)}
    for name, template in playbook.templates.items():
        text = visible(template.body)
        typed = [fact for fact, value in facts.items() if has_phrase(text, value)]
        message = say(
            "The template {name} types out what facts.{facts} already says.", name=name, facts=", facts.".join(typed)
        )
        if facts:
            yield Verdict(not typed, f"templates.{name}", message, name)


def _telling(value: str) -> bool:
    """Long enough that the same words are no accident."""
    return len(value) >= 8 and (" " in value or any(letter.isdigit() for letter in value))
