"""What was given to clients, or is asked to be, to put something right or to be kind."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from fondly.people.clients.models import Client


class Offer(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"  # for the yes of somebody who may
        MADE = "made"
        DECLINED = "declined"
        TAKEN_BACK = "taken_back"

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80, blank=True)  # of the playbook's offers; "" = something else
    what = models.CharField(max_length=300)
    cost_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    why = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True)  # why it was declined
    revision = models.PositiveIntegerField(default=0)  # 0: nobody has decided since it was asked, or made at once

    class Meta:
        indexes = [
            models.Index(fields=["asked_at", "id"], name="offer_waiting", condition=Q(state="waiting")),
            models.Index(fields=["client", "asked_at"], name="offer_of_client"),
            models.Index(fields=["asked_by", "asked_at"], name="offer_of_user"),
        ]
