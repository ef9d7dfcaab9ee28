from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "fondly.run.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fondly.people.clients import hooks
        from fondly.run.journeys import clockwork, engine, performers, switch
        from fondly.run.outbox import actions, erasing, ledger, resending, restoring  # noqa: F401  fill the registry
        from fondly.run.outbox.performers import EmailPerformer
        from fondly.run.outbox.sending import send_ready

        performers.register("email", restoring.Fenced(EmailPerformer()))
        engine.on_send(send_ready)
        clockwork.register(ledger.next_at)
        switch.before_resuming(restoring.hold_back)
        hooks.on_erase.register(erasing.on_erase)
        hooks.on_merge.register(erasing.on_merge)
        hooks.on_unmerge.register(erasing.on_unmerge)
        hooks.on_export.register(erasing.on_export)
