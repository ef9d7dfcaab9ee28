"""What mail providers post: checked, noted once, in any order. The payloads have the shape the providers document."""

import base64
import hashlib
import hmac
import json

import pytest
from django.test import Client as Browser

from fondly.listen.returns.models import Return
from fondly.people.clients import consents
from fondly.people.clients.models import Interaction
from fondly.run.outbox import evidence
from fondly.run.outbox.models import Message
from tests.listen.returns.conftest import begin, make_uncertain, set_option, turn
from tests.run.conftest import MONDAY
from tests.run.doing import HOUR, MINUTE

pytest.importorskip("anymail")
pytestmark = pytest.mark.django_db(transaction=True)
PRIYA, KEY = "priya@example.org", "signing-key-123"
AT = MONDAY + HOUR


@pytest.fixture
def mailgun(settings, mail):
    set_option(settings, "FONDLY_MAIL_PROVIDER", "mailgun")
    set_option(settings, "FONDLY_MAIL_PROVIDER_SECRET", KEY)
    return mail


@pytest.fixture
def postmark(settings, mail):
    set_option(settings, "FONDLY_MAIL_PROVIDER", "postmark")
    set_option(settings, "FONDLY_MAIL_PROVIDER_SECRET", "fondly:long secret")
    return mail


def sent():
    begin()
    turn(AT)
    return Message.objects.get(moment__touchpoint="welcome", state="sent")


def mailgun_event(message, event, token="t1", **more):
    stamp = str(int(AT.timestamp()))
    signature = hmac.new(KEY.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": stamp, "token": token, "signature": signature},
        "event-data": {
            "event": event,
            "id": "CPgfbmQMTCKtHW6uIWtuVe",
            "timestamp": AT.timestamp(),
            "recipient": PRIYA,
            "recipient-domain": "example.org",
            "message": {"headers": {"to": PRIYA, "message-id": message.message_id, "from": "dana@stillwater.example"}},
            "user-variables": {},
            "tags": [],
            **more,
        },
    }


def failed(message, code, words, severity="permanent", token="t1"):
    status = {"code": code, "message": words, "description": "", "attempt-no": 1}
    return mailgun_event(message, "failed", token, severity=severity, reason="bounce", **{"delivery-status": status})


def postmark_event(message, kind, **more):
    return {
        "RecordType": kind,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "ServerID": 23,
        "MessageStream": "outbound",
        "Metadata": {"fondly-id": message.message_id},
        **more,
    }


def bounce(message, kind, number=42):
    return postmark_event(
        message, "Bounce", ID=number, Type=kind, TypeCode=1, Email=PRIYA, BouncedAt="2026-01-05T16:05:00Z",
        Description="The server was unable to deliver your message", Details="smtp;550 5.1.1 no such user",
    )  # fmt: skip


def delivered(message):
    return postmark_event(message, "Delivery", Recipient=PRIYA, DeliveredAt="2026-01-05T16:01:00Z", Details="250 ok")


def post(event, provider="mailgun", auth="", **more):
    headers = {"Authorization": "Basic " + base64.b64encode(auth.encode()).decode()} if auth else {}
    body = event if isinstance(event, (str, bytes)) else json.dumps(event)
    browser = Browser(enforce_csrf_checks=True, raise_request_exception=True)
    return browser.post(f"/hooks/mail/{provider}", body, content_type="application/json", headers=headers, **more)


def to_postmark(event):
    return post(event, "postmark", "fondly:long secret")


def suppressed():
    return consents.is_suppressed([PRIYA]) == {PRIYA}


def test_a_signed_hard_bounce_of_mailgun_suppresses(mailgun):
    message = sent()
    assert post(failed(message, 550, "5.1.1 no such user")).status_code == 204
    found = Return.objects.get()
    assert (found.source, found.kind, found.is_hard, found.message_id) == ("mailgun", "bounced", True, message.pk)
    assert suppressed() and Interaction.objects.filter(name="bounced").count() == 1


def test_a_forged_signature_is_refused_and_nothing_is_noted(mailgun):
    event = failed(sent(), 550, "5.1.1 no such user")
    event["signature"]["signature"] = "0" * 64
    assert post(event).status_code == 403
    del event["signature"]
    assert post(event).status_code == 403
    assert not Return.objects.exists() and not suppressed()


def test_the_same_event_twice_is_noted_once(mailgun):
    event = failed(sent(), 452, "4.2.2 mailbox full")
    assert [post(event).status_code for _ in range(3)] == [204, 204, 204]
    assert Return.objects.count() == 1 and not Return.objects.get().is_hard and not suppressed()


def test_a_delay_is_no_bounce(mailgun):
    assert post(failed(sent(), 421, "4.7.0 try later", severity="temporary")).status_code == 204
    assert Return.objects.get().kind == "deferred"
    assert not Interaction.objects.filter(name="bounced").exists()


def test_a_complaint_withdraws_marketing(mailgun):
    message = sent()
    assert post(mailgun_event(message, "complained")).status_code == 204
    assert consents.may_write(message.client_id, "email", "marketing")
    assert consents.may_write(message.client_id, "email", "service") == ""


def test_an_event_about_another_address_does_nothing_but_is_counted(mailgun):
    event = failed(sent(), 550, "5.1.1 no such user")
    event["event-data"]["recipient"] = "dana@stillwater.example"
    assert post(event).status_code == 204
    assert Return.objects.get().message is None and not suppressed()


def test_openings_and_clicks_are_not_kept(mailgun):
    assert post(mailgun_event(sent(), "opened")).status_code == 204
    assert not Return.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"signature": 3}', b"\xff\xfe", "[" * 50_000])
def test_what_cannot_be_read_is_refused(mailgun, body):
    assert post(body).status_code in (400, 403)
    assert not Return.objects.exists()


@pytest.mark.parametrize("body", ["{", "[]", "null", "3", '{"RecordType": []}', '{"Metadata": null}', "[" * 50_000])
def test_what_cannot_be_read_is_refused_even_with_the_secret(postmark, body):
    assert to_postmark(body).status_code in (204, 400)
    assert not Return.objects.exists()


def test_a_post_of_two_megabytes_is_refused_unread(mailgun):
    assert post("x" * 2_000_000).status_code == 413


def test_there_is_no_door_for_providers_that_are_not_set(mailgun, settings):
    event = failed(sent(), 550, "5.1.1 no such user")
    assert post(event, "postmark").status_code == 404
    set_option(settings, "FONDLY_MAIL_PROVIDER", "")
    assert post(event).status_code == 404
    assert Browser().get("/hooks/mail/mailgun").status_code == 405


def test_without_a_secret_the_door_stays_shut(mailgun, settings):
    set_option(settings, "FONDLY_MAIL_PROVIDER_SECRET", "")
    assert post(failed(sent(), 550, "no")).status_code == 404


def test_postmark_gets_our_id_with_the_mail_and_gives_it_back(postmark):
    message = sent()
    assert f"X-PM-Metadata-fondly-id: {message.message_id}".encode() in bytes(message.raw)
    assert to_postmark(bounce(message, "HardBounce")).status_code == 204
    assert suppressed() and Return.objects.get().words == "smtp;550 5.1.1 no such user"


def test_postmark_needs_its_password(postmark):
    event = bounce(sent(), "HardBounce")
    assert post(event, "postmark").status_code == 403
    assert post(event, "postmark", "fondly:other").status_code == 403
    assert not Return.objects.exists()


def test_the_order_of_events_does_not_matter(postmark):
    message = sent()
    for event in (bounce(message, "HardBounce"), delivered(message), bounce(message, "Transient", 41)):
        to_postmark(event)
    assert sorted(Return.objects.values_list("kind", flat=True)) == ["bounced", "deferred", "delivered"]
    assert suppressed() and Interaction.objects.filter(name="bounced").count() == 1


def test_a_soft_bounce_of_postmark_is_soft(postmark):
    to_postmark(bounce(sent(), "SoftBounce"))
    assert not Return.objects.get().is_hard and not suppressed()


def test_an_event_settles_an_unsure_message(postmark):
    message = make_uncertain()
    to_postmark(delivered(message))
    turn(AT + MINUTE)
    found = Message.objects.get(pk=message.pk)
    assert found.state == "sent"
    assert found.reply == "postmark: it was reported as delivered (2026-01-05 16:01 UTC)"
    assert [sign.words for sign in evidence.of(message.pk)] == ["Delivered, says postmark: 250 ok"]


def test_an_event_may_come_before_the_message_is_known_to_be_unsure(mailgun):
    begin()
    message = Message.objects.get(moment__touchpoint="welcome")
    Message.objects.filter(pk=message.pk).update(state="sending", committed_at=AT)
    post(mailgun_event(message, "delivered"))
    Message.objects.filter(pk=message.pk).update(state="uncertain")
    turn(AT + MINUTE)
    assert Message.objects.get(pk=message.pk).state == "sent"
