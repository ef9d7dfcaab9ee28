"""Everything the Client page shows, in five queries, and one for a playbook not seen yet."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, FilteredRelation, Q
from django.db.models.expressions import RawSQL

from fondly.core.playbook.model import Playbook as Book
from fondly.core.words import capital, heading, words_of
from fondly.doors.web import books, timeline_words
from fondly.ground.action import NotFound
from fondly.ground.wording import gettext as _
from fondly.listen.promises.models import Promise
from fondly.people.clients import queries
from fondly.people.clients.models import Client, Consent, Interaction
from fondly.people.team.screens import page_key
from fondly.run.journeys.models import Journey, Moment

PAGE = 40
COMING_MOST = 30
VOID = "void"  # the source of notes that take another fact back
GROUPS: dict[str, tuple[str, ...]] = {
    "talks": ("call", "meeting", "note"),
    "messages": ("sent", "received", "replied"),
    "answers": ("answered",),
    "journey": ("entered", "left", "event", "done", "skipped", "exited", "paused", "resumed", "promise", "offered"),
    "record": ("consent", "field", "merged", "imported"),
}
_SAID = ("received", "replied", "answered")


@dataclass(frozen=True, slots=True)
class Item:
    """One fact as the timeline shows it."""

    id: int
    at: datetime
    kind: str
    lane: str
    text: str
    said: bool
    meta: str
    feeling: int | None
    solved: str
    judge: str
    guess: bool
    late: bool = False


@dataclass(frozen=True, slots=True)
class Coming:
    id: int
    what: str
    kind: str
    channel: str
    at: datetime
    why: str
    state: str
    revision: int


@dataclass(slots=True)
class Lived:
    """One journey with its playbook and what is planned on it."""

    id: int
    playbook: str
    matter: str
    state: str
    stage: str
    stage_title: str
    day: int
    usual: str  # "90 days": how long this stage usually lasts
    paused_until: datetime | None
    paused_why: str
    exit_reason: str
    ended_at: datetime | None
    stages: list[dict[str, str]]
    past: list[str]
    coming: list[Coming] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Person:
    """A contact of the client and the ways to reach them."""

    id: int
    name: str
    relation: str
    emails: list[tuple[int, str]]
    phones: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Page:
    client: Client
    people: list[Person]
    items: list[Item]
    older: str
    journeys: list[Lived]
    promises: list[Promise]
    consents: list[Consent]
    tags: list[str]
    stands: list[tuple[str, str, datetime | None]]  # (sentence, where it is from, when they said it)
    show: str

    @property
    def living(self) -> list[Lived]:
        return [j for j in self.journeys if j.state in ("active", "paused")]

    @property
    def coming(self) -> list[Coming]:
        return sorted((c for j in self.journeys for c in j.coming), key=lambda c: c.at)[:COMING_MOST]

    @property
    def phone(self) -> str:
        return next((number for person in self.people for _pk, number in person.phones), "")

    @property
    def email(self) -> str:
        return next((address for person in self.people for _pk, address in person.emails), "")


def load(client_id: int, now: datetime, show: str = "", older: str = "") -> Page:
    """Raises NotFound (also for erased clients; a merged one is found by its survivor's number)."""
    client, people = _client(client_id)
    journeys = _journeys(client_id, now)
    promises = list(Promise.objects.filter(client=client_id).order_by("-made_at")[:20])
    facts, further = timeline(client_id, show, older)
    items = [_item(fact, _titles(journeys), {p.pk: p.due_at for p in promises}) for fact in facts]
    return Page(
        client=client,
        people=people,
        items=items,
        older=further,
        journeys=journeys,
        promises=promises,
        consents=list(Consent.objects.filter(client=client_id).order_by("-at", "-id")[:60]),
        tags=queries.tag_names(client.tag_names),  # type: ignore[attr-defined]
        stands=_stands(client, items),
        show=show,
    )


def timeline(client_id: int, show: str = "", older: str = "") -> tuple[list[Interaction], str]:
    """Forty facts, newest first, before the key `older`; and the key to go on with ("" at the end)."""
    facts = Interaction.objects.filter(client=client_id)
    if show in GROUPS:
        facts = facts.filter(kind__in=GROUPS[show])
    if key := page_key(older):
        facts = facts.filter(at__lte=key[0]).filter(Q(at__lt=key[0]) | Q(at=key[0], pk__lt=key[1]))
    rows = list(facts.order_by("-at", "-id")[: PAGE + 1])
    more = f"{rows[PAGE - 1].at.isoformat()}~{rows[PAGE - 1].pk}" if len(rows) > PAGE else ""
    void = {row.external_id for row in rows if row.source == VOID}
    return [row for row in rows[:PAGE] if row.source != VOID and str(row.pk) not in void], more


def _titles(journeys: list[Lived]) -> dict[str, str]:
    """Stage titles by name; those of the newest journey win."""
    return {stage["name"]: stage["title"] for lived in reversed(journeys) for stage in lived.stages}


def _item(fact: Interaction, titles: dict[str, str], due: dict[int, datetime | None]) -> Item:
    said = fact.kind in _SAID and bool(fact.text)
    return Item(
        id=fact.pk,
        at=fact.at,
        kind=fact.kind,
        lane=str(fact.data.get("lane") or fact.data.get("kind") or ""),
        text=fact.text if said else timeline_words.sentence(fact, titles, due),
        said=said,
        meta=timeline_words.about(fact),
        feeling=fact.feeling,
        solved=fact.solved,
        judge=timeline_words.judge(fact),
        guess=fact.judged_by == "guess",
        late=fact.kind == "promise" and fact.name in ("broken", "late"),
    )


def _client(client_id: int) -> tuple[Client, list[Person]]:
    """The client with owner, referrer and tags, and all contacts, in one query."""
    rows = list(
        Client.objects.filter(pk=client_id)
        .select_related("owner", "referrer")
        .annotate(
            contact_id_=F("contacts__id"), contact_name=F("contacts__name"), relation=F("contacts__relation"),
            primary=F("contacts__is_primary"), email_id=F("contacts__emails__id"), email=F("contacts__emails__address"),
            phone_id=F("contacts__phones__id"), phone=F("contacts__phones__number"),
            tag_names=RawSQL(queries.tags_of("clients_client.id"), ()),  # noqa: S611 - our own names
        )
        .order_by("-primary", "contact_id_", "email_id", "phone_id")
    )  # fmt: skip
    if not rows or rows[0].erased_at is not None:
        raise NotFound(_("There is no such client. The record may have been erased."))
    people: dict[int, Person] = {}
    for row in rows:
        if row.contact_id_:
            person = people.setdefault(row.contact_id_, Person(row.contact_id_, row.contact_name, row.relation, [], []))
            _once(person.emails, row.email_id, row.email)
            _once(person.phones, row.phone_id, row.phone)
    return rows[0], list(people.values())


def _once(known: list[tuple[int, str]], pk: int | None, text: str | None) -> None:
    if pk and text and (pk, text) not in known:
        known.append((pk, text))


def _journeys(client_id: int, now: datetime) -> list[Lived]:
    """Every journey with what is planned or due on it, in one query."""
    open_states = (Moment.State.PLANNED, Moment.State.DUE, Moment.State.UNCERTAIN, Moment.State.FAILED)
    rows = (
        Journey.objects.filter(client=client_id)
        .select_related("playbook")
        .annotate(
            waiting=FilteredRelation("moments", condition=Q(moments__state__in=open_states)),
            hash=F("version__content_hash"), m_id=F("waiting__id"), m_touchpoint=F("waiting__touchpoint"),
            m_kind=F("waiting__kind"), m_channel=F("waiting__channel"), m_at=F("waiting__at"), m_why=F("waiting__why"),
            m_state=F("waiting__state"), m_revision=F("waiting__revision"),
        )
        .order_by("-started_at", "-id", "m_at")[:200]
    )  # fmt: skip
    found: dict[int, Lived] = {}
    for row in rows:
        lived = found.get(row.pk) or found.setdefault(row.pk, _lived(row, now))
        if row.m_id:  # type: ignore[attr-defined]
            lived.coming.append(_coming(row))
    return list(found.values())


def _coming(row: Any) -> Coming:
    return Coming(row.m_id, heading(row.m_touchpoint), row.m_kind, row.m_channel, row.m_at, capital(row.m_why),
                  row.m_state, row.m_revision)  # fmt: skip


def _lived(row: Any, now: datetime) -> Lived:
    book: Book | None = books.book_of(row.version_id, row.hash)
    names = list(book.stages) if book else [row.stage]
    stage = book.stages.get(row.stage) if book else None
    return Lived(
        id=row.pk,
        playbook=row.playbook.name,
        matter=row.matter,
        state=row.state,
        stage=row.stage,
        stage_title=books.stage_title(book, row.stage),
        day=(now - row.stage_entered_at).days + 1,
        usual=str(stage.length) if stage and stage.length else "",
        paused_until=row.paused_until,
        paused_why=row.paused_why,
        exit_reason=row.exit_reason,
        ended_at=row.ended_at,
        stages=[{"name": name, "title": books.stage_title(book, name)} for name in names],
        past=names[: names.index(row.stage)] if row.stage in names else [],
    )


def _stands(client: Client, items: list[Item]) -> list[tuple[str, str, datetime | None]]:
    """Two sentences in their own words: what matters to them, and the last thing they said; else two they said."""
    found: list[tuple[str, str, datetime | None]] = []
    if client.values:
        matters = "; ".join(f"{words_of(q)}: {a}" for q, a in sorted(client.values.items())[:2])
        found.append((capital(matters) + ".", _("what matters, in their words"), None))
    said = [item for item in items if item.said]
    other = next((item for item in said if _felt(item) != _felt(said[0])), None)
    for item in [*said[:1], *([other] if other else said[1:2])][: 2 - len(found)]:
        found.append((f"“{item.text}”", item.meta.lower(), item.at))
    return found


def _felt(item: Item) -> tuple[bool, bool]:
    """Whether it felt better or worse than even."""
    feeling = item.feeling or 0
    return feeling > 0, feeling < 0
