"""The voices of the Map: what clients said in each stage, in their own words."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from fondly.design.playbooks import library
from fondly.people.clients import timeline
from fondly.people.clients.models import Client
from fondly.people.clients.timeline import NewFact
from fondly.run.journeys import map_page
from fondly.run.journeys.models import Journey
from tests.cast import NOW, Cast


@pytest.fixture
def said(cast: Cast) -> Cast:
    """Tom, selling, grew glad; Priya, selling too, is uneasy."""
    facts = []
    for days, client, feeling, text in ((9, cast.tom, 1, "Fine."), (3, cast.tom, 1, "Sold in a week!"),
                                        (4, cast.priya, -1, "Too many visits."), (1, cast.tom, 2, "")):  # fmt: skip
        journey = Journey.objects.get(client=client)
        facts.append(NewFact(client.pk, "replied", NOW - timedelta(days=days), journey_id=journey.pk, stage="offer",
                             text=text, feeling=feeling, judged_by="client"))  # fmt: skip
    timeline.record(*facts)
    return cast


def heard(stage: str = "offer", **asked: str) -> list[str]:
    found = map_page.build(map_page.Asked(**asked), NOW)
    return [voice.text for voice in found.voices.get(stage, ())] if found else []


def test_two_of_the_newest_the_lower_one_first(said: Cast) -> None:
    assert heard() == ["Too many visits.", "Sold in a week!"]
    assert heard(persona=said.tom.persona) == ["Sold in a week!", "Fine."]
    assert heard(view="designed") == []
    Client.objects.filter(pk=said.tom.pk).update(erased_at=NOW)
    assert heard() == ["Too many visits."]


def test_the_same_words_are_told_once(said: Cast) -> None:
    journey = Journey.objects.get(client=said.tom)
    again = NewFact(
        said.tom.pk, "replied", NOW, journey_id=journey.pk, stage="offer", text="Sold in a week!", feeling=1
    )
    timeline.record(again)
    assert heard(persona=said.tom.persona) == ["Sold in a week!", "Fine."]


def test_a_sensitive_playbook_quotes_nobody(said: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"sensitive: true\n{said.version.text}"
    said.version.text, said.version.content_hash = text, library.hash_of(text)
    said.version.save()
    assert library.parsed(said.version.pk).sensitive
    assert heard() == []


def test_they_stand_on_the_map_and_lead_to_the_client(said: Cast, dana: Browser) -> None:
    journey = Journey.objects.get(client=said.priya)
    own = NewFact(said.priya.pk, "replied", NOW, journey_id=journey.pk, stage="selling", text="At last.", feeling=1)
    timeline.record(own)
    page = dana.get("/map").content.decode()
    assert f'“<a href="/c/{said.priya.pk}">At last.</a>”' in page
