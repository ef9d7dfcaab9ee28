"""The Clients list: one filter sentence in the address, fifty a page by key; counted apart, never to the end."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from fondly.doors.web.clients_lines import Line, lines
from fondly.ground.reading import rows
from fondly.people.clients.models import Client, Tag
from fondly.people.clients.search import found_ids
from fondly.people.team.screens import number
from fondly.run.journeys.models import Journey

PAGE = 50
FOUND_MOST = 50  # what a text search shows at most
RARE = 5000  # how many clients may have a tag that few have
MATCH_MOST = 5000  # how many "all that match" may take along
PARTS = ("q", "stage", "owner", "persona", "tag", "feeling", "silence")  # of the sentence: what leaves somebody out
ORDERS = ("name", "silence", "feeling", "newest")
FEELINGS: dict[str, Q] = {
    "low": Q(feeling__lt=-0.5),
    "even": Q(feeling__gte=-0.5, feeling__lt=0.5),
    "high": Q(feeling__gte=0.5),
    "unknown": Q(feeling=None),
}
SILENCES: dict[str, tuple[int | None, int | None]] = {  # days since we last talked: from, to
    "30": (None, 30),
    "90": (30, 90),
    "180": (90, 180),
    "longer": (180, None),
}
NEVER = "never"
LIVING = (Journey.State.ACTIVE, Journey.State.PAUSED)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address asks for. stage "-" means on no journey; owner "-" means nobody's."""

    q: str = ""
    stage: str = ""
    owner: str = ""
    persona: str = ""
    feeling: str = ""
    silence: str = ""  # a key of SILENCES, or NEVER
    tag: str = ""
    order: str = "name"
    after: str = ""
    layout: str = ""  # "" the table, "stages" or "silence" a board

    def address(self, **changes: str) -> str:
        """The query string of this filter with changes; empty values are left out."""
        values = {name: getattr(self, name) for name in (*PARTS, "order", "layout")} | changes
        return urlencode({k: v for k, v in values.items() if v and not (k == "order" and v == "name")})

    @property
    def is_plain(self) -> bool:
        return not any(getattr(self, name) for name in PARTS)


@dataclass(frozen=True, slots=True)
class ListPage:
    rows: list[Line]
    after: str  # the key to continue after, "" at the end


def reading(values: Any) -> Filter:
    """The filter in a query string; unknown words are left out."""
    order, layout = values.get("order", "name"), values.get("layout", "")
    texts = {name: values.get(name, "").strip()[:200] for name in (*PARTS, "after")}
    return Filter(
        **texts, order=order if order in ORDERS else "name", layout=layout if layout in ("stages", "silence") else ""
    )


def page(wanted: Filter, now: datetime) -> ListPage:
    """Fifty clients: two queries, and what a text search needs."""
    if wanted.q:
        hits = found_ids(wanted.q, FOUND_MOST)
        fitting = hits if replace(wanted, q="").is_plain else _among(hits, wanted, now)
        return ListPage(lines(fitting, now), "")
    found = _everyone(wanted.after) if wanted.is_plain and wanted.order == "name" else _ids(wanted, now)
    shown = lines(found[:PAGE], now)
    return ListPage(shown, _cursor(shown[-1], wanted.order) if len(found) > PAGE else "")


_BY_NAME = """
SELECT id FROM clients_client WHERE merged_into_id IS NULL AND erased_at IS NULL {beyond}
ORDER BY sort_name, id LIMIT %s"""
_BEYOND = "AND sort_name >= %s AND (sort_name > %s OR id > %s)"  # the first half lets the index seek


def _everyone(after: str) -> list[int]:
    """A page of all by name: what is asked most, and cheaper to run than the ORM's statement is to build."""
    key, _, last = after.rpartition("~")
    pk = number(last)
    beyond = [] if pk is None else [key, key, pk]
    sql = _BY_NAME.format(beyond=_BEYOND if beyond else "")
    return [row[0] for row in rows(sql, [*beyond, PAGE + 1])]


def _ids(wanted: Filter, now: datetime) -> list[int]:
    return list(_from_key(_matching(wanted, now), wanted).values_list("pk", flat=True)[: PAGE + 1])


def matching_ids(wanted: Filter, now: datetime, most: int | None = MATCH_MOST) -> list[int]:
    """All that match by name, at most `most` (None: however many)."""
    return list(matched(wanted, now).order_by("sort_name", "id").values_list("pk", flat=True)[:most])


def count(wanted: Filter, now: datetime) -> int:
    """How many match, counted to one more than can be taken along."""
    return matched(wanted, now).order_by()[: MATCH_MOST + 1].count()


def ordered(wanted: Filter, now: datetime) -> "QuerySet[Client]":
    """Those that match, in the order the sentence asks for; a text is looked for too."""
    return _after(matched(wanted, now), replace(wanted, after=""))


def matched(wanted: Filter, now: datetime) -> "QuerySet[Client]":
    """Those that fit the whole sentence, in no order."""
    fitting = _matching(wanted, now)
    return fitting.filter(pk__in=found_ids(wanted.q, FOUND_MOST)) if wanted.q else fitting


def _matching(wanted: Filter, now: datetime) -> "QuerySet[Client]":
    """Those that fit the sentence but for its text."""
    found = Client.objects.filter(merged_into=None, erased_at=None)
    if wanted.owner:
        found = found.filter(owner=number(wanted.owner))
    if wanted.persona:
        found = found.filter(persona=wanted.persona)
    if wanted.tag:
        found = found.filter(_tagged(wanted.tag))
    if wanted.feeling in FEELINGS:
        found = found.filter(FEELINGS[wanted.feeling])
    if wanted.silence:
        found = found.filter(_silent(wanted.silence, now))
    journeys = Journey.objects.filter(client=OuterRef("pk"), state__in=LIVING)
    if wanted.stage == "-":
        return found.filter(~Exists(journeys))
    return found.filter(Exists(journeys.filter(stage=wanted.stage))) if wanted.stage else found


def _tagged(name: str) -> Q:
    """A rare tag names its clients; one that many have is asked for on the way, else all of them would be sorted."""
    tags = Tag.objects.filter(name=name)
    some = list(tags.values_list("client_id", flat=True)[: RARE + 1])
    return Q(Exists(tags.filter(client=OuterRef("pk")))) if len(some) > RARE else Q(pk__among=set(some))


def _silent(band: str, now: datetime) -> Q:
    """Last talked to within this band; a band that nobody knows leaves nobody out."""
    if band == NEVER:
        return Q(last_contact_at=None)
    least, most = SILENCES.get(band, (None, None))
    talked = Q() if band not in SILENCES else Q(last_contact_at__isnull=False)
    if least is not None:
        talked &= Q(last_contact_at__lt=now - timedelta(days=least))
    return talked if most is None else talked & Q(last_contact_at__gte=now - timedelta(days=most))


def _from_key(found: "QuerySet[Client]", wanted: Filter) -> "QuerySet[Client]":
    """From where the last page ended; a key that nobody gave means the first page."""
    try:
        return _after(found, wanted)
    except (ValueError, OverflowError):
        return _after(found, replace(wanted, after=""))


def _after(found: "QuerySet[Client]", wanted: Filter) -> "QuerySet[Client]":
    key, _, last = wanted.after.rpartition("~")
    pk = number(last)
    match wanted.order:
        case "newest":
            found = found.order_by("-id")
            return found.filter(pk__lt=pk) if pk else found
        case "feeling":
            found = found.filter(feeling__isnull=False).order_by("feeling", "id")
            return found if pk is None else _beyond(found, "feeling", float(key), pk)
        case "silence":
            return _by_silence(found, key, pk)
        case _:
            found = found.order_by("sort_name", "id")
            return found if pk is None else _beyond(found, "sort_name", key, pk)


def _by_silence(found: "QuerySet[Client]", key: str, pk: int | None) -> "QuerySet[Client]":
    """Never talked to comes first, then the longest silence."""
    found = found.order_by(F("last_contact_at").asc(nulls_first=True), "id")
    if pk is None:
        return found
    if not key:
        return found.filter(Q(last_contact_at=None, pk__gt=pk) | Q(last_contact_at__isnull=False))
    return _beyond(found, "last_contact_at", datetime.fromisoformat(key).astimezone(UTC), pk)


def _beyond(found: "QuerySet[Client]", field: str, value: Any, pk: int) -> "QuerySet[Client]":
    later = Q(**{f"{field}__gt": value}) | Q(**{field: value}, pk__gt=pk)
    return found.filter(Q(**{f"{field}__gte": value}) & later)  # the first half lets the index seek


def _among(hits: list[int], wanted: Filter, now: datetime) -> list[int]:
    """Those of the found, in their order, that fit the rest of the sentence."""
    fitting = set(_matching(wanted, now).filter(pk__in=hits).values_list("pk", flat=True))
    return [pk for pk in hits if pk in fitting]


def _cursor(row: Line, order: str) -> str:
    keys = {"name": row.sort_name, "feeling": row.feeling, "newest": ""}
    silence = row.last_contact_at.isoformat() if row.last_contact_at else ""
    return f"{keys.get(order, silence)}~{row.id}"
