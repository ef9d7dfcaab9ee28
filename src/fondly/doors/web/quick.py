"""What a long list does hundreds of times, made cheap: translations, addresses, and small pieces of page."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.templatetags.static import static as find_static
from django.urls import get_script_prefix, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from markupsafe import Markup

from fondly.ground import wording
from fondly.ground.wording import gettext

__all__ = ["begin", "end", "gettext", "kept", "one_token", "static", "url"]

T = TypeVar("T")
_PLACEHOLDER = 987654321
_MOST = 5_000  # pieces and addresses kept; then forgotten and made anew
_around: dict[Any, tuple[str, str]] = {}
_pieces: dict[Any, Markup] = {}
_here: ContextVar[tuple[str, str] | None] = ContextVar("here", default=None)  # language, prefix of this install


def begin() -> None:
    """Remember the language of this request and where the site is mounted."""
    _here.set((wording.begin(), get_script_prefix()))


def end() -> None:
    wording.end()
    _here.set(None)


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a page. Raises NoReverseMatch."""
    if kwargs or (args and type(args[0]) is not int):
        return reverse(name, args=args or None, kwargs=kwargs or None)
    here = _here.get()
    key = (name, here[1] if here else get_script_prefix(), args[1:], bool(args))
    found = _around.get(key)
    if found is None:
        found = _keep(_around, key, _reversed(name, args))
    return f"{found[0]}{args[0]}{found[1]}" if args else found[0]


def kept(macro: Callable[..., Any], *args: Any) -> Markup:
    """What a macro says for these values, remembered per language. Only for macros that look at nothing else.

    A filter (`tag | kept(kind)`), because Jinja takes several times as long to call a function.
    """
    here = _here.get()
    key = (here, macro.name, args)  # type: ignore[attr-defined]
    found = _pieces.get(key) if here else None
    if found is None:
        found = Markup(macro(*args))  # noqa: S704 - a macro's own output, escaped inside
        if here:
            _keep(_pieces, key, found)
    return found


def one_token(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: one token against forgery per answer. Masking it anew for every form is slow."""
    token = SimpleLazyObject(lambda: get_token(request))
    field = SimpleLazyObject(lambda: format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token))
    return {"csrf_token": token, "csrf_input": field}


@cache
def static(name: str) -> str:
    """The address of a static file; it does not change while a process lives."""
    return find_static(name)


def _reversed(name: str, args: tuple[Any, ...]) -> tuple[str, str]:
    address = reverse(name, args=[_PLACEHOLDER, *args[1:]] if args else None)
    before, _number, after = address.partition(str(_PLACEHOLDER))
    return before, after


def _keep(store: dict[Any, T], key: Any, value: T) -> T:
    if len(store) >= _MOST:
        store.clear()
    store[key] = value
    return value
