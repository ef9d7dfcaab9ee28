"""Install-wide facts: settings changed on screen, the audit trail, keys already used, long acts on their way."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import models
from django.db.models import Q

_together: ContextVar[dict[str, str] | None] = ContextVar("settings_together", default=None)


class Setting(models.Model):
    """One value changed while running. Secrets are stored encrypted (see secrets.py)."""

    name = models.CharField(max_length=80, primary_key=True)
    value = models.TextField(blank=True)

    @classmethod
    def get(cls, name: str) -> str:
        together = _together.get()
        if together is not None:
            return together.get(name, "")
        return cls.objects.filter(name=name).values_list("value", flat=True).first() or ""

    @classmethod
    def put(cls, name: str, value: str) -> None:
        cls.objects.update_or_create(name=name, defaults={"value": value})

    @classmethod
    @contextmanager
    def together(cls) -> Iterator[None]:
        """For a page that only reads: inside the block all settings are as one statement found them at its start."""
        before = _together.set(dict(cls.objects.values_list("name", "value")))
        try:
            yield
        finally:
            _together.reset(before)


class AuditEntry(models.Model):
    """Who did what, when, to whom. Written by every action; never changed, except to note an undo.

    place, seal, digests: of its link in the chain (see chain.py); empty until it is sealed.
    """

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
    place = models.BigIntegerField(null=True, unique=True)
    seal = models.CharField(max_length=64, blank=True)
    digests = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["id"], name="audit_unsealed", condition=Q(place=None))]


class UsedKey(models.Model):
    """An idempotency key and the answer it got, so that a repeated request changes nothing."""

    key = models.CharField(max_length=200, primary_key=True)
    action = models.CharField(max_length=80)
    input_hash = models.CharField(max_length=64)
    result = models.JSONField(default=dict)
    at = models.DateTimeField(db_index=True)


class Errand(models.Model):
    """An action over many things, on its way: a worker does it slice by slice (see errands.py)."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"  # by a person; what was done till then stays
        FAILED = "failed"

    GOING_ON = (State.WAITING, State.RUNNING)

    action = models.CharField(max_length=80)
    input = models.JSONField(default=dict)  # emptied at the end: the audit trail has it
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    permissions = models.JSONField(default=list)  # of the actor, when it was asked for
    key = models.CharField(max_length=200, blank=True)  # the idempotency key it was asked with, scoped
    page = models.CharField(max_length=500, blank=True)  # where a person goes on afterwards
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    cursor = models.JSONField(null=True)
    summary = models.CharField(max_length=500, blank=True)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    audit_id = models.BigIntegerField(null=True)
    worker = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)  # by the database's clock
    tries = models.PositiveIntegerField(default=0)  # of the slice that comes next
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="errand_going_on", condition=Q(state__in=["waiting", "running"])),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                name="one_errand_a_key",
                condition=Q(state__in=["waiting", "running"]) & ~Q(key=""),
            ),
        ]

    @property
    def is_going_on(self) -> bool:
        return self.state in self.GOING_ON

    @property
    def what(self) -> str:
        """The action in words."""
        from fondly.ground.action import registry

        return registry[self.action].summary


class ErrandSlice(models.Model):
    """What one slice of an errand made, kept until its end."""

    errand = models.ForeignKey(Errand, on_delete=models.CASCADE, related_name="slices")
    made = models.JSONField(null=True)
