from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "fondly.doors.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.doors.web import settings_actions  # noqa: F401  fills the action registry
        from fondly.doors.web.promise_rows import late_promises
        from fondly.run.journeys import today

        if late_promises not in today.sources:
            today.sources.append(late_promises)
