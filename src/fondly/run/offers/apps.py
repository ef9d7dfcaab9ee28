from django.apps import AppConfig


class OffersConfig(AppConfig):
    name = "fondly.run.offers"
    label = "offers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.people.clients import hooks
        from fondly.run.offers import actions, erasing  # noqa: F401 - fills the action registry

        hooks.on_erase.register(erasing.on_erase)
        hooks.on_merge.register(erasing.on_merge)
        hooks.on_unmerge.register(erasing.on_unmerge)
        hooks.on_export.register(erasing.on_export)
