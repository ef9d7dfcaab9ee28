"""What core says appears in another language: findings and reasons at once, stored reasons as the install speaks."""

import struct

import pytest
from django.utils import translation

from fondly.core.playbook.units import say_length
from fondly.core.words import say
from fondly.design.playbooks import library
from fondly.ground import clock, wording
from fondly.ground.action import Actor, Refused, perform
from fondly.run.journeys.actions import RecordEvent, StartJourney
from fondly.run.journeys.models import Moment
from tests.run.conftest import make_client

GERMAN = {
    "": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n",
    "on {anchor} ({at})": "bei {anchor} ({at})",
    "{step} after {anchor} ({at})": "{step} nach {anchor} ({at})",
    "entering {stage}": "Beginn von {stage}",
    "Mon": "Mo",
    "{count} day\0{count} days": "{count} Tag\0{count} Tage",
    "The brand promise is not written.": "Das Versprechen fehlt.",
    "{name} is new": "{nobody} ist neu",
    "Not kept in time": "Nicht gehalten",
    "There is no such client.": "Diesen Kunden gibt es nicht.",
    "%(name)s: %(event)s": "%(event)s bei %(name)s",
}


@pytest.fixture
def german(tmp_path, settings, monkeypatch):
    """A small German catalogue."""
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(compiled(GERMAN))
    monkeypatch.setattr(wording, "_known", {})
    settings.LOCALE_PATHS = [str(tmp_path)]


def compiled(catalogue):
    """A catalogue as gettext's .mo file: a head, two tables of (length, place), the texts."""
    pairs = sorted((key.encode(), text.encode()) for key, text in catalogue.items())
    place, texts, tables = 28 + 16 * len(pairs), b"", []
    for column in (0, 1):
        for pair in pairs:
            tables += [len(pair[column]), place + len(texts)]
            texts += pair[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 28 + 16 * len(pairs))
    return head + struct.pack(f"<{len(tables)}I", *tables) + texts


def test_inner_sentences_and_counts_are_translated_and_values_stay(german):
    due = say("{step} after {anchor} ({at})", step=say_length(2, "days"), anchor="Anna's move", at=say("Mon"))
    with translation.override("de"):
        assert wording.in_words(due) == "2 Tage nach Anna's move (Mo)"
    assert wording.in_words(due) == "2 days after Anna's move (Mon)"
    assert wording.in_words("a plain {text}") == "a plain {text}"


def test_a_broken_translation_falls_back_to_english(german):
    with translation.override("de"):
        assert wording.in_words(say("{name} is new", name="It")) == "It is new"


def test_a_finding_is_shown_in_the_readers_language(dana, cast, german):
    page, text = f"/playbook/{cast.playbook.pk}/edit/check", "name: X\nstages:\n  hello: {phase: new}\n"
    assert "The brand promise is not written." in dana.post(page, {"text": text}).text
    speaks(cast.dana, "de")
    assert "Das Versprechen fehlt." in dana.post(page, {"text": text}).text


def test_a_reason_is_shown_in_the_readers_language(dana, cast, german):
    page = f"/playbook/{cast.playbook.pk}/rehearse"
    assert "on entering Asked us something" in dana.get(page).text
    speaks(cast.dana, "de")
    assert "bei Beginn von Asked us something" in dana.get(page).text


def test_a_stored_reason_is_in_the_language_of_the_install(cast, german, settings):
    settings.LANGUAGE_CODE = "de"
    with translation.override("en"):
        moments = started(cast)
    assert any("Beginn von" in moment.why for moment in moments)
    assert not any("entering" in moment.why for moment in moments)


def speaks(user, language):
    user.language = language
    user.save(update_fields=["language"])


def started(cast):
    """The moments of a journey begun now at the second stage."""
    stage = list(library.parsed(cast.version.pk).stages)[1]
    actor = Actor("Dana", None, frozenset({"run", "read"}))
    given = StartJourney(playbook_id=cast.playbook.pk, client_id=make_client("Ada").pk, stage=stage)
    perform("journeys.start", actor, given)
    return list(Moment.objects.filter(journey__client__name="Ada"))


def test_a_refusal_and_a_summary_are_in_the_language_of_who_acts_and_what_is_kept_in_the_installs(
    cast, german, settings
):
    who, now = Actor("Dana", None, frozenset({"admin"})), clock.now()
    settings.LANGUAGE_CODE = "de"
    with translation.override("en"):
        assert wording.recorded("Not kept in time") == "Nicht gehalten"
        assert perform("journeys.record_event", who, RecordEvent(make_client().pk, "paid", now)).summary.endswith(
            ": paid"
        )
    with translation.override("de"):
        assert perform("journeys.record_event", who, RecordEvent(make_client().pk, "paid", now)).summary.startswith(
            "paid bei"
        )
        with pytest.raises(Refused, match="Diesen Kunden gibt es nicht"):
            perform("journeys.record_event", who, RecordEvent(0, "paid", now))
