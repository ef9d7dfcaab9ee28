from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "fondly.run.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.run.journeys import engine, performers
        from fondly.run.outbox.performers import EmailPerformer
        from fondly.run.outbox.sending import send_ready

        performers.register("email", EmailPerformer())
        engine.on_send(send_ready)
