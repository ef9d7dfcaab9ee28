"""Bringing clients in on screen: look, carry out, report, mend, take out, start."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from fondly.people.clients.models import Client, Import
from fondly.run.journeys.models import Journey
from tests.cast import Cast

HUBSPOT = b"""Record ID,First Name,Last Name,Email,Phone Number,Lifecycle Stage,Create Date
1,Mia,Long,mia@example.com,+1 415 555 0199,Lead,2025-01-03
2,Raj,Cole,not-an-address,+1 415 555 0198,Customer,2025-02-03
"""


@pytest.fixture(autouse=True)
def _home(settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings.HOME = tmp_path


def look(dana: Browser) -> tuple[str, str]:
    answer = dana.post("/clients/import", {"file": SimpleUploadedFile("export.csv", HUBSPOT)})
    return answer["Location"].split("?")[0], dana.get(answer["Location"]).content.decode()


def fields(page: str) -> dict[str, object]:
    form: dict[str, object] = {"header": re.findall(r'name="header" value="([^"]*)"', page)}
    for name, select in re.findall(r'<select name="(to-\d+)".*?>(.*?)</select>', page, re.S):
        form[name] = re.search(r'value="([^"]*)" selected', select).group(1)  # type: ignore[union-attr]
    return form | {"name": "export.csv", "rows": "2", "format": "hubspot"}


def test_look_writes_nothing_and_names_the_rows(dana: Browser) -> None:
    _address, page = look(dana)
    assert "HubSpot contacts" in page and "1 new client" in page and "1 not usable" in page
    assert "not-an-address" in page and "<td>3</td>" in page
    assert not Client.objects.filter(name="Mia Long").exists()


def test_carry_out_report_mend_and_take_out(dana: Browser) -> None:
    address, page = look(dana)
    report = dana.post(f"{address}/commit", fields(page), follow=True).content.decode()
    assert "1 client added" in report and "Run the journey for these?" in report
    made = Import.objects.get()
    assert (
        Client.objects.filter(name="Mia Long").exists() and not Journey.objects.filter(client__name="Mia Long").exists()
    )
    errors = b"".join(dana.get(f"/clients/imports/{made.pk}/errors.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "not-an-address" in errors
    dana.post(f"/clients/imports/{made.pk}/take-out")
    assert not Client.objects.filter(name="Mia Long").exists()


def test_start_the_journey_only_when_asked(dana: Browser, cast: Cast) -> None:
    address, page = look(dana)
    dana.post(f"{address}/commit", fields(page))
    dana.post(f"/clients/imports/{Import.objects.get().pk}/start", {"start": f"{cast.playbook.pk}:inquire"})
    assert Journey.objects.get(client__name="Mia Long").stage == "inquire"


def test_an_unreadable_file_is_refused_in_words(dana: Browser) -> None:
    file = SimpleUploadedFile("empty.csv", b"")
    answer = dana.post("/clients/import", {"file": file}, follow=True)
    page = answer.content.decode()
    assert "empty.csv" in page or "Choose a file" in page or "empty" in page


def test_import_needs_the_permission(lee: Browser) -> None:
    assert lee.get("/clients/import").status_code == 403
