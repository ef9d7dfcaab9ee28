"""Looking at what another version would mean for a crowd: slice by slice, because no page can wait for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.core.playbook.problems import PlaybookError
from fondly.design.playbooks import library
from fondly.design.playbooks.models import PlaybookVersion
from fondly.ground import clock
from fondly.ground.action import Actor, NotFound, Outcome, Refused, action, as_json, from_json
from fondly.ground.steps import Slice, Steps, Walked
from fondly.run.journeys import effect
from fondly.run.journeys.effect import Effect


@dataclass(frozen=True, slots=True)
class PreviewVersion:
    """version_id: also a draft. from_version_id None: everyone living the playbook."""

    playbook_id: int
    version_id: int
    from_version_id: int | None = None


@dataclass(frozen=True, slots=True)
class Previewed:
    """content_hash: of the text that was looked at; a draft may have been written on since."""

    version_id: int
    content_hash: str
    effect: Effect


def _size(actor: Actor, given: PreviewVersion) -> int:
    _version(given)
    return effect.concerned(given.playbook_id, given.from_version_id, given.version_id).count()


def _slices(actor: Actor, given: PreviewVersion, cursor: dict[str, Any] | None) -> Iterator[Slice]:
    version, done = _version(given), cursor["done"] if cursor else 0
    if cursor and cursor["hash"] != version.content_hash:
        raise Refused(_("The draft was changed meanwhile. Look again."))
    book = library.parsed(version.pk)
    rows = effect.concerned(given.playbook_id, given.from_version_id, given.version_id)
    for journeys in effect.batches(rows, cursor["last"] if cursor else 0):
        found = effect.of(*effect.turns_of(journeys, book, clock.now()))
        done += len(journeys)
        kept = {"last": journeys[-1].pk, "done": done, "hash": version.content_hash}
        yield Slice(done, kept, {"hash": version.content_hash, "effect": as_json(found)})


@action(
    "journeys.preview_version",
    permission="read",
    summary="Look at what a version would mean for clients on the way",
    steps=Steps(_size, _slices),
)
def preview_version(actor: Actor, given: PreviewVersion, walked: Walked) -> Outcome[Previewed]:
    """Who would get what if they lived this version. Changes nothing of theirs."""
    found = effect.total(from_json(Effect, made["effect"]) for made in walked.made)
    content_hash = walked.made[-1]["hash"] if walked.made else _version(given).content_hash
    seen = ngettext("Looked at %(n)s client", "Looked at %(n)s clients", found.journeys)
    return Outcome(Previewed(given.version_id, content_hash, found), seen % {"n": f"{found.journeys:,}"})


def _version(given: PreviewVersion) -> PlaybookVersion:
    version = PlaybookVersion.objects.filter(pk=given.version_id, playbook=given.playbook_id).first()
    if version is None:
        raise NotFound(_("There is no such version of this playbook."))
    try:
        library.parsed(version.pk)
    except PlaybookError as error:
        raise Refused(str(error)) from error
    return version
