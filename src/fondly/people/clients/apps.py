from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClientsConfig(AppConfig):
    name = "fondly.people.clients"
    label = "clients"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.people.clients import actions  # noqa: F401  fills the action registry

        post_migrate.connect(_keep_search_index, sender=self)


def _keep_search_index(using: str, **_more: Any) -> None:
    from django.db import connections

    from fondly.people.clients.search_index import install

    connection = connections[using]
    if "clients_phone" in connection.introspection.table_names():
        install(connection)
