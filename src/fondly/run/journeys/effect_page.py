"""What pages show of a preview: of few clients at once; of a crowd what the worker found, as soon as somebody asked."""

from typing import Any

from fondly.core.playbook.problems import PlaybookError
from fondly.design.playbooks.models import PlaybookVersion
from fondly.ground import clock
from fondly.ground.action import from_json
from fondly.ground.models import Errand
from fondly.run.journeys import effect
from fondly.run.journeys.actions import Previewed

AT_ONCE = 500  # journeys looked at while the page is made
_NAME = "journeys.preview_version"


def shown(version: PlaybookVersion) -> dict[str, Any]:
    """living: whom the version would change; then effect, or problem, or the errand that is looking."""
    living = effect.concerned(version.playbook_id, None, version.pk).count()
    context: dict[str, Any] = {"playbook_id": version.playbook_id, "new": version, "living": living, "effect": None}
    return context | (_now(version) if living <= AT_ONCE else _found(version))


def _now(version: PlaybookVersion) -> dict[str, Any]:
    try:
        return {"effect": effect.preview(version.playbook_id, version.pk, clock.now())}
    except PlaybookError as error:
        return {"problem": error.problems[0]}


def _found(version: PlaybookVersion) -> dict[str, Any]:
    """The newest look at the text as it is, and the one going on."""
    errands = Errand.objects.filter(action=_NAME).order_by("-pk")
    going_on = errands.filter(state__in=Errand.GOING_ON, input__version_id=version.pk).first()
    told = {"result__version_id": version.pk, "result__content_hash": version.content_hash}
    done = errands.filter(state=Errand.State.DONE, **told).first()
    if done is None:
        return {"looking": going_on}
    return {"looking": going_on, "effect": from_json(Previewed, done.result).effect, "effect_at": done.ended_at}
