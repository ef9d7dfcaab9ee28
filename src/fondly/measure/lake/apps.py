from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LakeConfig(AppConfig):
    name = "fondly.measure.lake"
    label = "lake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.measure.events import erasing
        from fondly.measure.lake import forgetting, telling
        from fondly.people.clients import hooks

        erasing.on_forget.register(forgetting.forget)
        hooks.on_export.register(telling.on_export)
        post_migrate.connect(_keep_watch, sender=self)


def _keep_watch(using: str, **_more: Any) -> None:
    """What was changed while nobody watched is sealed once more."""
    from django.db import connections

    from fondly.measure.lake.backing import seal_anew
    from fondly.measure.lake.watching import install

    connection = connections[using]
    if "lake_redo" in connection.introspection.table_names():
        seal_anew(install(connection))
