from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "fondly.measure.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.measure.events import erasing, following
        from fondly.people.clients import hooks
        from fondly.run.journeys import engine

        engine.on_time(following.turn)
        hooks.on_merge.register(erasing.on_merge)
        hooks.on_unmerge.register(erasing.on_unmerge)
        hooks.on_erase.register(erasing.on_erase)
