from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class ApiConfig(AppConfig):
    name = "fondly.doors.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Read every room's actions.py, so that the registry is whole before the first request or command."""
        for config in apps.get_app_configs():
            module = f"{config.name}.actions"
            if config.name.startswith("fondly.") and find_spec(module) is not None:
                import_module(module)
