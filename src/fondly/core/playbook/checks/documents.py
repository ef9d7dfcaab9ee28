"""The documents behind the work."""

from fondly.core.playbook.checks.rules import Severity, Verdict, Verdicts, rule
from fondly.core.playbook.model import Playbook
from fondly.core.words import say, words_of

FOUR = ("business_case", "strategy", "change_plan", "communication_plan")


@rule("DO01", "hint", "systems", "B1", say("Add it under `documents` with its kind and owner."), 30)
def the_four_documents(playbook: Playbook) -> Verdicts:
    """Business case, strategy, change plan and communication plan exist."""
    kinds = {document.get("kind") for document in playbook.documents.values()}
    severity: Severity = "error" if playbook.clients == "business" else "hint"
    for kind in FOUR:
        message = say("There is no {kind} among the documents.", kind=words_of(kind))
        yield Verdict(kind in kinds, "documents", message, kind, severity)


@rule("DO02", "error", "systems", "B1", say("Add it under `documents`, with `owner:` a role of the team."), 5)
def documents_exist(playbook: Playbook) -> Verdicts:
    """A document that is named exists and has an owner."""
    for touchpoint in playbook.touchpoints():
        if touchpoint.document:
            path = f"stages.{touchpoint.stage}.touchpoints.{touchpoint.name}.document"
            message = say(
                "{touchpoint} needs the document {document}, which does not exist.",
                touchpoint=touchpoint.name,
                document=touchpoint.document,
            )
            yield Verdict(touchpoint.document in playbook.documents, path, message, touchpoint.document)
    for name, document in playbook.documents.items():
        owned = document.get("owner") in playbook.team.roles
        yield Verdict(owned, f"documents.{name}", say("The document {name} has no owner in the team.", name=name), name)
