from django.apps import AppConfig


class HistoriesConfig(AppConfig):
    name = "fondly.run.histories"
    label = "histories"

    def ready(self) -> None:
        from fondly.run.histories import actions  # noqa: F401 - fills the action registry
