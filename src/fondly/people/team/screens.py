"""What every room needs to show pages: the navigation list, the door check, and how an action is reported.

A room adds itself in its AppConfig.ready() or urls.py:

    screens.add(Entry("clients", _("Clients"), page="clients", order=30, keys="g c"))
    screens.add_command(Command(_("Add a client"), page="client-new", keys="c"))
"""

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import MISSING, dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from pydantic import ValidationError

from fondly.core.words import words_of
from fondly.ground import errands
from fondly.ground.action import NotAllowed, Performed, Refused, as_json, from_json, perform, registry
from fondly.ground.models import Errand

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the navigation; keys such as "g t". badge: the rows that wait for a user to do something."""

    key: str
    label: Any  # a lazy translation
    page: str  # the URL name
    order: int
    foot: bool = False
    keys: str = ""
    badge: "Callable[[Any], QuerySet[Any, Any]] | None" = None
    also: tuple[str, ...] = ()  # other path beginnings that belong to this page


@dataclass(frozen=True, slots=True)
class Command:
    """One action of the command palette."""

    label: Any
    page: str
    keys: str = ""


_entries: dict[str, Entry] = {}
_commands: dict[str, Command] = {}


def add(entry: Entry) -> None:
    _entries[entry.key] = entry


def add_command(command: Command) -> None:
    _commands[command.page] = command


def entries() -> list[Entry]:
    return sorted(_entries.values(), key=lambda e: (e.foot, e.order))


def commands() -> list[Command]:
    return list(_commands.values())


def signed_in(permission: str = "read") -> Callable[[View], View]:
    """Only for people who are signed in and have the permission. The view gets `request.actor`."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            from fondly.people.team.access import actor_of

            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            # Everybody signed in may read: then nobody's roles are looked up before they are needed.
            request.actor = SimpleLazyObject(lambda: actor_of(request.user))  # type: ignore[attr-defined]
            if permission != "read" and not request.actor.may(permission):  # type: ignore[attr-defined]
                raise NotAllowed(_("You may not open this page. An admin can allow it in Settings, Team."))
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def act(request: HttpRequest, name: str, given: Any) -> Performed[Any]:
    """Perform an action for the signed-in person and say what was done, with Undo where there is one."""
    done = perform(name, request.actor, given)  # type: ignore[attr-defined]
    _say(request, done)
    return done


def do(request: HttpRequest, action: str, /, **values: Any) -> Performed[Any]:
    """The same from what a form held: text is read as the action's own types; an empty text means "not given".

    Raises Refused in words when a value does not fit.
    """
    return act(request, action, _read(action, values))


def act_then(request: HttpRequest, name: str, given: Any, page: str) -> HttpResponseRedirect:
    """Perform an action that may be long, then go to `page`, or meanwhile to where one sees how far it is.

    page: a path of ours; {import_id} in it stands for that value of the result.
    """
    found = errands.ask(name, request.actor, given, page=page)  # type: ignore[attr-defined]
    if isinstance(found, Errand):
        return redirect("errand", found.pk)
    _say(request, found)
    return redirect(filled(page, as_json(found.result)))


def do_then(request: HttpRequest, action: str, page: str, /, **values: Any) -> HttpResponseRedirect:
    """The same from what a form held."""
    return act_then(request, action, _read(action, values), page)


def filled(page: str, result: dict[str, Any]) -> str:
    """The page with numbers of the result in it."""
    for name, value in result.items():
        if isinstance(value, int):
            page = page.replace(f"{{{name}}}", str(value))
    return page


def _say(request: HttpRequest, done: Performed[Any]) -> None:
    tag = f"undo:{done.audit_id}" if done.undoable and done.audit_id else ""
    messages.success(request, done.summary, extra_tags=tag)


def _read(action: str, values: dict[str, Any]) -> Any:
    kind = registry[action].given
    optional = {
        f.name for f in dataclasses.fields(kind) if f.default is not MISSING or f.default_factory is not MISSING
    }
    given = {key: value for key, value in values.items() if not (value == "" and key in optional)}
    try:
        return from_json(kind, given)
    except ValidationError as problem:
        first = problem.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        message = _("“%(value)s” cannot be used for %(field)s.") % {
            "value": str(first.get("input", ""))[:80],
            "field": words_of(field).strip() or _("this"),
        }
        raise Refused(message, field=field) from problem


def local_instant(text: str) -> datetime | None:
    """What <input type=datetime-local> sends, read in the viewer's zone; None for "". Raises Refused."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=timezone.get_current_timezone())
    except ValueError as problem:
        raise Refused(
            _("“%(text)s” is not a date and time. Write it like 2026-01-31 09:00.") % {"text": text[:40]}
        ) from problem


def page_key(text: str) -> tuple[datetime, int] | None:
    """The "instant~id" where a page of a list ended; None for anything that we did not write."""
    at, _tilde, last = text.rpartition("~")
    pk = number(last)
    try:
        return (datetime.fromisoformat(at).astimezone(UTC), pk) if pk is not None else None
    except (ValueError, OverflowError):
        return None


def number(text: str) -> int | None:
    """A number as our pages write them into addresses and forms; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def sheet(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The fragment for the side panel, or the same as a page of its own."""
    if request.headers.get("HX-Request"):
        return render(request, template, context)
    return render(request, "web/sheet_page.html", {**context, "sheet_template": template})


def go_back(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """To the page named by the form's `next` field, if it is ours; else to `otherwise` (a URL name or path)."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if wanted and safe else otherwise)
