"""Mends about texts: one that is missing, a fact typed out, a promise nobody tracks, a name that may be missing."""

import re
from collections.abc import Callable, Mapping

from fondly.core.playbook.checks import Finding
from fondly.core.playbook.checks.brand import PROMISING
from fondly.core.playbook.checks.touchpoints import path_of
from fondly.core.playbook.checks.words import visible
from fondly.core.playbook.mends.rules import Edits, free_name, mend, unfinished
from fondly.core.playbook.model import Playbook, Template
from fondly.core.playbook.near import near
from fondly.core.words import heading, say

_LIQUID = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
_BARE_NAME = re.compile(r"\{\{\s*client\.first_name\s*\}\}")
_WITHIN = re.compile(r"within (\d+) (business |working )?(minute|hour|day|week)s?", re.IGNORECASE)


@mend("TP09")
def something_to_send(playbook: Playbook, finding: Finding) -> Edits:
    """The template that was meant; else a mail with a greeting and a gap for a person's words."""
    if finding.path.startswith("templates."):
        words = unfinished("")
        return ((f"{finding.path}.body", words["body"]), (f"{finding.path}.fills", words["fills"]))
    touchpoint = playbook.touchpoint(finding.subject)
    if touchpoint is None or finding.path.endswith(".survey"):
        return ()
    meant = near(touchpoint.template, playbook.templates)
    if meant:
        return ((finding.path, meant),)
    name = touchpoint.template or free_name(playbook, f"{touchpoint.name}_words")
    named: Edits = () if touchpoint.template else ((f"{path_of(touchpoint)}.template", name),)
    return (*named, (f"templates.{name}", unfinished(heading(touchpoint.name))))


@mend("TP10")
def a_fallback(playbook: Playbook, finding: Finding) -> Edits:
    """A word for people whose first name is not known."""
    return _rewritten(
        playbook.templates[finding.subject],
        lambda text: _BARE_NAME.sub('{{ client.first_name | default: "there" }}', text),
    )


@mend("TP13")
def a_way_out(playbook: Playbook, finding: Finding) -> Edits:
    """The purpose that needs consent, and the line that ends such mail."""
    touchpoint = playbook.touchpoint(finding.subject)
    if touchpoint is None:
        return ()
    if finding.path == path_of(touchpoint):
        return ((f"{finding.path}.consent", "marketing"),)
    text = playbook.templates[touchpoint.template].body.rstrip()
    ended = say("{text}\n\nTo stop these messages: {link}\n", text=text, link="{{ unsubscribe }}")
    return ((f"{finding.path}.body", ended),)


@mend("BR04")
def a_tracked_promise(playbook: Playbook, finding: Finding) -> Edits:
    """The promise of a template, in its own words and by its own date, on the touchpoint that uses it."""
    sentences = re.split(r"(?<=[.!?])\s+|\n+", visible(playbook.templates[finding.subject].body))
    told = next((sentence.strip() for sentence in sentences if PROMISING.search(sentence)), "")
    within = _WITHIN.search(told)
    used = next((t for t in playbook.touchpoints() if t.template == finding.subject), None)
    if not within or used is None or used.sets is not None:
        return ()
    business = "business " if within[2] else ""
    plural = "" if within[1] == "1" else "s"
    due = f"{within[1]} {business}{within[3].casefold()}{plural}"
    return ((f"{path_of(used)}.sets", {"what": " ".join(told.rstrip(".!?").split()), "due": due}),)


@mend("BR06")
def facts_by_name(playbook: Playbook, finding: Finding) -> Edits:
    """{{ facts.name }} wherever a template types the fact out."""
    facts = {name: value for name, value in playbook.brand.facts.items() if f"facts.{name}" in finding.message}
    return _rewritten(playbook.templates[finding.subject], lambda text: _named(text, facts))


def _named(text: str, facts: Mapping[str, str]) -> str:
    """The text with the facts it types out taken by name; what stands inside of Liquid is left."""
    for name, value in facts.items():
        typed = re.compile(rf"(?<!\w){re.escape(value.strip())}(?!\w)", re.IGNORECASE)
        parts = _LIQUID.split(text)
        text = "".join(p if _LIQUID.fullmatch(p) else typed.sub(f"{{{{ facts.{name} }}}}", p) for p in parts)
    return text


def _rewritten(template: Template, change: Callable[[str], str]) -> Edits:
    """The parts of a template that `change` makes something else of."""
    parts = (("subject", template.subject), ("body", template.body))
    made = ((key, text, change(text)) for key, text in parts)
    return tuple((f"templates.{template.name}.{key}", new) for key, old, new in made if new != old)
