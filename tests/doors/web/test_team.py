"""What the Team page says of stages, desks and limits."""

from datetime import timedelta

from django.test import Client as Browser

from fondly.design.playbooks import library
from fondly.doors.web import team_parts
from fondly.ground.action import perform
from fondly.people.team.access import actor_of
from fondly.people.team.roles import sync_roles
from fondly.run.journeys.models import Moment
from fondly.run.offers.actions import MakeOffer
from tests.cast import NOW, Cast


def desks(cast: Cast) -> dict[str, team_parts.Desk]:
    return {desk.name: desk for desk in team_parts.parts(NOW)["desks"]}


def test_each_stage_has_one_name_or_says_so(dana: Browser, cast: Cast) -> None:
    stages = {title: names for title, _role, names in team_parts.parts(NOW)["stages"][0][1]}
    assert stages["On the market"] == ["Dana Reyes"]
    assert stages["Closing and moving out"] == ["Lee Wong"]
    cast.lee.roles.clear()
    page = dana.get("/team").content.decode()
    assert "Who has which stage" in page and "nobody" in page


def test_desks_count_what_is_due_and_late_and_what_nobody_has(cast: Cast) -> None:
    waiting = Moment.objects.filter(state="due", at__lte=NOW).count()
    assert (desks(cast)["Dana Reyes"].due, desks(cast)["Lee Wong"].due) == (waiting, 0)
    Moment.objects.filter(client=cast.ana).update(role="archivist", at=NOW - timedelta(days=3))
    Moment.objects.filter(client=cast.okafors).update(assignee=cast.lee)
    found = desks(cast)
    assert (found["Archivist"].due, found["Archivist"].late) == (1, 1)
    assert (found["Dana Reyes"].due, found["Lee Wong"].due) == (waiting - 2, 1)


def test_limits_and_what_was_given_this_month(lee: Browser, cast: Cast) -> None:
    sync_roles(library.parsed(cast.version.pk))
    perform("offers.make", actor_of(cast.lee), MakeOffer(cast.ken.pk, "moving_out_clean"))
    found = desks(cast)
    assert found["Dana Reyes"].anything
    assert (found["Lee Wong"].spend_minor, found["Lee Wong"].given_minor) == (5000, 9000)
    page = lee.get("/team").content.decode()
    assert "$50 at a time; moving out clean" in page and "$90" in page
