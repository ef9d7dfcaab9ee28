"""Translations made cheap: inside a request each text is looked up once per language.

Django finds out the language anew for every word, which costs more than the word itself. What core says
(`core/words.py`) is said again here: `in_words` for who reads it now, `for_the_record` for what is stored.
"""

from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.utils import translation

from fondly.core.words import Said, filled

_MOST = 20_000  # texts kept per language; our own words are far fewer
_SOURCE = "en"  # what core says as it is
_known: dict[str, dict[str, str]] = {}
_words: ContextVar[dict[str, str] | None] = ContextVar("words", default=None)
_language: ContextVar[str] = ContextVar("language", default="")


def begin() -> str:
    """Remember the language of this request (returned) until `end`."""
    found = translation.get_language() or ""
    _words.set(_known.setdefault(found, {}))
    _language.set(found)
    return found


def end() -> None:
    _words.set(None)
    _language.set("")


def language() -> str:
    """The language words are given in now; a key for what is remembered per language."""
    return _language.get() or translation.get_language() or ""


def gettext(text: str) -> str:
    """Django's gettext; the same answer, sooner, between `begin` and `end`."""
    known = _words.get()
    if known is None:
        return translation.gettext(text)
    return _look_up(known, text)


def in_words(said: str) -> str:
    """What core said, in the language of who reads it; any other text as it is."""
    return _again(said, gettext) if isinstance(said, Said) else said


def for_the_record(said: str) -> str:
    """What core said, in the language of this install, whoever happens to be looking: for what is stored."""
    if not isinstance(said, Said):
        return said
    if settings.LANGUAGE_CODE == _SOURCE:
        return str(said)
    with translation.override(settings.LANGUAGE_CODE):
        return _again(said, _of_the_install)


def recorded(text: str) -> str:
    """A text of ours in the language of this install: for what is stored."""
    if settings.LANGUAGE_CODE == _SOURCE:
        return text
    with translation.override(settings.LANGUAGE_CODE):
        return _of_the_install(text)


def _of_the_install(text: str) -> str:
    return _look_up(_known.setdefault(settings.LANGUAGE_CODE, {}), text)


def _again(said: Said, look_up: Callable[[str], str]) -> str:
    """The sentence with its pattern and its inner sentences translated; in English when a translation is broken."""
    values = {name: _again(value, look_up) if isinstance(value, Said) else value for name, value in said.values.items()}
    count = values.get("count")
    if said.many and isinstance(count, int):
        pattern = translation.ngettext(said.pattern, said.many, count)
    else:
        pattern = look_up(said.pattern)
    try:
        return filled(pattern, values)
    except (KeyError, IndexError, ValueError):
        return str(said)


def _look_up(known: dict[str, str], text: str) -> str:
    found = known.get(text)
    if found is None:
        found = translation.gettext(text)
        if len(known) < _MOST:
            known[text] = found
    return found
