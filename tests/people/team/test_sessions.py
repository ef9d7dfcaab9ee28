"""A session and its user come in one statement; who may be signed in is still asked on every page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from fondly.people.team.models import Session, User
from fondly.people.team.sessions import SessionStore, user_of
from tests.people.team.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lee() -> User:
    return make_user("Lee")


@pytest.fixture
def key(lee: User) -> str:
    """Of a session Lee is signed in with."""
    browser = Client()
    browser.force_login(lee)
    return str(browser.session.session_key)


def who(key: str) -> User | AnonymousUser:
    return user_of(SessionStore(key))


def test_session_and_user_are_one_question(key, lee, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = who(key)
    assert found == lee
    known = User.objects.get(pk=lee.pk)
    assert {field.attname: getattr(found, field.attname) for field in User._meta.concrete_fields} == {
        field.attname: getattr(known, field.attname) for field in User._meta.concrete_fields
    }, "as the ORM reads it, instants and booleans too"


def test_a_stranger_has_no_user(lee):
    browser = Client()
    session = browser.session
    session["theme"] = "dark"
    session.save()
    assert Session.objects.get().user is None
    assert not who(session.session_key).is_authenticated
    assert not who("no such key").is_authenticated


def test_whom_the_signed_data_do_not_name_is_not_signed_in(key):
    dana = make_user("Dana", admin=True)
    Session.objects.update(user=dana)
    assert not who(key).is_authenticated


def test_somebody_switched_off_is_not_signed_in(key, lee):
    User.objects.filter(pk=lee.pk).update(is_active=False)
    assert not who(key).is_authenticated


def test_a_session_from_before_a_new_password_ends(key, lee):
    lee.set_password("nine loud herons")
    lee.save()
    assert not who(key).is_authenticated
    assert not Session.objects.filter(pk=key).exists()


def test_an_old_session_is_not_taken_and_then_cleared_away(key):
    Session.objects.update(expire_date=datetime.now(UTC) - timedelta(seconds=1))
    assert not who(key).is_authenticated
    SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_who_leaves_takes_the_sessions_along(key, lee):
    lee.delete()
    assert not Session.objects.exists()
    assert not who(key).is_authenticated


def test_signing_in_and_out_names_the_user_of_the_session(lee):
    browser = Client()
    browser.force_login(lee)
    assert Session.objects.get().user == lee
    browser.post("/sign-out")
    assert not Session.objects.filter(user=lee).exists()
