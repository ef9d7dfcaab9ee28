"""The tables of the lake: what each is, and of every column its type, its meaning and where it comes from.

Instants are TIMESTAMP in UTC (DuckDB wants the name "at" in quotation marks). A text nobody filled in is NULL.
Numbers in `client`, `journey` and so on are ids.
Columns marked personal tell who somebody is; they are left out unless they are asked for.
"""

from dataclasses import dataclass
from typing import Literal

SCHEMA = 1  # of sealed files; an older file is read with the columns it has not as NULL
Type = Literal["BIGINT", "INTEGER", "SMALLINT", "DOUBLE", "BOOLEAN", "VARCHAR", "TIMESTAMP"]


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    meaning: str
    sql: str = ""  # the column of the database, or an expression; empty: the same name
    personal: bool = False

    @property
    def stored(self) -> str:
        return self.sql or self.name


@dataclass(frozen=True, slots=True)
class Table:
    """source: the FROM part in the database; empty where the rows are made from the playbooks' texts.

    sealed: in which order the rows lie in the lake's files; empty where there are none.
    kept: the columns of those files, where they are not the ones people see. Then `sql` of a column that is seen tells
    how it is made of `e`, a kept row, and `v`, what is known of its visitor.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    source: str = ""
    sealed: str = ""
    kept: tuple[Column, ...] = ()

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns as they are in the database and in the files."""
        return self.kept or self.columns

    def shown(self, personal: bool) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if personal or not column.personal)


def _id(meaning: str, sql: str = "") -> Column:
    return Column("id", "BIGINT", meaning, sql)


def _ref(name: str, meaning: str, sql: str = "") -> Column:
    return Column(name, "BIGINT", meaning, sql or f"{name}_id")


def _text(name: str, meaning: str, sql: str = "") -> Column:
    return Column(name, "VARCHAR", meaning, sql)


def _who(name: str, meaning: str, sql: str = "") -> Column:
    return Column(name, "VARCHAR", meaning, sql, personal=True)


def _at(name: str, meaning: str, sql: str = "") -> Column:
    return Column(name, "TIMESTAMP", meaning, sql)


def _yes(name: str, meaning: str, sql: str = "") -> Column:
    return Column(name, "BOOLEAN", meaning, sql)


def _money(name: str, meaning: str) -> Column:
    return Column(name, "BIGINT", meaning)


# The number of the id that stands for them; of an id nobody has linked to another a number made of it.
_VISITOR = "coalesce(v.number, -CAST(md5_number_lower(e.visitor) >> 1 AS BIGINT))"
_CLIENT, _JOURNEY = _ref("client", "whose; clients.id"), _ref("journey", "of which journey; journeys.id")

INTERACTIONS = Table(
    "interactions",
    "Everything that happened between us and a client: one fact a row",
    (
        _id("number of the fact, in the order it was written down"),
        _ref("client", "whose; clients.id of the record that is left after merges"),
        _ref("journey", "of which journey; journeys.id"),
        _at("at", "when it happened"),
        _at("recorded_at", "when we learnt of it"),
        _text("kind", "entered, left, event, done, skipped, sent, received, replied, answered, promise, note, call, …"),
        _text("name", "the stage, touchpoint, event, survey or reason"),
        _text("stage", "the stage the client was in"),
        _text("channel", "email, phone, visit, …"),
        _text("key", "the moment it belongs to"),
        Column("value", "DOUBLE", "a score"),
        Column("feeling", "SMALLINT", "how the client felt, -2 to +2"),
        _text("solved", "whether what the client wanted was done: yes, partly, no"),
        _text("judged_by", "who says how they felt: client, person, guess"),
        _yes("is_contact", "a real contact in both directions"),
        _money("amount_minor", "money in the smallest unit of the client's currency"),
        _ref("person", "who of us did it; people.id", "by_id"),
    ),
    "clients_interaction",
    sealed='client, "at", id',
)

EVENTS = Table(
    "events",
    "What visitors do on our pages and in our apps: one event a row",
    (
        _id("number of the event", "e.id"),
        _ref("client", "whose, if it is known; clients.id", "v.client"),
        _ref("visitor", "the same for everything one visitor does, whoever it is", _VISITOR),
        _at("at", "when it happened", 'e."at"'),
        _at("received_at", "when we learnt of it", "e.received_at"),
        _text("kind", "track, identify, page, screen, group, alias", "e.kind"),
        _text("name", "the event, page or screen", "e.name"),
        _who("visitor_id", "the id the visitor came under", "e.visitor"),
        _who("properties", "what was told of it, as JSON", "e.properties"),
        _who("context", "browser, address, campaign, …, as JSON", "e.context"),
    ),
    "events_behaviourevent",
    sealed='visitor, "at", id',
    kept=(
        _id(""),
        _text("visitor", ""),
        _at("at", ""),
        _at("received_at", ""),
        _text("kind", ""),
        _text("name", ""),
        _text("properties", ""),
        _text("context", ""),
    ),
)

CLIENTS = Table(
    "clients",
    "Who we work for, one a row; without names unless they are asked for",
    (
        _id("number of the client"),
        _text("kind", "person, household, organisation"),
        _text("language", "their language"),
        _text("zone", "their time zone"),
        _ref("owner", "who of us looks after them; people.id"),
        _text("persona", "which of the playbook's personas"),
        _text("source", "how they came to us"),
        _ref("referrer", "who sent them; clients.id"),
        Column("value_minor", "BIGINT", "what they are worth so far, in the smallest unit of the currency"),
        _text("currency", "of value_minor"),
        Column("feeling", "DOUBLE", "mean of the last five feelings, the newest counting most"),
        _at("last_contact_at", "the last real contact in both directions"),
        _yes("is_demo", "an example"),
        _at("created_at", "when the record was made"),
        _ref("merged_into", "the record that is left after a merge; clients.id"),
        _at("erased_at", "when everything that tells who they are was erased"),
        _who("name", "their name"),
        _who("external_id", "their number in another system"),
        _who("fields", "the playbook's own fields, as JSON", "CAST(fields AS text)"),
    ),
    "clients_client",
)

JOURNEYS = Table(
    "journeys",
    "Clients living a playbook: one life of one playbook a row",
    (
        _id("number of the journey"),
        _CLIENT,
        _ref("playbook", "which playbook; playbooks.playbook"),
        _ref("version", "which version of it; playbooks.id"),
        _text("state", "active, paused, completed, exited"),
        _text("stage", "where they are, or were last"),
        _at("stage_entered_at", "since when"),
        _at("started_at", "when it began"),
        _at("ended_at", "when it ended"),
        _text("exit_reason", "why they left"),
        _text("exit_stage", "from which stage they left"),
        _yes("is_demo", "an example"),
        _who("matter", "what it is about: the house sale, the tax year"),
    ),
    "journeys_journey",
)

STAYS = Table(
    "stays",
    "A client's time in a stage: one visit of a stage a row",
    (
        _id("number of the stay", "s.id"),
        _ref("journey", "journeys.id", "s.journey_id"),
        _ref("client", "whose; clients.id", "j.client_id"),
        _ref("playbook", "which playbook; playbooks.playbook", "j.playbook_id"),
        _ref("version", "which version; playbooks.id", "j.version_id"),
        Column("ordinal", "INTEGER", "first stay of the journey is 0", "s.ordinal"),
        _text("stage", "which stage", "s.stage"),
        _at("entered_at", "from", "s.entered_at"),
        _at("left_at", "until; NULL: still there", "s.left_at"),
    ),
    "journeys_stay s JOIN journeys_journey j ON j.id = s.journey_id",
)

MOMENTS = Table(
    "moments",
    "One touchpoint for one client, planned or past",
    (
        _id("number of the moment", "m.id"),
        _ref("journey", "journeys.id", "m.journey_id"),
        _ref("client", "whose; clients.id", "m.client_id"),
        _text("touchpoint", "which touchpoint", "m.touchpoint"),
        _text("stage", "of which stage", "m.stage"),
        _text("kind", "work, relationship, wow", "m.kind"),
        _text("channel", "how", "m.channel"),
        _text("mode", "auto, approve, by_hand", "m.mode"),
        _text("state", "planned, due, working, done, skipped, cancelled, uncertain, failed", "m.state"),
        _at("at", "when it is due", "m.at"),
        _at("wanted_at", "when the playbook wanted it, before quiet hours, caps or people moved it", "m.wanted_at"),
        _at("ended_at", "when it was done, skipped or cancelled", "m.ended_at"),
        _text("role", "who does such things", "m.role"),
        _text("department", "their department", "d.name"),
        _ref("assignee", "who of us does it; people.id", "m.assignee_id"),
        Column("minutes", "INTEGER", "how long it usually takes", "m.minutes"),
        Column("feeling", "SMALLINT", "how the client felt, -2 to +2", "m.feeling"),
        _text("solved", "yes, partly, no", "m.solved"),
        Column("cost_minor", "BIGINT", "what it cost, in the smallest unit", "m.cost_minor"),
        Column("override", "VARCHAR", "what a person decided: skip, at, now", "m.override"),
    ),
    "journeys_moment m LEFT JOIN team_role r ON r.name = m.role LEFT JOIN team_department d ON d.id = r.department_id",
)

MESSAGES = Table(
    "messages",
    "E-mails that went or will go",
    (
        _id("number of the message"),
        _ref("moment", "moments.id"),
        _CLIENT,
        _text("purpose", "service, marketing, survey"),
        _text("template", "which template"),
        _text("state", "approval, held, sending, sent, uncertain, failed, taken_back, cancelled"),
        _at("made_at", "when it was written"),
        _at("go_at", "not before"),
        _at("ended_at", "when it went, or its end"),
        _who("to_address", "to whom"),
        _who("subject", "its subject"),
    ),
    "outbox_message",
)

PROMISES = Table(
    "promises",
    "What clients were led to expect",
    (
        _id("number of the promise"),
        _CLIENT,
        _JOURNEY,
        _text("state", "open, kept, changed, broken"),
        _text("touchpoint", "which touchpoint made it; NULL: a person did"),
        _text("stage", "in which stage"),
        _at("made_at", "when it was made"),
        _at("due_at", "until when"),
        _at("ended_at", "when it was kept, changed or broken"),
        _who("what", "what was promised"),
    ),
    "promises_promise",
)

OFFERS = Table(
    "offers",
    "What was given to clients, or is asked to be",
    (
        _id("number of the offer"),
        _CLIENT,
        _text("name", "which of the playbook's offers; NULL: something else"),
        _money("cost_minor", "what it costs, in the smallest unit"),
        _text("currency", "of cost_minor"),
        _text("state", "waiting, made, declined, taken_back"),
        _ref("asked_by", "who of us asked; people.id"),
        _at("asked_at", "when it was asked or made"),
        _at("decided_at", "when it was decided"),
        _who("what", "what is given"),
    ),
    "offers_offer",
)

PLAYBOOKS = Table(
    "playbooks",
    "Every version of every playbook",
    (
        _id("number of the version", "v.id"),
        _ref("playbook", "number of the playbook", "v.playbook_id"),
        _text("slug", "the playbook's short name", "p.slug"),
        _text("name", "the playbook's name", "p.name"),
        _text("trade", "whose starter it began with", "p.trade"),
        Column("number", "INTEGER", "1 is the first version", "v.number"),
        _text("state", "draft, live, retired", "v.state"),
        _at("published_at", "since when it is lived", "v.published_at"),
        _at("retired_at", "since when it is no longer", "v.retired_at"),
    ),
    "playbooks_playbookversion v JOIN playbooks_playbook p ON p.id = v.playbook_id",
)

STAGES = Table(
    "stages",
    "The stages of every version that was ever lived, in their order",
    (
        _ref("version", "playbooks.id"),
        _ref("playbook", "playbooks.playbook"),
        Column("place", "INTEGER", "first stage is 0"),
        _text("stage", "its name"),
        _text("title", "what people read"),
        _text("phase", "before, new, ongoing, alumni"),
        _text("department", "whose stage it is"),
        _text("owner", "the role that answers for it"),
        _text("feel", "how a client should feel"),
    ),
)

TOUCHPOINTS = Table(
    "touchpoints",
    "The touchpoints of every version that was ever lived, in their order",
    (
        _ref("version", "playbooks.id"),
        _ref("playbook", "playbooks.playbook"),
        _text("stage", "of which stage"),
        Column("place", "INTEGER", "first touchpoint of the stage is 0"),
        _text("touchpoint", "its name"),
        _text("kind", "work, relationship, wow"),
        _text("channel", "how"),
        _text("mode", "auto, approve, by_hand"),
        _text("owner", "the role that does it; NULL: the stage's"),
        _text("survey", "the survey it asks"),
        Column("minutes", "INTEGER", "how long it usually takes"),
        _yes("milestone", "whether it marks progress"),
    ),
)

SURVEYS = Table(
    "surveys",
    "The surveys of every version that was ever lived",
    (
        _ref("version", "playbooks.id"),
        _ref("playbook", "playbooks.playbook"),
        _text("survey", "its name"),
        Column("low", "INTEGER", "the lowest answer"),
        Column("high", "INTEGER", "the highest answer"),
        _text("ask", "the question"),
    ),
)

TARGETS = Table(
    "targets",
    "Whom every version that was ever lived aims at",
    (
        _ref("version", "playbooks.id"),
        _ref("playbook", "playbooks.playbook"),
        _text("persona", "which persona"),
        Column("share", "DOUBLE", "the share of clients who should be such, 0 to 1"),
    ),
)

PEOPLE = Table(
    "people",
    "Who of us works here, one row for each role somebody has",
    (
        _id("number of the user", "u.id"),
        _text("role", "of the playbook", "r.name"),
        _text("department", "the role's department", "d.name"),
        _yes("is_active", "still here", "u.is_active"),
        _who("name", "their name", "u.name"),
    ),
    "team_user u LEFT JOIN team_user_roles ur ON ur.user_id = u.id LEFT JOIN team_role r ON r.id = ur.role_id"
    " LEFT JOIN team_department d ON d.id = r.department_id",
)

_ALL = (
    *(INTERACTIONS, EVENTS, CLIENTS, JOURNEYS, STAYS, MOMENTS, MESSAGES, PROMISES, OFFERS),
    *(PLAYBOOKS, STAGES, TOUCHPOINTS, SURVEYS, TARGETS, PEOPLE),
)
TABLES = {table.name: table for table in _ALL}
