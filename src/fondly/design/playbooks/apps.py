from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "fondly.design.playbooks"
    label = "playbooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.design.playbooks import actions  # noqa: F401  fills the action registry
