from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "fondly.listen.returns"
    label = "returns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.listen.returns import actions, erasing, signs, watching  # noqa: F401 - fills the action registry
        from fondly.people.clients import hooks
        from fondly.run.journeys import engine
        from fondly.run.outbox import evidence

        engine.on_time(watching.turn)
        evidence.register(signs.of)
        hooks.on_erase.register(erasing.on_erase)
        hooks.on_export.register(erasing.on_export)
