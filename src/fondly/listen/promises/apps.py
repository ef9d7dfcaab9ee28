from django.apps import AppConfig


class PromisesConfig(AppConfig):
    name = "fondly.listen.promises"
    label = "promises"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.listen.promises import actions, made  # noqa: F401 - fills the action registry
        from fondly.people.clients import hooks
        from fondly.run.journeys import clockwork, engine, switch

        hooks.on_facts.register(made.from_facts)
        engine.on_time(made.sweep)
        clockwork.register(made.next_due_after)
        switch.before_resuming(made.doubt)
