"""Numbers for programs and notebooks: metrics, and the tables of the lake as Parquet."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.http import FileResponse, HttpRequest, JsonResponse

from fondly.doors.api.entrance import door, reader
from fondly.doors.api.pages import refuse_unknown
from fondly.doors.api.problems import Problem
from fondly.ground import clock
from fondly.ground.action import Actor

if TYPE_CHECKING:
    from fondly.measure.insight.source import LakeSource

_WHERE = "where."


@door("GET")
def whoami(request: HttpRequest) -> JsonResponse:
    """Who asks, and whether tables tell who clients are."""
    actor = reader(request)
    refuse_unknown(request.GET, set())
    return JsonResponse({"name": actor.name, "personal": _is_personal(actor), "now": clock.now().isoformat()})


@door("GET")
def metrics(request: HttpRequest) -> JsonResponse:
    """All metrics there are."""
    from fondly.measure.insight import registry

    reader(request)
    refuse_unknown(request.GET, set())
    told = [
        {"name": one.name, "meaning": one.meaning, "unit": one.unit, "definition": one.definition}
        for one in registry.metrics().values()
    ]
    return JsonResponse({"items": told, "next": None})


@door("GET")
def metric(request: HttpRequest, name: str) -> JsonResponse:
    """One metric; by, last, since, until, level, where.NAME and what it takes of its own are words of the address."""
    from fondly.measure.insight import registry

    actor = reader(request)
    with _source(actor) as source:
        answer = registry.ask(source, name, **_asked(request))
    described = answer.metric
    return JsonResponse(
        {
            "name": described.name,
            "meaning": described.meaning,
            "unit": described.unit,
            "definition": described.definition,
            "excluded": described.excluded,
            "by": answer.asked.by,
            "rows": answer.rows,
            "expression": answer.expression,
        }
    )


@door("GET")
def tables(request: HttpRequest) -> JsonResponse:
    """The tables of the lake with their columns and how many rows they have."""
    from fondly.measure.lake.catalogue import TABLES

    actor = reader(request)
    refuse_unknown(request.GET, set())
    with _source(actor) as source:
        counts = source.lake.counts()
    items = [
        {
            "name": table.name,
            "meaning": table.meaning,
            "rows": counts[table.name],
            "columns": [
                {"name": one.name, "type": one.type, "meaning": one.meaning} for one in table.shown(_is_personal(actor))
            ],
        }
        for table in TABLES.values()
    ]
    return JsonResponse({"items": items, "next": None})


@door("GET")
def table(request: HttpRequest, name: str) -> FileResponse:
    """A whole table as Parquet. Columns that tell who somebody is need the scope `export`."""
    from fondly.measure.lake.catalogue import TABLES

    actor = reader(request)
    refuse_unknown(request.GET, set())
    if name not in TABLES:
        raise Problem("not_found", f"There is no table {name[:60]!r}; there are: {', '.join(TABLES)}.")
    # The file has no name any more once it is open, and is gone when it was sent.
    with tempfile.TemporaryDirectory() as folder, _source(actor) as source:
        file = Path(folder) / "table.parquet"
        source.query(f"SELECT * FROM {name}", {}).write_parquet(str(file), compression="zstd")  # noqa: S608
        return FileResponse(file.open("rb"), content_type="application/vnd.apache.parquet", filename=f"{name}.parquet")


@contextmanager
def _source(actor: Actor) -> "Iterator[LakeSource]":
    """The lake as this actor may see it; what cannot be answered becomes a problem with the same words."""
    from fondly.measure.insight.asking import CannotAnswer
    from fondly.measure.insight.source import LakeSource
    from fondly.measure.lake import inside

    try:
        yield LakeSource(inside.lake(personal=_is_personal(actor)), clock.now())
    except CannotAnswer as error:
        raise Problem("invalid", str(error)) from error


def _is_personal(actor: Actor) -> bool:
    return actor.may("export")


def _asked(request: HttpRequest) -> dict[str, Any]:
    given: dict[str, Any] = {name: value for name, value in request.GET.items() if not name.startswith(_WHERE)}
    given["where"] = {n.removeprefix(_WHERE): value for n, value in request.GET.items() if n.startswith(_WHERE)}
    if "level" in given:
        given["level"] = _level(given["level"])
    return given


def _level(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Problem("invalid", "level is a share such as 0.95.") from error
