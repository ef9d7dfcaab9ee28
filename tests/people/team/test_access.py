"""Who may do what, and who stands in."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from fondly.ground import clock
from fondly.people.team.access import actor_of, may, people_of
from fondly.people.team.models import Cover, User
from tests.people.team.people import NOW, make_user

pytestmark = pytest.mark.django_db
DAY = NOW.date()


def cover(away: User, by: User, first: date, last: date) -> None:
    Cover.objects.create(user=away, by=by, from_on=first, to_on=last)


def test_nobody_signed_in_may_nothing_and_everybody_signed_in_may_read():
    lee = make_user("Lee")
    assert not may(AnonymousUser(), "read")
    assert may(lee, "read") and not may(lee, "run")


def test_roles_add_up_and_an_admin_may_all():
    lee = make_user("Lee", roles={"agent": ["run"], "writer": ["design"]})
    dana = make_user("Dana", admin=True)
    assert actor_of(lee).permissions == {"read", "run", "design"}
    assert may(dana, "export") and may(dana, "admin")


def test_somebody_switched_off_may_nothing():
    lee = make_user("Lee", roles={"agent": ["run"]})
    User.objects.filter(pk=lee.pk).update(is_active=False)
    lee = User.objects.get(pk=lee.pk)
    assert not may(lee, "read") and not may(lee, "run")


def test_cover_lends_roles_for_its_days_but_never_the_admins_power():
    dana = make_user("Dana", admin=True, roles={"agent": ["run"]})
    lee = make_user("Lee")
    cover(dana, lee, DAY, DAY + timedelta(days=2))
    with clock.at(NOW):
        assert may(User.objects.get(pk=lee.pk), "run")
        assert not may(User.objects.get(pk=lee.pk), "admin")
    with clock.at(NOW + timedelta(days=9)):
        assert not may(User.objects.get(pk=lee.pk), "run")


def test_work_of_a_role_goes_to_who_covers_only_while_they_cover():
    dana, lee = make_user("Dana", roles={"agent": []}), make_user("Lee")
    cover(dana, lee, DAY, DAY)
    assert people_of("agent", DAY) == [lee]
    assert people_of("agent", DAY - timedelta(days=1)) == [dana]
    assert people_of("agent", DAY + timedelta(days=1)) == [dana]


def test_cover_is_followed_along_a_chain_and_a_circle_stays_with_the_owner():
    dana, lee, ruth = make_user("Dana", roles={"agent": []}), make_user("Lee"), make_user("Ruth")
    cover(dana, lee, DAY, DAY)
    cover(lee, ruth, DAY, DAY)
    assert people_of("agent", DAY) == [ruth]
    cover(ruth, dana, DAY, DAY)
    assert people_of("agent", DAY) == [dana]


def test_two_people_covered_by_one_count_once_and_inactive_people_do_not_work():
    dana, lee = make_user("Dana", roles={"agent": []}), make_user("Lee", roles={"agent": []})
    ruth = make_user("Ruth")
    cover(dana, ruth, DAY, DAY)
    cover(lee, ruth, DAY, DAY)
    assert people_of("agent", DAY) == [ruth]
    User.objects.filter(pk=ruth.pk).update(is_active=False)
    assert people_of("agent", DAY) == [dana, lee]
    User.objects.filter(pk=dana.pk).update(is_active=False)
    assert people_of("agent", DAY) == [lee]
    assert people_of("no_such_role", DAY) == []
