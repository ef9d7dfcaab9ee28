"""The API's addresses: actions by name, reads page by page, counts."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from fondly.doors.api import bodies, counts, shapes
from fondly.doors.api.entrance import door, reader
from fondly.doors.api.pages import page, refuse_unknown
from fondly.doors.api.problems import Problem
from fondly.doors.api.reads import READS, clients
from fondly.ground import errands
from fondly.ground.action import Actor, NotFound, registry
from fondly.ground.models import Errand

LONGEST_KEY = 150
# These name files of the server itself; only its own command line may do that.
SERVER_ONLY = frozenset({"histories.import"})
# A stolen key must not outlive its end by making another one.
PEOPLE_ONLY = frozenset({"team.create_token"})


@door("POST")
def do(request: HttpRequest, name: str) -> JsonResponse:
    """Perform an action; a long one is answered with 202 and where to see how far it is.

    With an Idempotency-Key, the same request a second time changes nothing.
    """
    declaration = registry.get(name)
    if declaration is None or name in SERVER_ONLY:
        raise Problem("not_found", f"There is no action called {name[:80]!r}. /api/docs lists them.")
    if name in PEOPLE_ONLY and request.headers.get("Authorization"):
        raise Problem("not_allowed", "A key cannot make keys. Make one under Your account.")
    given = bodies.read(declaration, bodies.json_body(request))
    done = errands.ask(name, _actor(request), given, key=_key(request))
    if isinstance(done, Errand):
        return _errand(done, status=202)
    answer = {
        "result": bodies.write(declaration.result, done.result),
        "summary": done.summary,
        "audit_id": done.audit_id,
        "undoable": done.undoable,
    }
    return JsonResponse(answer)


@door("GET")
def errand(request: HttpRequest, errand_id: int) -> JsonResponse:
    """How far a long action is, and what came of it."""
    reader(request)
    refuse_unknown(request.GET, set())
    found = Errand.objects.filter(pk=errand_id).defer("input").first()
    if found is None:
        raise NotFound(_("There is no such errand."))
    return _errand(found)


@door("GET")
def listing(request: HttpRequest, name: str, **numbers: int) -> JsonResponse:
    """One page of a read."""
    reader(request)
    read = READS[name]
    if numbers and not clients().filter(pk=numbers["client_id"]).exists():
        raise NotFound(_("There is no such client."))
    found = page(request, read.rows(**numbers), read.filters, read.order)
    items = bodies.adapter(list[read.shape]).dump_python(  # type: ignore[name-defined]
        [read.make(row) for row in found.rows], mode="json"
    )
    response = JsonResponse({"items": items, "next": found.next})
    if found.next:
        response["Link"] = f'<{found.next}>; rel="next"'
    return response


@door("GET")
def client(request: HttpRequest, client_id: int) -> JsonResponse:
    """One client with contacts."""
    reader(request)
    refuse_unknown(request.GET, set())
    found = clients().prefetch_related("contacts__emails", "contacts__phones").filter(pk=client_id).first()
    if found is None:
        raise NotFound(_("There is no such client."))
    item = bodies.adapter(shapes.WholeClient).dump_python(shapes.whole_client(found), mode="json")
    return JsonResponse(item)


@door("GET")
def count_events(request: HttpRequest) -> JsonResponse:
    reader(request)
    refuse_unknown(request.GET, {"playbook", "name"})
    rows = counts.events(counts.find_playbook(request.GET.get("playbook", "")), request.GET.get("name", ""))
    return _items(shapes.Count, rows)


@door("GET")
def count_exits(request: HttpRequest) -> JsonResponse:
    reader(request)
    refuse_unknown(request.GET, {"playbook"})
    return _items(shapes.ExitCount, counts.exits(counts.find_playbook(request.GET.get("playbook", ""))))


@door("GET", "POST", "PUT", "PATCH", "DELETE")
def nothing(request: HttpRequest, rest: str) -> JsonResponse:
    raise Problem("not_found", "There is nothing at this address. /api/docs lists what there is.")


def _errand(found: Errand, status: int = 200) -> JsonResponse:
    item = bodies.adapter(shapes.ErrandItem).dump_python(shapes.errand(found), mode="json")
    response = JsonResponse(item, status=status)
    if found.is_going_on:
        response["Location"] = reverse("api-errand", args=[found.pk])
        response["Retry-After"] = "1"
    return response


def _items(shape: type, rows: Any) -> JsonResponse:
    items = bodies.adapter(list[shape]).dump_python(list(rows), mode="json")  # type: ignore[valid-type]
    return JsonResponse({"items": items, "next": None})


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Problem("invalid", f"Idempotency-Key: at most {LONGEST_KEY} printable characters.")
    return key
