"""What reads answer with: one dataclass a kind of record. The OpenAPI schemas are made from these."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground.models import Errand
from fondly.people.clients.models import Client, Interaction
from fondly.run.journeys.models import Journey as LivedJourney
from fondly.run.journeys.models import Moment as LivedMoment
from fondly.run.outbox.models import Message as KeptMessage


@dataclass(frozen=True, slots=True)
class ClientItem:
    """feeling: -2..+2, the newest of the last five counts most; null when nothing is known. Money in minor units."""

    id: int
    kind: str
    name: str
    first_name: str
    last_name: str
    language: str
    zone: str
    owner_id: int | None
    persona: str
    source: str
    referrer_id: int | None
    fields: dict[str, Any]
    values: dict[str, Any]
    tags: list[str]
    value_minor: int
    currency: str
    external_id: str
    feeling: float | None
    last_contact_at: datetime | None
    is_demo: bool
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class EmailItem:
    address: str
    label: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class PhoneItem:
    number: str
    extension: str
    label: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class ContactItem:
    id: int
    name: str
    relation: str
    is_primary: bool
    emails: list[EmailItem]
    phones: list[PhoneItem]


@dataclass(frozen=True, slots=True)
class WholeClient:
    """One client with everybody reachable for them. memory: what to remember as a person."""

    client: ClientItem
    memory: str
    contacts: list[ContactItem]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a client's timeline."""

    id: int
    client_id: int
    journey_id: int | None
    at: datetime
    recorded_at: datetime
    kind: str
    name: str
    stage: str
    channel: str
    text: str
    value: float | None
    feeling: int | None
    solved: str
    judged_by: str
    is_contact: bool
    amount_minor: int | None
    resource: str
    by_id: int | None
    source: str
    external_id: str


@dataclass(frozen=True, slots=True)
class JourneyItem:
    id: int
    client_id: int
    playbook_id: int
    version_id: int
    matter: str
    state: str
    stage: str
    stage_entered_at: datetime
    started_at: datetime
    ended_at: datetime | None
    exit_reason: str
    exit_stage: str
    paused_until: datetime | None
    next_moment_at: datetime | None
    revision: int
    is_demo: bool


@dataclass(frozen=True, slots=True)
class MomentItem:
    """asks: why a due moment waits for a person: by_hand, approve, late, failed."""

    id: int
    journey_id: int
    client_id: int
    key: str
    touchpoint: str
    stage: str
    kind: str
    channel: str
    mode: str
    state: str
    asks: str
    at: datetime
    local: str
    zone: str
    why: str
    role: str
    assignee_id: int | None
    minutes: int
    ended_at: datetime | None
    ended_by: str
    reason: str
    feeling: int | None
    solved: str
    note: str
    cost_minor: int | None
    revision: int


@dataclass(frozen=True, slots=True)
class MessageItem:
    id: int
    client_id: int
    moment_id: int | None
    purpose: str
    template: str
    to_name: str
    to_address: str
    from_address: str
    subject: str
    text: str
    state: str
    why: str
    held_why: str
    go_at: datetime
    made_at: datetime
    ended_at: datetime | None
    attempts_made: int
    revision: int


@dataclass(frozen=True, slots=True)
class VersionItem:
    id: int
    number: int
    state: str
    note: str
    score: dict[str, Any]
    made_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlaybookItem:
    id: int
    slug: str
    name: str
    trade: str
    is_demo: bool
    made_at: datetime
    versions: list[VersionItem]


@dataclass(frozen=True, slots=True)
class Count:
    """facts: how often it happened; journeys: in how many different journeys."""

    name: str
    journeys: int
    facts: int


@dataclass(frozen=True, slots=True)
class ExitCount:
    """Journeys of one playbook by how they stand: state, why they ended, and the stage they are or were in."""

    state: str
    exit_reason: str
    stage: str
    journeys: int


def _plain(kind: type, row: Any) -> Any:
    return kind(**{field.name: getattr(row, field.name) for field in dataclasses.fields(kind)})


def client(row: Client) -> ClientItem:
    known = {field.name: getattr(row, field.name) for field in dataclasses.fields(ClientItem)}
    return ClientItem(**known | {"tags": sorted(tag.name for tag in row.tags.all())})


def whole_client(row: Client) -> WholeClient:
    return WholeClient(client(row), row.memory, [_contact(contact) for contact in row.contacts.all()])


def _contact(row: Any) -> ContactItem:
    emails = [_plain(EmailItem, email) for email in row.emails.all()]
    phones = [_plain(PhoneItem, phone) for phone in row.phones.all()]
    return ContactItem(row.pk, row.name, row.relation, row.is_primary, emails, phones)


def fact(row: Interaction) -> Fact:
    item: Fact = _plain(Fact, row)
    return item


def journey(row: LivedJourney) -> JourneyItem:
    item: JourneyItem = _plain(JourneyItem, row)
    return item


def moment(row: LivedMoment) -> MomentItem:
    item: MomentItem = _plain(MomentItem, row)
    return item


def message(row: KeptMessage) -> MessageItem:
    item: MessageItem = _plain(MessageItem, row)
    return item


def playbook(row: Playbook) -> PlaybookItem:
    versions = [_version(version) for version in row.versions.all()]
    return PlaybookItem(row.pk, row.slug, row.name, row.trade, row.is_demo, row.made_at, versions)


def _version(row: PlaybookVersion) -> VersionItem:
    item: VersionItem = _plain(VersionItem, row)
    return item


@dataclass(frozen=True, slots=True)
class ErrandItem:
    """A long action. state: waiting, running, done, stopped or failed; result: as the action's, at its end."""

    id: int
    action: str
    state: str
    done: int
    total: int
    summary: str
    result: dict[str, Any]
    error: str
    audit_id: int | None
    made_at: datetime
    ended_at: datetime | None


def errand(found: Errand) -> ErrandItem:
    return ErrandItem(**{field.name: getattr(found, field.name) for field in dataclasses.fields(ErrandItem)})
