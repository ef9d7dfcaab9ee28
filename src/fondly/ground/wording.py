"""Translations made cheap: inside a request each text is looked up once per language.

Django finds out the language anew for every word, which costs more than the word itself.
"""

from contextvars import ContextVar

from django.utils import translation

_MOST = 20_000  # texts kept per language; our own words are far fewer
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
    found = known.get(text)
    if found is None:
        found = translation.gettext(text)
        if len(known) < _MOST:
            known[text] = found
    return found
