"""What can be done with users, roles, cover and keys; each refusal beside the same thing allowed."""

from datetime import timedelta

import pytest

from fondly.core.playbook.model import Playbook, Team
from fondly.core.playbook.model import Role as WrittenRole
from fondly.ground import clock
from fondly.ground.action import NotAllowed, NotFound, Refused, perform, registry
from fondly.ground.actions import UndoEntry
from fondly.ground.models import AuditEntry, UsedKey
from fondly.people.team import actions, links
from fondly.people.team.access import actor_of
from fondly.people.team.models import ApiToken, Role, SignInLink, User
from fondly.people.team.roles import sync_roles
from tests.people.team.people import NOW, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana():
    return make_user("Dana", admin=True)


def test_an_admin_invites_and_the_link_works_once(dana):
    invited = actions.invite(actor_of(dana), actions.Invite("Lee@Example.com", "  Lee   Park "))
    user = User.objects.get(pk=invited.user_id)
    assert (user.email, user.name, user.has_usable_password()) == ("lee@example.com", "Lee Park", False)
    token = invited.link.get_secret_value().rsplit("/", 1)[1]
    link = links.find(token, "invite")
    assert link is not None and links.use(link) and not links.use(link)
    assert links.find(token, "invite") is None


def test_others_may_not_invite(dana):
    lee = make_user("Lee", roles={"agent": ["run", "design", "clients", "import", "export"]})
    with pytest.raises(NotAllowed):
        actions.invite(actor_of(lee), actions.Invite("x@example.com", "X"))


def test_a_link_ends_with_its_time_and_a_newer_one(dana):
    with clock.at(NOW):
        old = links.make("reset", dana)
        new = links.make("reset", dana)
        assert links.find(old.token, "reset") is None and links.find(new.token, "reset")
        assert links.find(new.token, "enter") is None
    with clock.at(NOW + timedelta(days=2)):
        assert links.find(new.token, "reset") is None


@pytest.mark.parametrize(
    ("email", "name", "field"),
    [("", "X", "email"), ("x@", "X", "email"), ("x@example.com", " ", "name"), ("DANA@example.com", "X", "email")],
)
def test_bad_addresses_and_names_are_refused(dana, email, name, field):
    with pytest.raises(Refused) as refusal:
        actions.create_user(actor_of(dana), actions.CreateUser(email, name))
    assert refusal.value.field == field
    assert User.objects.count() == 1


def test_the_last_admin_stays(dana):
    with pytest.raises(Refused, match="only admin"):
        actions.change_user(actor_of(dana), actions.ChangeUser(dana.pk, dana.email, "Dana", [], False))
    ruth = make_user("Ruth", admin=True)
    actions.change_user(actor_of(dana), actions.ChangeUser(ruth.pk, ruth.email, "Ruth", [], False))
    assert not User.objects.get(pk=ruth.pk).is_admin


def test_switching_off_ends_keys_and_links_and_can_be_undone(dana):
    lee = make_user("Lee")
    links.make("invite", lee)
    actions.create_token(actor_of(lee), actions.CreateToken("mine", ["read"]))
    done = perform("team.deactivate", actor_of(dana), actions.UserId(lee.pk))
    assert not User.objects.get(pk=lee.pk).is_active
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    assert not SignInLink.objects.filter(used_at=None).exists()
    perform("audit.undo", actor_of(dana), UndoEntry(done.audit_id))
    assert User.objects.get(pk=lee.pk).is_active


def test_nobody_switches_themselves_off(dana):
    make_user("Ruth", admin=True)
    with pytest.raises(Refused):
        actions.deactivate(actor_of(dana), actions.UserId(dana.pk))
    with pytest.raises(NotFound):
        actions.deactivate(actor_of(dana), actions.UserId(9999))


def test_a_key_is_shown_once_and_kept_nowhere(dana):
    made = perform("team.create_token", actor_of(dana), actions.CreateToken("nightly", ["read"]), key="k1")
    secret = made.result.token.get_secret_value()
    again = perform("team.create_token", actor_of(dana), actions.CreateToken("nightly", ["read"]), key="k1")
    assert secret.startswith("fondly_") and len(secret) > 40
    assert ApiToken.objects.count() == 1
    assert again.result.token.get_secret_value() != secret
    kept = (
        str(list(ApiToken.objects.values()))
        + str(list(AuditEntry.objects.values()))
        + str(list(UsedKey.objects.values()))
    )
    assert secret not in kept


def test_a_key_is_never_more_powerful_than_its_owner(dana):
    lee = make_user("Lee", roles={"agent": ["run"]})
    actions.create_token(actor_of(lee), actions.CreateToken("fine", ["read", "run"]))
    with pytest.raises(NotAllowed):
        actions.create_token(actor_of(lee), actions.CreateToken("too much", ["admin"]))
    with pytest.raises(Refused):
        actions.create_token(actor_of(lee), actions.CreateToken("odd", ["fly"]))
    with pytest.raises(Refused):
        actions.create_token(actor_of(lee), actions.CreateToken("none", []))


def test_others_keys_are_out_of_reach(dana):
    lee = make_user("Lee")
    mine = actions.create_token(actor_of(dana), actions.CreateToken("mine", ["read"]))
    with pytest.raises(NotFound):
        actions.revoke_token(actor_of(lee), actions.RevokeToken(mine.token_id))
    actions.revoke_token(actor_of(dana), actions.RevokeToken(mine.token_id))
    assert ApiToken.objects.get().revoked_at is not None


def test_cover_is_ones_own_business_or_an_admins(dana):
    lee, ruth = make_user("Lee"), make_user("Ruth")
    day = NOW.date()
    actions.add_cover(actor_of(lee), actions.AddCover(lee.pk, ruth.pk, day, day))
    with pytest.raises(NotAllowed):
        actions.add_cover(actor_of(lee), actions.AddCover(ruth.pk, lee.pk, day, day))
    actions.add_cover(actor_of(dana), actions.AddCover(ruth.pk, lee.pk, day, day))
    with pytest.raises(Refused):
        actions.add_cover(actor_of(lee), actions.AddCover(lee.pk, lee.pk, day, day))
    with pytest.raises(Refused):
        actions.add_cover(actor_of(lee), actions.AddCover(lee.pk, ruth.pk, day, day - timedelta(days=1)))


def test_a_role_is_made_changed_and_removed_and_each_can_be_undone(dana):
    actor = actor_of(dana)
    actions.create_department(actor, actions.CreateDepartment("Sales"))
    made = actions.create_role(actor, actions.CreateRole("agent", "Agent", "sales", ["run"], 15000, ["any"]))
    changed = perform(
        "team.change_role", actor, actions.RoleGiven(made.role_id, "Agent", "", ["run", "clients"], 0, [])
    )
    assert Role.objects.get().permissions == ["clients", "run"]
    perform("audit.undo", actor, UndoEntry(changed.audit_id))
    role = Role.objects.get()
    assert (role.permissions, role.may_spend_minor, role.department.name) == (["run"], 15000, "Sales")
    removed = perform("team.remove_role", actor, actions.RoleId(role.pk))
    assert not Role.objects.exists()
    perform("audit.undo", actor, UndoEntry(removed.audit_id))
    assert Role.objects.get().name == "agent"


def test_a_role_somebody_has_is_not_removed(dana):
    make_user("Lee", roles={"agent": []})
    with pytest.raises(Refused, match="1 person"):
        actions.remove_role(actor_of(dana), actions.RoleId(Role.objects.get().pk))


@pytest.mark.parametrize("given", [{"permissions": ["fly"]}, {"may_spend_minor": -1}, {"department": "None such"}])
def test_odd_roles_are_refused(dana, given):
    with pytest.raises(Refused):
        actions.create_role(actor_of(dana), actions.CreateRole("agent", **given))
    with pytest.raises(Refused):
        actions.create_role(actor_of(dana), actions.CreateRole("no spaces please"))


def test_roles_of_a_playbook_are_made_once_and_permissions_stay_an_admins_word():
    roles = {"agent": WrittenRole("agent", may_spend="150"), "broker": WrittenRole("broker", may_spend="up to 1000")}
    sync_roles(Playbook("x", team=Team(roles)))
    assert dict(Role.objects.values_list("name", "may_spend_minor")) == {"agent": 15000, "broker": 100000}
    Role.objects.filter(name="agent").update(permissions=["design"])
    sync_roles(Playbook("x", team=Team(roles)))
    assert Role.objects.get(name="agent").permissions == ["design"]
    assert Role.objects.count() == 2


def test_ones_own_profile(dana):
    actions.change_self(actor_of(dana), actions.ChangeSelf("Dana Ford", zone="America/New_York", theme="dark"))
    assert User.objects.get(pk=dana.pk).theme == "dark"
    with pytest.raises(Refused):
        actions.change_self(actor_of(dana), actions.ChangeSelf("Dana", zone="Mars/Base"))


def test_publishing_a_playbook_makes_its_roles(dana):
    made = perform("playbooks.create", actor_of(dana), registry["playbooks.create"].given(trade="realtor")).result
    assert not Role.objects.exists()
    perform("playbooks.publish", actor_of(dana), registry["playbooks.publish"].given(made.playbook_id))
    assert set(Role.objects.values_list("name", flat=True)) == {"agent", "coordinator", "broker"}
