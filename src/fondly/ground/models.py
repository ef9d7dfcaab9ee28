"""Install-wide facts: settings changed on screen, the audit trail, keys already used."""

from django.db import models


class Setting(models.Model):
    """One value changed while running. Secrets are stored encrypted (see secrets.py)."""

    name = models.CharField(max_length=80, primary_key=True)
    value = models.TextField(blank=True)

    @classmethod
    def get(cls, name: str) -> str:
        return cls.objects.filter(name=name).values_list("value", flat=True).first() or ""

    @classmethod
    def put(cls, name: str, value: str) -> None:
        cls.objects.update_or_create(name=name, defaults={"value": value})


class AuditEntry(models.Model):
    """Who did what, when, to whom. Written by every action; never changed, except to note an undo."""

    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=80)
    actor_id = models.BigIntegerField(null=True)  # a team user; no foreign key: the ground knows no people
    actor_name = models.CharField(max_length=200)
    client_id = models.BigIntegerField(null=True, db_index=True)
    summary = models.CharField(max_length=500)
    input = models.JSONField(default=dict)
    undo_action = models.CharField(max_length=80, blank=True)
    undo_input = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)


class UsedKey(models.Model):
    """An idempotency key and the answer it got, so that a repeated request changes nothing."""

    key = models.CharField(max_length=200, primary_key=True)
    action = models.CharField(max_length=80)
    input_hash = models.CharField(max_length=64)
    result = models.JSONField(default=dict)
    at = models.DateTimeField(db_index=True)
