"""The tables of the lake: what each is, and of every column its type, its meaning and where it comes from.

Instants are TIMESTAMP in UTC (DuckDB wants the name "at" in quotation marks). A text nobody filled in is NULL.
Numbers in `client`, `journey` and so on are ids.
Columns marked personal tell who somebody is; they are left out unless they are asked for.
"""

from fondly.measure.lake.shape import Column, Table, at, ident, money, number, ref, text, who, yes

SCHEMA = 1  # of sealed files; an older file is read with the columns it has not as NULL
# The number of the id that stands for them; of an id nobody has linked to another a number made of it with our key,
# for without one whoever guesses the id could make the number too.
_VISITOR = "coalesce(v.number, -CAST(md5_number_lower(coalesce(k.value, '') || e.visitor) >> 1 AS BIGINT))"
_CLIENT, _JOURNEY = ref("client", "whose; clients.id"), ref("journey", "of which journey; journeys.id")

INTERACTIONS = Table(
    "interactions",
    "Everything that happened between us and a client: one fact a row",
    (
        ident("number of the fact, in the order it was written down"),
        ref("client", "whose; clients.id of the record that is left after merges"),
        ref("journey", "of which journey; journeys.id"),
        at("at", "when it happened"),
        at("recorded_at", "when we learnt of it"),
        text("kind", "entered, left, event, done, skipped, sent, received, replied, answered, promise, note, call, …"),
        text("name", "the stage, touchpoint, event, survey or reason"),
        text("stage", "the stage the client was in"),
        text("channel", "email, phone, visit, …"),
        text("key", "the moment it belongs to"),
        Column("value", "DOUBLE", "a score"),
        Column("feeling", "SMALLINT", "how the client felt, -2 to +2"),
        text("solved", "whether what the client wanted was done: yes, partly, no"),
        text("judged_by", "who says how they felt: client, person, guess"),
        yes("is_contact", "a real contact in both directions"),
        money("amount_minor", "money in the smallest unit of the client's currency"),
        ref("person", "who of us did it; people.id", "by_id"),
    ),
    "clients_interaction",
    sealed='client, "at", id',
    noted="client",
    monthly=True,
)

_VISITORS = Table(
    "visitors_known",
    "Who visitors are is learnt after their events were sealed, so it is looked up when they are read",
    (text("visitor", "", "v.visitor"), ref("client", "", "v.client_id"), ref("number", "", "stands.id")),
    "events_visitor v JOIN events_visitor stands ON stands.visitor = v.same_as",
)
_VISITORS_KEY = Table(
    "visitors_key",
    "What numbers of visitors are made with",
    (text("value", ""),),
    "(SELECT value FROM ground_setting WHERE name = 'events.visitors_key') AS k",
)

EVENTS = Table(
    "events",
    "What visitors do on our pages and in our apps: one event a row",
    (
        ident("number of the event"),
        ref("client", "whose, if it is known; clients.id", made="v.client"),
        ref("visitor", "the same for everything one visitor does, whoever it is", made=_VISITOR),
        at("at", "when it happened"),
        at("received_at", "when we learnt of it"),
        text("kind", "track, identify, page, screen, group, alias"),
        text("name", "the event, page or screen"),
        who("visitor_id", "the id the visitor came under", made="e.visitor"),
        who("properties", "what was told of it, as JSON"),
        who("context", "browser, address, campaign, …, as JSON"),
    ),
    "events_behaviourevent",
    sealed='visitor, "at", id',
    monthly=True,
    kept=(
        ident(""),
        text("visitor", ""),
        at("at", ""),
        at("received_at", ""),
        text("kind", ""),
        text("name", ""),
        text("properties", ""),
        text("context", ""),
    ),
    beside=(_VISITORS, _VISITORS_KEY),
    joined="LEFT JOIN visitors_known v ON v.visitor = e.visitor LEFT JOIN visitors_key k ON true",
)

CLIENTS = Table(
    "clients",
    "Who we work for, one a row; without names unless they are asked for",
    (
        ident("number of the client"),
        text("kind", "person, household, organisation"),
        text("language", "their language"),
        text("zone", "their time zone"),
        ref("owner", "who of us looks after them; people.id"),
        text("persona", "which of the playbook's personas"),
        text("source", "how they came to us"),
        ref("referrer", "who sent them; clients.id"),
        money("value_minor", "what they are worth so far, in the smallest unit of the currency"),
        text("currency", "of value_minor"),
        Column("feeling", "DOUBLE", "mean of the last five feelings, the newest counting most"),
        at("last_contact_at", "the last real contact in both directions"),
        yes("is_demo", "an example"),
        at("created_at", "when the record was made"),
        ref("merged_into", "the record that is left after a merge; clients.id"),
        at("erased_at", "when everything that tells who they are was erased"),
        who("name", "their name"),
        who("external_id", "their number in another system"),
        who("fields", "the playbook's own fields, as JSON", "CAST(fields AS text)"),
    ),
    "clients_client",
    sealed="id",
    noted="id",
)

JOURNEYS = Table(
    "journeys",
    "Clients living a playbook: one life of one playbook a row",
    (
        ident("number of the journey"),
        _CLIENT,
        ref("playbook", "which playbook; playbooks.playbook"),
        ref("version", "which version of it; playbooks.id"),
        text("state", "active, paused, completed, exited"),
        text("stage", "where they are, or were last"),
        at("stage_entered_at", "since when"),
        at("started_at", "when it began"),
        at("ended_at", "when it ended"),
        text("exit_reason", "why they left"),
        text("exit_stage", "from which stage they left"),
        yes("is_demo", "an example"),
        who("matter", "what it is about: the house sale, the tax year"),
    ),
    "journeys_journey",
    sealed="id",
    noted="id",
)

STAYS = Table(
    "stays",
    "A client's time in a stage: one visit of a stage a row",
    (
        ident("number of the stay"),
        ref("journey", "journeys.id"),
        ref("client", "whose; clients.id", made="j.client"),
        ref("playbook", "which playbook; playbooks.playbook", made="j.playbook"),
        ref("version", "which version; playbooks.id", made="j.version"),
        number("ordinal", "first stay of the journey is 0"),
        text("stage", "which stage"),
        at("entered_at", "from"),
        at("left_at", "until; NULL: still there"),
    ),
    "journeys_stay",
    sealed="id",
    noted="id",
    beside=(JOURNEYS,),
    joined="JOIN journeys j ON j.id = e.journey",
)

_DEPARTMENTS = Table(
    "departments_of_roles",
    "A role may come to another department, so it is looked up when moments are read",
    (text("role", "", "r.name"), text("department", "", "d.name")),
    "team_role r JOIN team_department d ON d.id = r.department_id",
)

MOMENTS = Table(
    "moments",
    "One touchpoint for one client, planned or past",
    (
        ident("number of the moment"),
        ref("journey", "journeys.id"),
        ref("client", "whose; clients.id"),
        text("touchpoint", "which touchpoint"),
        text("stage", "of which stage"),
        text("kind", "work, relationship, wow"),
        text("channel", "how"),
        text("mode", "auto, approve, by_hand"),
        text("state", "planned, due, working, done, skipped, cancelled, uncertain, failed"),
        at("at", "when it is due"),
        at("wanted_at", "when the playbook wanted it, before quiet hours, caps or people moved it"),
        at("ended_at", "when it was done, skipped or cancelled"),
        text("role", "who does such things"),
        text("department", "their department", made="d.department"),
        ref("assignee", "who of us does it; people.id"),
        number("minutes", "how long it usually takes"),
        Column("feeling", "SMALLINT", "how the client felt, -2 to +2"),
        text("solved", "yes, partly, no"),
        money("cost_minor", "what it cost, in the smallest unit"),
        text("override", "what a person decided: skip, at, now"),
    ),
    "journeys_moment",
    sealed="id",
    noted="id",
    beside=(_DEPARTMENTS,),
    joined="LEFT JOIN departments_of_roles d ON d.role = e.role",
)

MESSAGES = Table(
    "messages",
    "E-mails that went or will go",
    (
        ident("number of the message"),
        ref("moment", "moments.id"),
        _CLIENT,
        text("purpose", "service, marketing, survey"),
        text("template", "which template"),
        text("state", "approval, held, sending, sent, uncertain, failed, taken_back, cancelled"),
        at("made_at", "when it was written"),
        at("go_at", "not before"),
        at("ended_at", "when it went, or its end"),
        who("to_address", "to whom"),
        who("subject", "its subject"),
    ),
    "outbox_message",
)

PROMISES = Table(
    "promises",
    "What clients were led to expect",
    (
        ident("number of the promise"),
        _CLIENT,
        _JOURNEY,
        text("state", "open, kept, changed, broken"),
        text("touchpoint", "which touchpoint made it; NULL: a person did"),
        text("stage", "in which stage"),
        at("made_at", "when it was made"),
        at("due_at", "until when"),
        at("ended_at", "when it was kept, changed or broken"),
        who("what", "what was promised"),
    ),
    "promises_promise",
    sealed="id",
    noted="id",
)

OFFERS = Table(
    "offers",
    "What was given to clients, or is asked to be",
    (
        ident("number of the offer"),
        _CLIENT,
        text("name", "which of the playbook's offers; NULL: something else"),
        money("cost_minor", "what it costs, in the smallest unit"),
        text("currency", "of cost_minor"),
        text("state", "waiting, made, declined, taken_back"),
        ref("asked_by", "who of us asked; people.id"),
        at("asked_at", "when it was asked or made"),
        at("decided_at", "when it was decided"),
        who("what", "what is given"),
    ),
    "offers_offer",
)

PLAYBOOKS = Table(
    "playbooks",
    "Every version of every playbook",
    (
        ident("number of the version", "v.id"),
        ref("playbook", "number of the playbook", "v.playbook_id"),
        text("slug", "the playbook's short name", "p.slug"),
        text("name", "the playbook's name", "p.name"),
        text("trade", "whose starter it began with", "p.trade"),
        number("number", "1 is the first version", "v.number"),
        text("state", "draft, live, retired", "v.state"),
        at("published_at", "since when it is lived", "v.published_at"),
        at("retired_at", "since when it is no longer", "v.retired_at"),
    ),
    "playbooks_playbookversion v JOIN playbooks_playbook p ON p.id = v.playbook_id",
)

STAGES = Table(
    "stages",
    "The stages of every version that was ever lived, in their order",
    (
        ref("version", "playbooks.id"),
        ref("playbook", "playbooks.playbook"),
        number("place", "first stage is 0"),
        text("stage", "its name"),
        text("title", "what people read"),
        text("phase", "before, new, ongoing, alumni"),
        text("department", "whose stage it is"),
        text("owner", "the role that answers for it"),
        text("feel", "how a client should feel"),
    ),
)

TOUCHPOINTS = Table(
    "touchpoints",
    "The touchpoints of every version that was ever lived, in their order",
    (
        ref("version", "playbooks.id"),
        ref("playbook", "playbooks.playbook"),
        text("stage", "of which stage"),
        number("place", "first touchpoint of the stage is 0"),
        text("touchpoint", "its name"),
        text("kind", "work, relationship, wow"),
        text("channel", "how"),
        text("mode", "auto, approve, by_hand"),
        text("owner", "the role that does it; NULL: the stage's"),
        text("survey", "the survey it asks"),
        number("minutes", "how long it usually takes"),
        yes("milestone", "whether it marks progress"),
    ),
)

SURVEYS = Table(
    "surveys",
    "The surveys of every version that was ever lived",
    (
        ref("version", "playbooks.id"),
        ref("playbook", "playbooks.playbook"),
        text("survey", "its name"),
        number("low", "the lowest answer"),
        number("high", "the highest answer"),
        text("ask", "the question"),
    ),
)

TARGETS = Table(
    "targets",
    "Whom every version that was ever lived aims at",
    (
        ref("version", "playbooks.id"),
        ref("playbook", "playbooks.playbook"),
        text("persona", "which persona"),
        Column("share", "DOUBLE", "the share of clients who should be such, 0 to 1"),
    ),
)

PEOPLE = Table(
    "people",
    "Who of us works here, one row for each role somebody has",
    (
        ident("number of the user", "u.id"),
        text("role", "of the playbook", "r.name"),
        text("department", "the role's department", "d.name"),
        yes("is_active", "still here", "u.is_active"),
        who("name", "their name", "u.name"),
    ),
    "team_user u LEFT JOIN team_user_roles ur ON ur.user_id = u.id LEFT JOIN team_role r ON r.id = ur.role_id"
    " LEFT JOIN team_department d ON d.id = r.department_id",
)

_ALL = (
    *(INTERACTIONS, EVENTS, CLIENTS, JOURNEYS, STAYS, MOMENTS, MESSAGES, PROMISES, OFFERS),
    *(PLAYBOOKS, STAGES, TOUCHPOINTS, SURVEYS, TARGETS, PEOPLE),
)
TABLES = {table.name: table for table in _ALL}
SEALED = tuple(table for table in _ALL if table.sealed)
NOTED = tuple(table for table in SEALED if table.noted)
