from django.apps import AppConfig


class GroundConfig(AppConfig):
    name = "fondly.ground"
    label = "ground"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.ground import actions, among  # noqa: F401  fills the action registry; makes the lookup known
