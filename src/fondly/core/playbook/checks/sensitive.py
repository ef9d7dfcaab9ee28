"""Sensitive practices: crisis, and nothing personal in e-mail."""

import re

from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.checks.words import visible
from fondly.core.playbook.model import Playbook, Template
from fondly.core.playbook.templates import TemplateError, placeholders
from fondly.core.words import listed, say

NEUTRAL = frozenset({"first_name", "last_name", "name", "preferred_name", "title", "pronouns"})
_CLINICAL = re.compile(
    r"\b(?:therapy|therapist|counsell?ing|counsell?or|psycho\w*|diagnos\w*|depress\w*|anxi\w*|trauma\w*|addict\w*"
    r"|medication|disorder|symptoms?|suicid\w*|treatment|mental health)\b",
    re.IGNORECASE,
)


@rule(
    "SA01",
    "error",
    "systems",
    "E",
    say("Add an inquiry with the words of a crisis, `never_auto: true`, `first: true` and `notify:`."),
    10,
)
def a_crisis_is_never_automatic(playbook: Playbook) -> Verdicts:
    """A sensitive practice has a crisis kind that is never automatic."""
    if playbook.sensitive:
        ok = any(kind.get("never_auto") and kind.get("like") for kind in playbook.inquiries.values())
        yield Verdict(ok, "inquiries", say("No kind of inquiry stands for a crisis that a person must answer."))


@rule("SA02", "warning", "systems", "D5a", say("Keep the mail neutral and put the rest in the portal."), 5)
def email_holds_nothing_personal(playbook: Playbook) -> Verdicts:
    """A sensitive practice has no personal content in e-mail subjects or bodies."""
    mailed = {t.template for t in playbook.touchpoints() if t.channel in ("email", "sms")}
    mailed |= {kind.get("reply") or "" for kind in playbook.inquiries.values()}
    for name in sorted(mailed & set(playbook.templates)) if playbook.sensitive else ():
        found = _personal(playbook.templates[name])
        message = say("The mail {name} holds {things}.", name=name, things=listed(found)) if found else ""
        yield Verdict(not found, f"templates.{name}", message, name)


def _personal(template: Template) -> list[str]:
    try:
        used = placeholders(template.subject) + placeholders(template.body)
    except TemplateError:
        used = ()
    private = [p.name for p in used if p.root == "client" and p.name.partition(".")[2] not in NEUTRAL]
    clinical = _CLINICAL.search(visible(template.subject))
    return [f"{{{{ {name} }}}}" for name in private] + (
        [say('the word "{word}" in its subject', word=clinical[0])] if clinical else []
    )
