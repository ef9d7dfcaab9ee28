from datetime import timedelta

import pytest

from fondly.people.clients import consents
from fondly.people.clients.models import Consent, Suppression
from tests.people.clients.conftest import NOW, make_client

pytestmark = pytest.mark.django_db


def line(client, state, channel="", purpose="marketing", days=0):
    Consent.objects.create(
        client=client, channel=channel, purpose=purpose, state=state, source="form", at=NOW + timedelta(days=days)
    )


def test_without_a_line_marketing_is_refused_and_service_is_not():
    client = make_client()
    assert consents.refused([client.pk]) == {client.pk: frozenset({("", "marketing")})}
    assert consents.may_write(client.pk, "email", "service") == ""
    assert consents.may_write(client.pk, "email", "keep_in_touch") == ""
    assert "marketing" in consents.may_write(client.pk, "email", "marketing")


def test_the_newest_line_counts():
    client = make_client()
    line(client, "given")
    assert consents.refused([client.pk])[client.pk] == frozenset()
    line(client, "withdrawn", channel="email", days=1)
    assert consents.refused([client.pk])[client.pk] == frozenset({("email", "marketing")})
    line(client, "given", days=2)
    assert consents.refused([client.pk])[client.pk] == frozenset()


def test_consent_for_one_channel_is_not_consent_for_another():
    client = make_client()
    line(client, "given", channel="email")
    refused = consents.refused([client.pk])[client.pk]
    assert ("email", "marketing") not in refused
    assert ("sms", "marketing") in refused
    assert ("", "marketing") not in refused


def test_no_to_everything_is_said_in_one_pair():
    client = make_client()
    line(client, "given")
    line(client, "withdrawn", purpose="", days=1)
    assert ("", "") in consents.refused([client.pk])[client.pk]
    assert "withdrawn on 2026-03-03" in consents.may_write(client.pk, "sms", "service")


def test_withdrawing_service_leaves_keep_in_touch():
    client = make_client()
    line(client, "withdrawn", purpose="service")
    refused = consents.refused([client.pk])[client.pk]
    assert ("", "service") in refused
    assert ("", "") not in refused


def test_of_two_lines_at_the_same_instant_the_stricter_counts():
    client = make_client()
    line(client, "withdrawn", channel="email")
    line(client, "given")
    assert consents.may_write(client.pk, "email", "marketing") != ""


def test_a_suppressed_address_is_known_by_any_spelling_and_kept_only_as_a_hash():
    client = make_client(email="Ana.Ruiz@example.com")
    consents.suppress(" ana.ruiz@EXAMPLE.com ", "hard bounce")
    consents.suppress("ana.ruiz@example.com", "complaint")
    assert consents.is_suppressed(["ANA.RUIZ@example.com", "tom@example.com"]) == {"ANA.RUIZ@example.com"}
    assert Suppression.objects.count() == 1
    assert "ana" not in Suppression.objects.get().key_hash
    assert "list of addresses" in consents.may_write(client.pk, "email", "service")
    assert consents.may_write(client.pk, "letter", "service") == ""


def test_a_new_signing_key_does_not_forget_who_said_stop(settings):
    consents.suppress("ana@example.com", "unsubscribed")
    settings.SECRET_KEY = "another-key-another-key-another-key"
    assert consents.is_suppressed(["ana@example.com"]) == {"ana@example.com"}


def test_many_clients_take_few_queries(django_assert_max_num_queries):
    ids = [make_client(f"C {n}").pk for n in range(20)]
    with django_assert_max_num_queries(1):
        assert len(consents.refused(ids)) == 20


def test_an_erased_client_may_not_be_written_to():
    client = make_client(erased_at=NOW)
    assert consents.may_write(client.pk, "email", "service") != ""
