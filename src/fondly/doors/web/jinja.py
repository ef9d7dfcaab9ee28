"""The Jinja2 environment of all pages: where templates are found, and the words they may use."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.urls import NoReverseMatch
from django.utils.translation import get_language, get_language_bidi, ngettext
from jinja2 import BytecodeCache, Environment, FileSystemBytecodeCache, FileSystemLoader, select_autoescape

from fondly.doors.web import filters, frame, quick
from fondly.ground import clock


def environment(**options: Any) -> Environment:
    """Made once by Django. Macros and pages of every room are found by their path below `templates/`."""
    options.update(
        loader=FileSystemLoader(template_folders()),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        autoescape=select_autoescape(default=True, default_for_string=True),
        bytecode_cache=_bytecode_cache(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made = Environment(**options)  # noqa: S701 - autoescape is on, see above
    made.install_gettext_callables(quick.gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(_globals())
    made.filters.update(filters.FILTERS, kept=quick.kept)
    return made


def template_folders() -> list[Path]:
    """The templates/ folder of every room, doors first."""
    ours = [Path(a.path) for a in apps.get_app_configs() if a.name.startswith("fondly.")]
    return [path / "templates" for path in reversed(ours) if (path / "templates").is_dir()]


def url_if(name: str, *args: Any, **kwargs: Any) -> str:
    """The same, or "" while no installed room has that page."""
    try:
        return quick.url(name, *args, **kwargs)
    except NoReverseMatch:
        return ""


def _globals() -> dict[str, Any]:
    return {
        "url": quick.url,
        "url_if": url_if,
        "now": clock.now,
        "static": quick.static,
        "language": get_language,
        "right_to_left": get_language_bidi,
        "nav": frame.nav,
        "notices": frame.notices,
        "theme": frame.theme,
        "clock_note": frame.clock_note,
        "palette_places": frame.palette_places,
        "FEELINGS": filters.FEELINGS,
    }


def _bytecode_cache() -> BytecodeCache | None:
    """Compiled templates survive a restart; without a writable home they are compiled again."""
    folder = Path(settings.HOME) / "cache" / "templates"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder))
