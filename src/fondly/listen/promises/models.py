"""What clients have been led to expect, by when, said by whom."""

from django.db import models
from django.db.models import Q

from fondly.people.clients.models import Client
from fondly.run.journeys.models import Journey


class Promise(models.Model):
    class State(models.TextChoices):
        OPEN = "open"
        KEPT = "kept"
        CHANGED = "changed"  # replaced by another one, which the client knows of
        BROKEN = "broken"

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    journey = models.ForeignKey(Journey, null=True, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=300)
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    touchpoint = models.CharField(max_length=80, blank=True)  # that made it; "" = a person did
    stage = models.CharField(max_length=60, blank=True)
    said_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)
    replaces = models.OneToOneField("self", null=True, on_delete=models.SET_NULL, related_name="replaced_by")
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], name="promise_open", condition=Q(state="open")),
            models.Index(fields=["client", "-made_at"], name="promise_of_client"),
            models.Index(fields=["journey", "touchpoint"], name="promise_by_touchpoint", condition=Q(state="open")),
        ]
