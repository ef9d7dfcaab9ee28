"""The page behind the unsubscribe link, reached by the link of a mail that was really sent."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client as Visitor

from fondly.ground import clock
from fondly.people.clients.models import Client, Consent
from fondly.run.journeys.actions import MoveJourney
from fondly.run.journeys.models import Journey
from fondly.run.outbox.models import Message
from tests.run.conftest import MONDAY
from tests.run.doing import MINUTE, begin, do, turn

pytestmark = pytest.mark.django_db(transaction=True)


def link_of_a_sent_mail(mail) -> str:
    """The path in List-Unsubscribe of the mail that keeps in touch."""
    begin()
    with clock.at(MONDAY + MINUTE):
        do("journeys.move", MoveJourney(Journey.objects.get().pk, "ongoing", "agreed"))
    for minutes in (1, 62, 64, 66):
        turn(MONDAY + timedelta(minutes=minutes))
    headers = [message_from_bytes(raw, policy=default) for _to, raw in mail.received]
    [found] = [h for h in headers if h["List-Unsubscribe"]]
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = found["List-Unsubscribe"].strip("<>")
    assert address.startswith(django_settings.FONDLY_URL + "/unsubscribe/")
    return urlsplit(address).path


def states() -> list[tuple[str, str]]:
    return list(Consent.objects.order_by("pk").values_list("purpose", "state"))


def test_following_the_link_changes_nothing_and_the_mail_programs_post_does(mail):
    path = link_of_a_sent_mail(mail)
    visitor = Visitor(enforce_csrf_checks=True)  # no cookie, no login
    for answer in (visitor.get(path), visitor.head(path)):
        assert answer.status_code == 200 and states() == []
    answer = visitor.post(path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert ("keep_in_touch", "withdrawn") in states()
    assert "sessionid" not in answer.cookies and "csrftoken" not in answer.cookies


def test_changed_my_mind_gives_back_only_what_the_mail_was_for(mail):
    path = link_of_a_sent_mail(mail)
    visitor = Visitor(enforce_csrf_checks=True)
    visitor.post(path)
    assert visitor.get(path + "/again").status_code == 405
    visitor.post(path + "/again")
    assert states()[-1] == ("keep_in_touch", "given")
    assert ("marketing", "given") not in states()


def test_an_unknown_link_gets_the_same_pages(mail):
    path = link_of_a_sent_mail(mail)
    unknown = "/unsubscribe/" + "x" * (len(path) - len("/unsubscribe/"))
    visitor = Visitor(enforce_csrf_checks=True)
    for verb, end in (("get", ""), ("post", ""), ("post", "/again")):
        known_page = getattr(visitor, verb)(path + end)
        unknown_page = getattr(visitor, verb)(unknown + end)
        assert (unknown_page.status_code, known_page.status_code) == (200, 200)
        assert unknown_page.content.replace(unknown.encode(), b"") == known_page.content.replace(path.encode(), b"")


def test_the_page_is_the_businesss_and_is_kept_by_nobody(mail):
    path = link_of_a_sent_mail(mail)
    answer = Visitor().get(path)
    text = answer.content.decode()
    assert "Dana Field" in text and "Fondly" not in text and Client.objects.get().name not in text
    assert answer["Cache-Control"] == "no-store" and answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"] and text.count("<button") == 1 and "<script" not in text
    assert Message.objects.filter(purpose="keep_in_touch").exists()
