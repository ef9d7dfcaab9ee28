"""The named cast of a small estate agency, made directly with models: what browser tests and previews look at.

Saturday 22 November 2025, 09:00 in New York. Dana is an admin; Lee works beside her.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fondly.core import playbook as playbook_words
from fondly.design.playbooks import library
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground.models import AuditEntry
from fondly.listen.promises.models import Promise
from fondly.people.clients import timeline
from fondly.people.clients.identity import sort_key, split_name
from fondly.people.clients.models import Address, Client, Consent, Contact, EmailAddress, Phone
from fondly.people.clients.timeline import NewFact
from fondly.people.team.models import Role, User
from fondly.run.journeys.models import Journey, Moment, Stay
from fondly.run.outbox.models import Message

NOW = datetime(2025, 11, 22, 14, 0, tzinfo=UTC)
ZONE = "America/New_York"


@dataclass
class Cast:
    dana: User
    lee: User
    playbook: Playbook
    version: PlaybookVersion
    priya: Client
    tom: Client
    ana: Client
    okafors: Client
    ken: Client
    mbeki: Client


def days(count: float) -> timedelta:
    return timedelta(days=count)


def make() -> Cast:
    """Everybody, with what happened and what is due."""
    dana, lee = _user("Dana Reyes", "dana@harbour.example", is_admin=True), _user("Lee Wong", "lee@harbour.example")
    agent = Role.objects.create(name="agent", title="Agent", permissions=["clients", "run", "design"])
    coordinator = Role.objects.create(name="coordinator", title="Coordinator", permissions=["clients", "run"])
    dana.roles.add(agent)
    lee.roles.add(coordinator)
    playbook, version = _playbook()
    people = {
        "priya": _client("Priya Shah", dana, "+14155550101", "priya@example.com", persona="first_time_sellers"),
        "tom": _client("Tom Weld", dana, "+14155550102", "tom@example.com", persona="downsizers"),
        "ana": _client("Ana Ruiz", dana, "+14155550103", "ana@example.com", persona="relocating_families"),
        "okafors": _client("The Okafors", dana, "+14155550104", "okafors@example.com", kind="household"),
        "ken": _client("Ken Ito", dana, "+14155550105", "ken@example.com", persona="downsizers"),
        "mbeki": _client("J. Mbeki", lee, "+14155550106", "mbeki@example.com"),
    }
    cast = Cast(dana=dana, lee=lee, playbook=playbook, version=version, **people)
    _lives(cast)
    return cast


def _user(name: str, email: str, **more: Any) -> User:
    user = User(name=name, email=email, zone=ZONE, joined_at=NOW - days(300), **more)
    user.set_password("harbour-lights-42")
    user.save()
    return user


def _playbook() -> tuple[Playbook, PlaybookVersion]:
    text = (Path(playbook_words.__file__).parent / "starters" / "realtor.yaml").read_text("utf-8")
    playbook = Playbook.objects.create(slug="harbour", name="Harbour Homes", trade="realtor", made_at=NOW - days(200))
    version = PlaybookVersion.objects.create(
        playbook=playbook, number=1, text=text, content_hash=library.hash_of(text), state="live", by="Dana Reyes",
        made_at=NOW - days(200), published_at=NOW - days(200),
    )  # fmt: skip
    return playbook, version


def _client(name: str, owner: User, phone: str, email: str, **more: Any) -> Client:
    first, last = split_name(name) if not name.startswith("The ") else ("", "")
    client = Client.objects.create(
        name=name, first_name=first, last_name=last, sort_name=sort_key(name), owner=owner, zone=ZONE, language="en",
        created_at=NOW - days(60), changed_at=NOW - days(1), currency="USD", **more,
    )  # fmt: skip
    contact = Contact.objects.create(client=client, name=name, relation="self", is_primary=True)
    EmailAddress.objects.create(contact=contact, address=email, key=email.casefold(), is_primary=True)
    Phone.objects.create(contact=contact, number=phone, is_primary=True)
    Address.objects.create(
        client=client, street=f"{client.pk} Elm Street", city="Oakland", region="CA", postcode="94601"
    )
    return client


def _journey(cast: Cast, client: Client, stage: str, day: int) -> Journey:
    entered = NOW - days(day)
    journey = Journey.objects.create(
        client=client, playbook=cast.playbook, version=cast.version, stage=stage, stage_entered_at=entered,
        started_at=NOW - days(55),
    )  # fmt: skip
    Stay.objects.create(journey=journey, ordinal=0, stage=stage, entered_at=entered, why="a person moved the client")
    return journey


def _moment(journey: Journey, touchpoint: str, kind: str, channel: str, why: str, **more: Any) -> Moment:
    at = more.pop("at", NOW - timedelta(hours=1))
    values: dict[str, Any] = {"state": "due", "mode": "by_hand", "asks": "by_hand", "minutes": 10, "role": "agent"}
    return Moment.objects.create(
        journey=journey, client=journey.client, key=f"0:{journey.stage}/{touchpoint}/{more.pop('n', 0)}",
        touchpoint=touchpoint, stage=journey.stage, kind=kind, channel=channel, at=at, wanted_at=at,
        local=at.isoformat(), zone=ZONE, why=why, **(values | more),
    )  # fmt: skip


def _lives(cast: Cast) -> None:
    selling = _journey(cast, cast.priya, "selling", 41)
    toms = _journey(cast, cast.tom, "selling", 20)
    anas = _journey(cast, cast.ana, "intake", 9)
    theirs = _journey(cast, cast.okafors, "new", 2)
    kens = _journey(cast, cast.ken, "intake", 6)
    _journey(cast, cast.mbeki, "new", 5)
    Promise.objects.create(
        client=cast.priya, journey=selling, what="the Friday update", due_at=NOW - timedelta(hours=2), stage="selling",
        touchpoint="friday_update", said_by="the playbook", made_at=NOW - days(7),
    )  # fmt: skip
    Promise.objects.create(
        client=cast.priya, what="home live by 20 Oct", due_at=NOW - days(33), said_by="Dana Reyes",
        made_at=NOW - days(45), state="kept", ended_at=NOW - days(34),
    )  # fmt: skip
    _moment(anas, "how_are_you", "relationship", "phone", "14 days since you spoke; she worries about schools")
    _moment(theirs, "street_map", "wow", "letter", "4 days after agreement signed (Tue 18 Nov 2025 10:00)", minutes=25)
    approve = _moment(kens, "proposal", "work", "email", "3 days after home visit was done", mode="approve",
                      asks="approve", minutes=5)  # fmt: skip
    Message.objects.create(
        effect_key="1:proposal:0", moment=approve, client=cast.ken, purpose="service", delivery="must_arrive",
        to_name="Ken Ito", to_address="ken@example.com", from_address="dana@harbour.example",
        subject="Your listing proposal", text="Hello Ken,\n\nhere is what we talked about on Tuesday.\n\nDana",
        message_id="<1@harbour.example>", state="approval", why="3 days after home visit", go_at=NOW, made_at=NOW,
    )  # fmt: skip
    for n, (touchpoint, in_days) in enumerate((("how_are_you", 2), ("friday_update", 6))):
        _moment(selling, touchpoint, "work", "phone", "every 14 days", state="planned", at=NOW + days(in_days), n=n + 5)
    for n in range(12):
        _moment(toms, "friday_update", "work", "email", "every friday", state="done", mode="auto", n=n + 20,
                ended_at=NOW - timedelta(hours=n + 1), at=NOW - timedelta(hours=n + 1))  # fmt: skip
    timeline.record(*_facts(cast, selling, toms))
    Client.objects.filter(pk=cast.priya.pk).update(
        values={"every_day": "one evening without strangers", "the_move": "a garden by spring"},
        memory="Her mother lives with her. Texts before 20:00.", fields={"budget": "640000"},
    )  # fmt: skip
    Consent.objects.create(client=cast.priya, channel="email", purpose="marketing", state="withdrawn",
                           source="by phone", at=NOW - days(30), by="Dana Reyes")  # fmt: skip
    AuditEntry.objects.create(at=NOW - days(1), action="clients.assign", actor_id=cast.dana.pk, actor_name="Dana Reyes",
                              client_id=cast.priya.pk, summary="Gave 1 client to Dana Reyes")  # fmt: skip


def _facts(cast: Cast, selling: Journey, toms: Journey) -> list[NewFact]:
    priya = {"client_id": cast.priya.pk, "journey_id": selling.pk, "stage": "selling"}
    tom = {"client_id": cast.tom.pk, "journey_id": toms.pk, "stage": "selling"}
    said = {"kind": "received", "is_contact": True, "judged_by": "guess"}
    return [
        NewFact(**priya, kind="event", name="agreement_signed", at=NOW - days(47), text="Agreement signed"),
        NewFact(**priya, kind="entered", name="selling", at=NOW - days(41), text="Entered Selling"),
        NewFact(**priya, kind="done", name="street_map", at=NOW - days(33), channel="letter", feeling=2,
                judged_by="person", text="Street map posted; she sent a photo", data={"lane": "wow"}),
        NewFact(**priya, kind="call", name="how_are_you", at=NOW - days(21), channel="phone", feeling=1, solved="yes",
                judged_by="person", is_contact=True, text="Check-in call, 12 minutes", data={"minutes": 12}),
        NewFact(**priya, **said, at=NOW - days(8), channel="sms", feeling=-1, solved="yes",
                text="Nobody told us they were coming."),
        NewFact(**priya, kind="sent", name="showing_notes", at=NOW - days(8), channel="email",
                text="Notes on two viewings"),
        NewFact(**tom, kind="answered", name="csat", at=NOW - days(1), value=3, feeling=-2, judged_by="client",
                text="Nobody told us they were coming.", is_contact=True, channel="email"),
        NewFact(client_id=cast.mbeki.pk, kind="sent", name="welcome_form", at=NOW - days(3), channel="email",
                text="Welcome form"),
        NewFact(client_id=cast.okafors.pk, kind="received", at=NOW - days(1), channel="sms", feeling=2,
                judged_by="client", is_contact=True, text="The children found the tree on the map. Thank you."),
        NewFact(client_id=cast.ana.pk, kind="call", at=NOW - days(14), channel="phone", feeling=0, judged_by="person",
                is_contact=True, text="She asked about schools near the park"),
    ]  # fmt: skip
