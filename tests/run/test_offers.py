"""Offers: within one's limits at once, beyond them with a yes; audited, undoable, on the timeline."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from fondly.design.playbooks import library
from fondly.ground import clock, fresh
from fondly.ground.action import Actor, Conflict, NotAllowed, Refused, perform
from fondly.ground.actions import UndoEntry
from fondly.people.clients import exporting
from fondly.people.clients.actions import EraseClient, MergeClients, UnmergeClients
from fondly.people.clients.models import Client, Interaction
from fondly.people.team.access import actor_of
from fondly.people.team.models import Cover, Role, User
from fondly.people.team.roles import sync_roles
from fondly.run.offers import authority, queries
from fondly.run.offers.actions import DecideOffer, MakeOffer, OfferId
from fondly.run.offers.models import Offer
from tests import cast as casting


@pytest.fixture
def cast(db: None) -> Iterator[casting.Cast]:
    """Dana (admin, agent), Lee (coordinator: 50, the move-out clean), with the limits the playbook writes."""
    fresh.forget_all()
    with clock.at(casting.NOW):
        made = casting.make()
        sync_roles(library.parsed(made.version.pk))
        yield made
    fresh.forget_all()


@pytest.fixture
def lee(cast: casting.Cast) -> Actor:
    return actor_of(cast.lee)


@pytest.fixture
def ruth(cast: casting.Cast) -> Actor:
    """A broker, no admin: may spend 1000 and offer anything."""
    user = User.objects.create(name="Ruth Ames", email="ruth@harbour.example", joined_at=casting.NOW)
    user.roles.add(Role.objects.get(name="broker"))
    return actor_of(user)


def offered(client_id: int) -> list[tuple[str, str]]:
    facts = Interaction.objects.filter(client=client_id, kind="offered").order_by("pk")
    return [(fact.name, fact.text) for fact in facts]


def test_within_the_limits_nobody_is_asked(cast: casting.Cast, lee: Actor) -> None:
    done = perform("offers.make", lee, MakeOffer(cast.ken.pk, "moving_out_clean"))
    assert (done.result.state, done.result.cost_minor) == ("made", 9000)
    assert offered(cast.ken.pk) == [("made", "The move-out clean, paid by us")]
    small = perform("offers.make", lee, MakeOffer(cast.ken.pk, what="A bunch of tulips", cost_minor=5000))
    assert small.result.state == "made"


@pytest.mark.parametrize(
    "given",
    [{"offer": "staging_hour"}, {"what": "A weekend away", "cost_minor": 5001},
     {"offer": "fee_credit", "cost_minor": 100}],
)  # fmt: skip
def test_beyond_the_limits_it_waits_and_needs_a_reason(
    cast: casting.Cast, lee: Actor, given: dict[str, object]
) -> None:
    with pytest.raises(Refused, match="Say why"):
        perform("offers.make", lee, MakeOffer(cast.ken.pk, **given))  # type: ignore[arg-type]
    assert not Offer.objects.exists()
    done = perform("offers.make", lee, MakeOffer(cast.ken.pk, why="We forgot the key twice", **given))  # type: ignore[arg-type]
    assert done.result.state == "waiting"
    assert [state for state, _text in offered(cast.ken.pk)] == ["waiting"]


def test_only_somebody_whose_limit_covers_it_says_yes(cast: casting.Cast, lee: Actor, ruth: Actor) -> None:
    asked = perform("offers.make", lee, MakeOffer(cast.ken.pk, "fee_credit", cost_minor=30000, why="Late twice"))
    decide = DecideOffer(asked.result.offer_id, asked.result.revision)
    with pytest.raises(NotAllowed):
        perform("offers.approve", lee, decide)
    assert perform("offers.approve", ruth, decide).result.state == "made"
    assert [state for state, _text in offered(cast.ken.pk)] == ["waiting", "made"]
    with pytest.raises(Conflict):
        perform("offers.approve", ruth, decide)


def test_more_than_the_offer_is_worth_needs_an_admin(cast: casting.Cast, ruth: Actor) -> None:
    done = perform("offers.make", ruth, MakeOffer(cast.ken.pk, "fee_credit", cost_minor=100_001, why="Everything late"))
    assert done.result.state == "waiting"
    decide = DecideOffer(done.result.offer_id, done.result.revision)
    with pytest.raises(NotAllowed):
        perform("offers.approve", ruth, decide)
    assert perform("offers.approve", actor_of(cast.dana), decide).result.state == "made"


def test_a_no_needs_a_reason_which_stands_on_the_timeline(cast: casting.Cast, lee: Actor, ruth: Actor) -> None:
    asked = perform("offers.make", lee, MakeOffer(cast.ken.pk, "staging_hour", why="He asked"))
    with pytest.raises(Refused, match="Say why not"):
        perform("offers.decline", ruth, DecideOffer(asked.result.offer_id, 0))
    perform("offers.decline", ruth, DecideOffer(asked.result.offer_id, 0, "He has had one"))
    assert Interaction.objects.get(client=cast.ken, name="declined").data["note"] == "He has had one"


def test_everything_is_undone_from_activity(cast: casting.Cast, lee: Actor, ruth: Actor) -> None:
    made = perform("offers.make", lee, MakeOffer(cast.ken.pk, "moving_out_clean"))
    perform("audit.undo", lee, UndoEntry(made.audit_id or 0))
    assert offered(cast.ken.pk) == []
    assert Offer.objects.get().state == "taken_back"
    asked = perform("offers.make", lee, MakeOffer(cast.ken.pk, "staging_hour", why="He asked"))
    yes = perform("offers.approve", ruth, DecideOffer(asked.result.offer_id, 0))
    perform("audit.undo", ruth, UndoEntry(yes.audit_id or 0))
    assert Offer.objects.get(pk=asked.result.offer_id).state == "waiting"
    assert [state for state, _text in offered(cast.ken.pk)] == ["waiting"]


@pytest.mark.parametrize("undone", [False, True])
def test_what_was_asked_and_taken_back_leaves_nothing_on_the_timeline(
    cast: casting.Cast, lee: Actor, ruth: Actor, undone: bool
) -> None:
    asked = perform("offers.make", lee, MakeOffer(cast.ken.pk, "staging_hour", why="He asked"))
    yes = perform("offers.approve", ruth, DecideOffer(asked.result.offer_id, 0))
    if undone:
        perform("audit.undo", ruth, UndoEntry(yes.audit_id or 0))
    perform("offers.take_back", lee, OfferId(asked.result.offer_id))
    assert offered(cast.ken.pk) == []


def test_who_asked_and_is_gone_lends_nobody_the_right_to_take_back(cast: casting.Cast, lee: Actor) -> None:
    made = perform("offers.make", lee, MakeOffer(cast.ken.pk, "moving_out_clean"))
    Offer.objects.update(asked_by=None)
    with pytest.raises(NotAllowed):
        perform("offers.take_back", Actor("A machine", None, frozenset({"run"})), OfferId(made.result.offer_id))


def test_an_offer_to_somebody_erased_does_not_wait_again(cast: casting.Cast, lee: Actor, ruth: Actor) -> None:
    asked = perform("offers.make", lee, MakeOffer(cast.ken.pk, "staging_hour", why="He asked"))
    perform("offers.approve", ruth, DecideOffer(asked.result.offer_id, 0))
    perform("clients.erase", actor_of(cast.dana), EraseClient(cast.ken.pk))
    with pytest.raises(Refused, match="erased"):
        perform("offers.reopen", ruth, OfferId(asked.result.offer_id))
    assert Offer.objects.get().state == "made"


def test_cover_lends_the_limits(cast: casting.Cast, lee: Actor, ruth: Actor) -> None:
    assert authority.authority_of(lee).spend_minor == 5000
    today = casting.NOW.date()
    Cover.objects.create(user_id=ruth.user_id, by=cast.lee, from_on=today, to_on=today)
    assert authority.authority_of(lee).spend_minor == 100_000


@pytest.mark.parametrize(
    ("given", "field"),
    [({"offer": "pony"}, "offer"), ({}, "what"), ({"what": "Tea"}, "cost_minor"),
     ({"what": "Tea", "cost_minor": -1}, "cost_minor"), ({"offer": "fee_credit"}, "cost_minor")],
)  # fmt: skip
def test_what_cannot_be_offered_is_refused_in_words(cast: casting.Cast, given: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refused:
        perform("offers.make", actor_of(cast.dana), MakeOffer(cast.ken.pk, **given))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_what_was_given_this_month_is_added_up(cast: casting.Cast, lee: Actor) -> None:
    perform("offers.make", lee, MakeOffer(cast.ken.pk, "moving_out_clean"))
    perform("offers.make", lee, MakeOffer(cast.ken.pk, what="Tulips", cost_minor=2500))
    perform("offers.make", lee, MakeOffer(cast.ken.pk, "staging_hour", why="Waits, so it does not count"))
    since = casting.NOW - timedelta(days=21)
    assert queries.given_since(since) == {cast.lee.pk: 11500}
    assert queries.given_by(cast.lee.pk, since) == 11500
    assert queries.given_since(casting.NOW + timedelta(seconds=1)) == {}


def test_ones_own_offer_costs_what_the_limits_are_written_in(cast: casting.Cast, lee: Actor) -> None:
    Client.objects.filter(pk=cast.ken.pk).update(currency="JPY")
    perform("offers.make", lee, MakeOffer(cast.ken.pk, what="Tulips", cost_minor=2500))
    assert Offer.objects.get().currency == "USD"


def test_a_merge_an_export_and_an_erasure_take_offers_along(cast: casting.Cast, lee: Actor) -> None:
    dana = actor_of(cast.dana)
    perform("offers.make", lee, MakeOffer(cast.ken.pk, "staging_hour", why="He asked"))
    merged = perform("clients.merge", dana, MergeClients(cast.tom.pk, cast.ken.pk))
    assert Offer.objects.get().client_id == cast.tom.pk
    perform("clients.unmerge", dana, UnmergeClients(merged.result.merge_id))
    assert exporting.export_client(cast.ken.pk)["offers"][0]["why"] == "He asked"
    perform("clients.erase", dana, EraseClient(cast.ken.pk))
    left = Offer.objects.get()
    assert (left.state, left.what, left.why, left.cost_minor) == ("taken_back", "", "", 12000)
