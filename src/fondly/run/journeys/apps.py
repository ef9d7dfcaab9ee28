from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "fondly.run.journeys"
    label = "journeys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.people.clients import hooks

        hooks.on_facts.register(_on_facts)
        hooks.on_change.register(_on_change)


def _on_facts(facts: Sequence[Any]) -> None:
    from fondly.ground import clock
    from fondly.run.journeys import planning

    planning.on_facts(facts, clock.now())


def _on_change(client_ids: Sequence[int]) -> None:
    from fondly.ground import clock
    from fondly.run.journeys import planning

    planning.ask_for(client_ids, clock.now())
