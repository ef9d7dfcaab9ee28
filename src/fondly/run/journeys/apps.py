from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "fondly.run.journeys"
    label = "journeys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.people.clients import hooks
        from fondly.run.journeys import actions, erasing, merging  # noqa: F401  actions fill the registry

        hooks.on_facts.register(_on_facts)
        hooks.on_change.register(_on_change)
        hooks.on_merge.register(merging.on_merge)
        hooks.on_unmerge.register(merging.on_unmerge)
        hooks.on_erase.register(erasing.on_erase)
        hooks.on_remove_demo.register(erasing.on_remove_demo)


def _on_facts(facts: Sequence[Any]) -> None:
    from fondly.ground import clock
    from fondly.run.journeys import planning

    planning.on_facts(facts, clock.now())


def _on_change(client_ids: Sequence[int]) -> None:
    from fondly.ground import clock
    from fondly.run.journeys import planning

    planning.ask_for(client_ids, clock.now())
