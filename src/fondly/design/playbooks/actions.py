"""Writing and publishing playbooks. Publishing changes nobody's moments: journeys stay on their version."""

from dataclasses import dataclass

from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.design.playbooks import library, mending, publishing
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground import clock
from fondly.ground.action import Actor, Conflict, NotFound, Outcome, Refused, Undo, action
from fondly.people.team.roles import sync_roles

State = PlaybookVersion.State


@dataclass(frozen=True, slots=True)
class CreatePlaybook:
    """A new playbook with a first draft: from a trade's starter, or from a text. name "" takes the text's own."""

    name: str = ""
    trade: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class PlaybookState:
    """A playbook after a write. revision: the hash of the version's text, to be handed to the next save."""

    playbook_id: int
    version_id: int
    number: int
    revision: str


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """revision: the hash of the text that was edited; the save is refused when somebody saved meanwhile."""

    playbook_id: int
    text: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class MendPlaybook:
    """rule: of the check; subject: the one case of it ("" for all). revision: as in SaveDraft."""

    playbook_id: int
    rule: str
    subject: str = ""
    revision: str = ""


@dataclass(frozen=True, slots=True)
class PublishPlaybook:
    """Make the draft live. note: what changed, for the history."""

    playbook_id: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    playbook_id: int
    version_id: int
    number: int
    score: int
    retired_version_id: int | None


@dataclass(frozen=True, slots=True)
class RollBack:
    """Make an earlier version the live one again; new journeys start on it, old ones stay where they are."""

    playbook_id: int
    version_id: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class DiscardVersion:
    """Remove a draft, or a retired version nobody ever lived."""

    version_id: int


@dataclass(frozen=True, slots=True)
class Discarded:
    playbook_id: int
    number: int


@action("playbooks.create", permission="design", summary="Start a playbook")
def create_playbook(actor: Actor, given: CreatePlaybook) -> Outcome[PlaybookState]:
    """A playbook with its first draft. Nothing runs before it is published."""
    if bool(given.trade) == bool(given.text):
        raise Refused(_("Start from a trade or from a text: give one of the two."), field="trade")
    name = " ".join(given.name.split())[:200]
    text = publishing.starter_text(given.trade, name) if given.trade else publishing.usable_text(given.text)
    if not name:
        name = _own_name(text)
    now = clock.now()
    playbook = Playbook.objects.create(slug=publishing.free_slug(name), name=name, trade=given.trade, made_at=now)
    version = publishing.new_draft(playbook, text, actor.name, now)
    undo = Undo("playbooks.discard", DiscardVersion(version.pk))
    return Outcome(_state(version), _("%(name)s was started") % {"name": name}, undo=undo)


@action("playbooks.save_draft", permission="design", summary="Save a playbook's draft")
def save_draft(actor: Actor, given: SaveDraft) -> Outcome[PlaybookState]:
    """Store the text being written, readable or not. The live version is not touched."""
    return _kept(actor, given)


@action("playbooks.mend", permission="design", summary="Put in what the check asks for")
def mend(actor: Actor, given: MendPlaybook) -> Outcome[PlaybookState]:
    """Put a touchpoint, checklist or play for each finding of a rule into the draft, to be made one's own."""
    version = library.draft(given.playbook_id) or library.live(given.playbook_id)
    if version is None:
        raise NotFound(_("There is no such playbook."))
    text = mending.mended(version.text, given.rule, given.subject, clock.now().date()).text
    return _kept(actor, SaveDraft(given.playbook_id, text, given.revision or version.content_hash))


def _kept(actor: Actor, given: SaveDraft) -> Outcome[PlaybookState]:
    playbook = publishing.find(given.playbook_id)
    text = publishing.usable_text(given.text)
    draft = library.draft(playbook.pk)
    base = draft or library.live(playbook.pk)
    if base is not None and given.revision and base.content_hash != given.revision:
        raise Conflict(
            _("Somebody saved this playbook meanwhile. Copy your text, load the page again and bring it in.")
        )
    if draft is None:
        draft = publishing.new_draft(playbook, text, actor.name, clock.now())
        undo = Undo("playbooks.discard", DiscardVersion(draft.pk))
    else:
        undo = Undo("playbooks.save_draft", SaveDraft(playbook.pk, draft.text, library.hash_of(text)))
        draft.text, draft.content_hash, draft.by, draft.made_at = (
            text,
            library.hash_of(text),
            actor.name[:200],
            clock.now(),
        )
        draft.save(update_fields=["text", "content_hash", "by", "made_at"])
    return Outcome(_state(draft), _("The draft of %(playbook)s was saved") % {"playbook": playbook.name}, undo=undo)


@action("playbooks.publish", permission="design", summary="Publish a playbook")
def publish(actor: Actor, given: PublishPlaybook) -> Outcome[Published]:
    """Make the draft live. Refused (with the findings) when the check finds errors."""
    playbook = publishing.find(given.playbook_id)
    draft = library.draft(playbook.pk)
    if draft is None:
        raise Refused(_("There is no draft to publish. Change something first."))
    now = clock.now()
    checked = publishing.check_text(draft.text, now)
    draft.note, draft.score, draft.by = given.note[:300], publishing.score_of(checked.report), actor.name[:200]
    before = publishing.make_live(draft, now)
    sync_roles(checked.book)
    playbook.name = checked.book.name[:200]
    playbook.save(update_fields=["name"])
    score = checked.report.score.overall
    result = Published(playbook.pk, draft.pk, draft.number, score, before.pk if before else None)
    undo = Undo("playbooks.roll_back", RollBack(playbook.pk, before.pk)) if before else None
    return Outcome(
        result,
        _("Version %(number)s of %(playbook)s is live (%(score)s on paper)")
        % {"number": draft.number, "playbook": playbook.name, "score": score},
        undo=undo,
    )


@action("playbooks.roll_back", permission="design", summary="Go back to an earlier version")
def roll_back(actor: Actor, given: RollBack) -> Outcome[Published]:
    """Make a version that was live before live again."""
    playbook = publishing.find(given.playbook_id)
    version = PlaybookVersion.objects.filter(pk=given.version_id, playbook=playbook).first()
    if version is None:
        raise NotFound(_("There is no such version of this playbook."))
    if version.state != State.RETIRED:
        words = _("Version %(number)s was not live before; only one that was can be gone back to.")
        if version.state == State.LIVE:
            words = _("Version %(number)s is live already.")
        raise Refused(words % {"number": version.number})
    if given.note:
        version.note = given.note[:300]
    before = publishing.make_live(version, clock.now())
    score = int(version.score.get("overall", 0))
    result = Published(playbook.pk, version.pk, version.number, score, before.pk if before else None)
    undo = Undo("playbooks.roll_back", RollBack(playbook.pk, before.pk)) if before else None
    return Outcome(
        result,
        _("%(playbook)s went back to version %(number)s") % {"playbook": playbook.name, "number": version.number},
        undo=undo,
    )


@action("playbooks.discard", permission="design", summary="Remove a draft or an unused version")
def discard(actor: Actor, given: DiscardVersion) -> Outcome[Discarded]:
    """Remove a version nobody lives. The last version takes its playbook with it."""
    version = PlaybookVersion.objects.select_related("playbook").filter(pk=given.version_id).first()
    if version is None:
        raise NotFound(_("There is no such version."))
    if version.state == State.LIVE:
        raise Refused(_("The live version cannot be removed. Publish or go back to another one first."))
    playbook, number = version.playbook, version.number
    try:
        version.delete()
        if not PlaybookVersion.objects.filter(playbook=playbook).exists():
            playbook.delete()
    except ProtectedError as error:
        count = len(error.protected_objects)
        words = ngettext(
            "Version %(number)s cannot be removed: one client has lived it or still does.",
            "Version %(number)s cannot be removed: %(n)s clients have lived it or still do.",
            count,
        )
        raise Refused(words % {"number": number, "n": count}) from error
    return Outcome(
        Discarded(playbook.pk or 0, number),
        _("Version %(number)s of %(playbook)s was removed") % {"number": number, "playbook": playbook.name},
    )


def _state(version: PlaybookVersion) -> PlaybookState:
    return PlaybookState(version.playbook_id, version.pk, version.number, version.content_hash)


def _own_name(text: str) -> str:
    try:
        return library.parse(text).name[:200]
    except ValueError:  # an unreadable first draft has no name yet
        return _("New playbook")
