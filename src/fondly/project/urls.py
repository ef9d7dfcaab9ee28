"""All addresses. A room's urls.py holds whole paths; this file only gathers them.

The upper floors come first: they have the pages asked for most, and Django tries one address after the other.
"""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path


def _rooms() -> list[str]:
    """Every room of Fondly that has pages, the upper floors first."""
    rooms = [config.name for config in apps.get_app_configs() if config.name.startswith("fondly.")]
    return [f"{room}.urls" for room in reversed(rooms) if find_spec(f"{room}.urls") is not None]


urlpatterns: list[URLPattern | URLResolver] = [path("", include(import_module(room))) for room in _rooms()]
