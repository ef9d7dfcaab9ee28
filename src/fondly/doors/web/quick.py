"""The two calls a long list makes hundreds of times, made cheap: translations and addresses with one number."""

from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from django.urls import get_script_prefix, reverse
from django.utils import translation

_PLACEHOLDER = 987654321
_known: dict[str, dict[str, str]] = {}
_words: ContextVar[dict[str, str] | None] = ContextVar("words", default=None)


def begin() -> None:
    """Remember the language of this request: looking it up for every word costs more than the word."""
    _words.set(_known.setdefault(translation.get_language() or "", {}))


def end() -> None:
    _words.set(None)


def gettext(text: str) -> str:
    """Django's gettext; inside a request each text is looked up once per language."""
    known = _words.get()
    if known is None:
        return translation.gettext(text)
    found = known.get(text)
    if found is None:
        found = known[text] = translation.gettext(text)
    return found


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a page. Raises NoReverseMatch."""
    if len(args) == 1 and not kwargs and type(args[0]) is int:
        before, after = _around(name, get_script_prefix())
        return f"{before}{args[0]}{after}"
    return reverse(name, args=args or None, kwargs=kwargs or None)


@lru_cache(maxsize=512)
def _around(name: str, _prefix: str) -> tuple[str, str]:
    before, _number, after = reverse(name, args=[_PLACEHOLDER]).partition(str(_PLACEHOLDER))
    return before, after
