"""What needs somebody now, and why: the query behind Today. Six queries at any size of install."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import ngettext

from fondly.ground.branches import copies, counts, ids, statement
from fondly.ground.wording import gettext as _
from fondly.people.clients.models import Client, Interaction
from fondly.people.team.models import Cover, Role, User
from fondly.people.team.screens import page_key
from fondly.run.journeys import today_words as words
from fondly.run.journeys.asking import asking_touchpoints
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox.models import Message

MOST = 50  # rows shown per group; a longer day says so
CAP = 99
LATE = timedelta(days=2)  # a moment this long past its time is late whatever its playbook says
UNEASY_DAYS, GOOD_DAYS, WAITING_DAYS = 7, 2, 14
WAITING_MOST = 20
LOOKED_AT = 150  # newest facts of each feeling
ASKED_AT = 25  # newest of each thing asked for
_KIND, _NAME = "\0kind", "\0name"  # stand for values in a statement that is used many times


@dataclass(frozen=True, slots=True)
class Row:
    """One thing for a person. `sort` orders it inside its group; `order` says so in words."""

    id: str
    client_id: int
    name: str
    what: str
    why: str
    kind: str  # work, relationship, wow, late, bad, ...: the tag
    word: str
    button: str
    page: str  # URL name of what the button opens
    page_id: int
    order: str
    sort: tuple[float, ...]
    minutes: int = 0
    can_wait: bool = False  # may be put off with H
    can_do: bool = False  # its button could as well say that it is done; that can be undone
    said: str = ""  # the client's own words


@dataclass(frozen=True, slots=True)
class Today:
    first: list[Row] = field(default_factory=list)
    due: list[Row] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    good: list[Row] = field(default_factory=list)
    ran: int = 0  # things Fondly did by itself since yesterday, at most 100

    @property
    def count(self) -> int:
        return len(self.first) + len(self.due)

    @property
    def minutes(self) -> int:
        return sum(row.minutes for row in (*self.first, *self.due))


Source = Callable[[User, datetime, bool], list[Row]]
sources: list[Source] = []  # rooms above add what comes before anything else: (user, now, everyone) -> rows


def today(user: User, now: datetime, until: datetime, *, everyone: bool = False) -> Today:
    """All groups for one person. until: the end of the person's day. everyone: not only mine."""
    late, due = _moments(user, now, until, everyone)
    uneasy, glad = _felt(user, now, everyone)
    more = [row for source in sources for row in source(user, now, everyone)]
    first = sorted([*more, *late, *uneasy, *_uncertain(user, everyone)], key=lambda r: r.sort)
    return Today(
        first=first,
        due=sorted(due, key=lambda r: r.sort),
        waiting=_waiting(user, now, everyone),
        good=glad,
        ran=_ran(user, now, everyone),
    )


def kindness(user: User) -> Client | None:
    """Whom of mine, on a running journey, nobody has talked to for longest."""
    running = Journey.objects.filter(client=OuterRef("pk"), state=Journey.State.ACTIVE)
    mine_ = Client.objects.filter(_owner_is(user, ""), merged_into=None, erased_at=None, last_contact_at__isnull=False)
    return mine_.filter(Exists(running)).order_by("last_contact_at", "id").first()


def badge(user: User) -> "QuerySet[Moment]":
    """The moments that wait for this person."""
    return mine(Moment.objects.filter(state=Moment.State.DUE), user)


def mine(moments: "QuerySet[Moment]", user: User) -> "QuerySet[Moment]":
    """Those assigned to me or whom I cover for, and the unassigned of our roles.

    What belongs to a role nobody has goes to admins, so that nothing is forgotten.
    """
    people, roles = _people(user), _roles(user)
    scope = Q(assignee__in=people) | Q(assignee=user.pk) | Q(assignee=None, role__in=roles)
    if user.is_admin:
        held = Role.objects.filter(users__is_active=True).values("name")
        scope |= Q(assignee=None) & ~Q(role__in=held)
    return moments.filter(scope)


def _moments(user: User, now: datetime, until: datetime, everyone: bool) -> tuple[list[Row], list[Row]]:
    found = Moment.objects.filter(state=Moment.State.DUE, at__lte=until)
    found = found if everyone else mine(found, user)
    client = {"name": F("client__name"), "who": F("client__kind"), "felt": F("client__feeling")}
    rows = found.order_by("at", "id").values(*words.MOMENT_FIELDS, **client)
    late: list[Row] = []
    due: list[Row] = []
    for moment in rows[:MOST]:
        is_late = moment["asks"] in ("late", "failed") or now - moment["at"] >= LATE
        (late if is_late else due).append(words.moment_row(moment, now, is_late))
    return late, due


def _felt(user: User, now: datetime, everyone: bool) -> tuple[list[Row], list[Row]]:
    """Clients whose newest feeling is uneasy and not solved since; and who was delighted."""
    later = Interaction.objects.filter(client=OuterRef("client"), at__gt=OuterRef("at"), solved=Interaction.Solved.YES)
    facts = _of_mine(Interaction.objects.filter(at__lte=now).order_by("-at"), user, everyone)
    bad = facts.filter(feeling=-1, at__gte=now - timedelta(days=UNEASY_DAYS)).exclude(solved=Interaction.Solved.YES)
    good = facts.filter(feeling=2, at__gte=now - timedelta(days=GOOD_DAYS))
    looked = [*copies(statement(bad[:LOOKED_AT]), ({}, {-1: -2})), statement(good[:LOOKED_AT])]
    among = Interaction.objects.filter(pk__in=ids(looked))
    newest = among.filter(Q(feeling=2) | ~Exists(later)).order_by("-at", "-id")
    uneasy: dict[int, Row] = {}
    glad: dict[int, Row] = {}
    for fact in newest.values(*words.FELT_FIELDS)[: 2 * MOST]:
        recent = fact["client__recent_feelings"] or [fact["feeling"]]
        if fact["feeling"] == 2:
            glad.setdefault(fact["client_id"], words.glad_row(fact))
        elif fact["feeling"] < 0 and recent[-1] <= -1:
            uneasy.setdefault(fact["client_id"], words.uneasy_row(fact, now))
    return list(uneasy.values()), list(glad.values())


def _waiting(user: User, now: datetime, everyone: bool) -> list[Row]:
    """What we asked clients for that has not come back: the longest wait first."""
    asking = asking_touchpoints()
    since = now - timedelta(days=WAITING_DAYS)
    if not asking:
        return []
    asked = Interaction.objects.filter(kind=_KIND, name=_NAME, at__gte=since, at__lte=now).order_by("-at")
    one = statement(_of_mine(asked, user, everyone)[:ASKED_AT])
    each = copies(one, ({_KIND: kind, _NAME: name} for kind in ("sent", "done") for name in asking))
    back = Interaction.objects.filter(
        client=OuterRef("client"), at__gt=OuterRef("at"), kind__in=("answered", "replied", "received", "event")
    )
    rows: dict[tuple[int, str], Row] = {}
    open_ones = Interaction.objects.filter(~Exists(back), pk__in=ids(each)).order_by("at", "id")
    for fact in open_ones.values(*words.FELT_FIELDS)[:WAITING_MOST]:
        rows[fact["client_id"], fact["name"]] = words.waiting_row(fact, asking[fact["name"]], now)
    return list(rows.values())


def _uncertain(user: User, everyone: bool) -> Iterable[Row]:
    """Mine among all of them: the badge of the Outbox counts all and need not ask again."""
    found = Message.objects.filter(state=Message.State.UNCERTAIN).order_by("-go_at", "-id")
    own = Value(True) if everyone else Case(When(owned(user), then=True), default=False)
    columns = ("id", "client_id", "subject", "go_at")
    rows = list(found.values(*columns, name=F("client__name"), own=own)[: CAP + 1])
    user.outbox_count = len(rows)  # type: ignore[attr-defined]
    return [words.uncertain_row(dict(message)) for message in rows if message["own"]]


def _ran(user: User, now: datetime, everyone: bool) -> int:
    """How much ran by itself; where everyone's day is shown, my own is counted with it, for the badge."""
    asked = [statement(_ended(now - timedelta(days=1), now)[: CAP + 1])]
    if not everyone:
        return counts(asked)[0]
    ran, user.today_count = counts([*asked, statement(badge(user)[: CAP + 1])])  # type: ignore[attr-defined]
    return ran


def _ended(since: datetime, now: datetime) -> "QuerySet[Moment]":
    return Moment.objects.filter(ended_at__gte=since, ended_at__lte=now, mode="auto", state=Moment.State.DONE)


def ran_list(since: datetime, now: datetime, before: str = "") -> list[dict[str, Any]]:
    """What ran by itself, newest first, a hundred at a time; before: the key "instant~id" to continue at."""
    ended = _ended(since, now)
    if key := page_key(before):
        ended = ended.filter(Q(ended_at__lt=key[0]) | Q(ended_at=key[0], pk__lt=key[1]))
    columns = ("id", "client_id", "touchpoint", "kind", "channel", "ended_at", "why")
    return list(ended.order_by("-ended_at", "-id").values(*columns, name=F("client__name"))[:100])


def _of_mine(facts: "QuerySet[Interaction]", user: User, everyone: bool) -> "QuerySet[Interaction]":
    living = facts.filter(client__merged_into=None, client__erased_at=None)
    return living if everyone else living.filter(owned(user))


def owned(user: User) -> Q:
    """Clients of mine, of whom I cover for, and of nobody."""
    return _owner_is(user, "client__")


def _owner_is(user: User, before: str) -> Q:
    own, nobody = Q(**{f"{before}owner": user.pk}), Q(**{f"{before}owner": None})
    return own | nobody | Q(**{f"{before}owner__in": _people(user)})


def _people(user: User) -> "QuerySet[Cover, Any]":
    return Cover.objects.filter(_covered_now(""), by=user.pk).values("user_id")


def _roles(user: User) -> "QuerySet[Role, Any]":
    lent = Q(users__covered__by=user.pk) & _covered_now("users__covered__")
    return Role.objects.filter(Q(users=user.pk) | lent).values("name")


def _covered_now(before: str) -> Q:
    from django.utils import timezone

    from fondly.ground import clock

    on = clock.now().astimezone(timezone.get_current_timezone()).date()
    return Q(**{f"{before}from_on__lte": on, f"{before}to_on__gte": on})


def summary(found: Today) -> str:
    """ "Seven things need you." in words."""
    if not found.count:
        return _("Nothing needs you.")
    return ngettext("%(n)d thing needs you.", "%(n)d things need you.", found.count) % {"n": found.count}
