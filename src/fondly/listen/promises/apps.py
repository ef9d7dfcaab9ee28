from django.apps import AppConfig


class PromisesConfig(AppConfig):
    name = "fondly.listen.promises"
    label = "promises"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.listen.promises import actions, erasing, made  # noqa: F401 - fills the action registry
        from fondly.people.clients import hooks
        from fondly.run.journeys import clockwork, engine, switch

        hooks.on_facts.register(made.from_facts)
        hooks.on_erase.register(erasing.on_erase)
        hooks.on_merge.register(erasing.on_merge)
        hooks.on_unmerge.register(erasing.on_unmerge)
        hooks.on_export.register(erasing.on_export)
        engine.on_time(made.sweep)
        clockwork.register(made.next_due_after)
        switch.before_resuming(made.doubt)
