"""Drafts, publishing, going back: what is live never changes, and nothing with errors goes live."""

import pytest

from fondly.core.playbook import starters
from fondly.core.playbook.edit import edit
from fondly.design.playbooks import library
from fondly.design.playbooks.actions import (
    CreatePlaybook,
    DiscardVersion,
    MendPlaybook,
    PublishPlaybook,
    RollBack,
    SaveDraft,
)
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.design.playbooks.publishing import CannotPublish
from fondly.ground import clock
from fondly.ground.action import Actor, Conflict, NotAllowed, Refused, perform
from fondly.ground.actions import UndoEntry
from fondly.run.journeys.actions import StartJourney
from tests.run.conftest import MONDAY, make_client

pytestmark = pytest.mark.django_db
DANA = Actor("Dana", None, frozenset({"design", "run", "read"}))


def do(name, given):
    return perform(name, DANA, given)


@pytest.fixture
def realtor():
    return do("playbooks.create", CreatePlaybook("Field & Home", "realtor")).result


def test_a_starter_takes_the_businesss_name_and_goes_live(realtor):
    assert library.parsed(realtor.version_id).name == "Field & Home"
    done = do("playbooks.publish", PublishPlaybook(realtor.playbook_id, "first")).result
    version = PlaybookVersion.objects.get()
    assert (version.state, version.note, done.number) == ("live", "first", 1)
    assert version.score["overall"] == done.score >= 80
    assert version.score["errors"] == 0
    assert library.live(realtor.playbook_id) == version


def test_errors_keep_a_draft_from_going_live(realtor):
    text = PlaybookVersion.objects.get().text.replace("    owner:", "    owner: nobody_known #", 1)
    do("playbooks.save_draft", SaveDraft(realtor.playbook_id, text, realtor.revision))
    with pytest.raises(CannotPublish) as refused:
        do("playbooks.publish", PublishPlaybook(realtor.playbook_id))
    assert refused.value.findings
    assert all(finding.severity == "error" for finding in refused.value.findings)
    assert library.live(realtor.playbook_id) is None


@pytest.mark.parametrize("text", ["name: [", "just words", "stages: {new: {phase: wrong}}"])
def test_an_unreadable_draft_is_kept_and_not_published(realtor, text):
    do("playbooks.save_draft", SaveDraft(realtor.playbook_id, text, realtor.revision))
    assert PlaybookVersion.objects.get().text == text
    with pytest.raises(CannotPublish, match=r"Line|error"):
        do("playbooks.publish", PublishPlaybook(realtor.playbook_id))


def test_saving_over_somebody_elses_save_is_refused(realtor):
    do("playbooks.save_draft", SaveDraft(realtor.playbook_id, "name: One", realtor.revision))
    with pytest.raises(Conflict):
        do("playbooks.save_draft", SaveDraft(realtor.playbook_id, "name: Two", realtor.revision))


def test_saving_is_undone(realtor):
    before = PlaybookVersion.objects.get().text
    saved = do("playbooks.save_draft", SaveDraft(realtor.playbook_id, "name: One", realtor.revision))
    perform("audit.undo", DANA, UndoEntry(saved.audit_id))
    assert PlaybookVersion.objects.get().text == before


def test_published_text_never_changes_and_going_back_keeps_both(realtor):
    do("playbooks.publish", PublishPlaybook(realtor.playbook_id))
    first = PlaybookVersion.objects.get()
    do("playbooks.save_draft", SaveDraft(realtor.playbook_id, first.text + "\n# again\n", first.content_hash))
    second = do("playbooks.publish", PublishPlaybook(realtor.playbook_id))
    assert PlaybookVersion.objects.get(number=1).text == first.text
    assert PlaybookVersion.objects.get(number=1).state == "retired"
    perform("audit.undo", DANA, UndoEntry(second.audit_id))
    assert library.live(realtor.playbook_id).number == 1
    do("playbooks.roll_back", RollBack(realtor.playbook_id, second.result.version_id))
    assert library.live(realtor.playbook_id).number == 2


def test_a_version_somebody_lives_cannot_be_removed(realtor):
    do("playbooks.publish", PublishPlaybook(realtor.playbook_id))
    first = PlaybookVersion.objects.get()
    client = make_client()
    with clock.at(MONDAY):
        do("journeys.start", StartJourney(client.pk, realtor.playbook_id))
    with pytest.raises(Refused, match="live version"):
        do("playbooks.discard", DiscardVersion(first.pk))
    do("playbooks.save_draft", SaveDraft(realtor.playbook_id, first.text + "\n# again\n"))
    do("playbooks.publish", PublishPlaybook(realtor.playbook_id))
    with pytest.raises(Refused, match="one client"):
        do("playbooks.discard", DiscardVersion(first.pk))


def test_discarding_the_only_draft_takes_the_playbook_with_it(realtor):
    do("playbooks.discard", DiscardVersion(realtor.version_id))
    assert not Playbook.objects.exists()


@pytest.mark.parametrize(
    "given",
    [CreatePlaybook("X"), CreatePlaybook("X", "nosuch"), CreatePlaybook("X", "../x"), CreatePlaybook("X", "", "a\0b")],
)
def test_bad_beginnings_are_refused(given):
    with pytest.raises(Refused):
        do("playbooks.create", given)


def test_what_the_check_asks_for_is_drafted_saved_and_taken_back(realtor):
    before = PlaybookVersion.objects.get().text
    broken = before.replace("annual_review:", "# annual_review:").replace("ideas: monthly", "# our ideas")
    saved = do("playbooks.save_draft", SaveDraft(realtor.playbook_id, broken, realtor.revision))
    done = do("playbooks.mend", MendPlaybook(realtor.playbook_id, "TE05", revision=saved.result.revision))
    version = PlaybookVersion.objects.get()
    assert library.parsed(version.pk).team.ideas == "monthly" and "# our ideas" in version.text
    assert library.parsed(version.pk).team.annual_review == "", "only what was asked for"
    perform("audit.undo", DANA, UndoEntry(done.audit_id))
    assert PlaybookVersion.objects.get().text == broken


def test_a_draft_starts_from_the_live_version_and_leaves_it_alone(realtor):
    text = PlaybookVersion.objects.get().text.replace("ideas: monthly", "# our ideas")
    do("playbooks.save_draft", SaveDraft(realtor.playbook_id, text, realtor.revision))
    do("playbooks.publish", PublishPlaybook(realtor.playbook_id))
    do("playbooks.mend", MendPlaybook(realtor.playbook_id, "TE05"))
    assert library.live(realtor.playbook_id).text == text
    assert library.parse(library.draft(realtor.playbook_id).text).team.ideas == "monthly"


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        (("ideas: monthly", "# our ideas"), "TE04", "no longer finds"),
        (("  story:", "  # story:"), "BR01", "own words"),
        (("name:", "name: ["), "TE05", "cannot be read"),
        (("ideas: monthly", "# our ideas"), "XX99", "no longer finds"),
    ],
)
def test_what_cannot_be_drafted_is_said(change, rule, said):
    text = starters.starter("realtor").replace(*change, 1)
    if rule == "BR01":
        text = edit(starters.starter("realtor"), "brand.story", None)
    made = do("playbooks.create", CreatePlaybook("X", "", text)).result
    with pytest.raises(Refused, match=said):
        do("playbooks.mend", MendPlaybook(made.playbook_id, rule))
    assert PlaybookVersion.objects.get().text == text


def test_a_draft_is_not_put_over_somebody_elses_save(realtor):
    text = PlaybookVersion.objects.get().text.replace("ideas: monthly", "# our ideas")
    do("playbooks.save_draft", SaveDraft(realtor.playbook_id, text, realtor.revision))
    with pytest.raises(Conflict):
        do("playbooks.mend", MendPlaybook(realtor.playbook_id, "TE05", revision=realtor.revision))


def test_only_designers_put_drafts_in(realtor):
    with pytest.raises(NotAllowed):
        perform("playbooks.mend", Actor("Lee", None, frozenset({"read"})), MendPlaybook(realtor.playbook_id, "TE05"))


def test_the_same_text_is_parsed_once(realtor):
    assert library.parsed(realtor.version_id) is library.parsed(realtor.version_id)
