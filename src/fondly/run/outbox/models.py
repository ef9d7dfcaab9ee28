"""What was or will be sent."""

from django.db import models
from django.db.models import Q

from fondly.people.clients.models import Client
from fondly.run.journeys.models import Moment


class Message(models.Model):
    """One e-mail. Its bytes and Message-ID are frozen when it is first rendered."""

    class State(models.TextChoices):
        APPROVAL = "approval"  # a person looks first
        HELD = "held"  # can be taken back until hold_until
        SENDING = "sending"  # claimed by a worker
        SENT = "sent"
        UNCERTAIN = "uncertain"
        FAILED = "failed"  # the server said no for good, or too many tries
        TAKEN_BACK = "taken_back"
        CANCELLED = "cancelled"

    effect_key = models.CharField(max_length=220, unique=True)  # journey:moment key:occurrence; one message per effect
    moment = models.ForeignKey(Moment, null=True, on_delete=models.SET_NULL, related_name="messages")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=40)  # service, marketing, survey
    delivery = models.CharField(max_length=12)  # never_twice, must_arrive
    template = models.CharField(max_length=80, blank=True)
    to_name = models.CharField(max_length=200, blank=True)
    to_address = models.CharField(max_length=254)
    from_address = models.CharField(max_length=254)
    subject = models.CharField(max_length=500)
    text = models.TextField()
    html = models.TextField(blank=True)
    raw = models.BinaryField(null=True)  # the frozen bytes
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=State.choices)
    why = models.CharField(max_length=300)  # why it is sent
    held_why = models.CharField(max_length=200, blank=True)  # not connected yet, quiet hours, paused
    go_at = models.DateTimeField()  # not before: end of the hold, quiet hours, next try
    made_at = models.DateTimeField()
    worker = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    committed_at = models.DateTimeField(null=True)  # the point of no return
    attempts_made = models.PositiveIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)  # workers that died holding it; then it is claimed alone
    link_hash = models.CharField(max_length=64, blank=True, db_index=True)  # of its unsubscribe token
    edited_by = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)
    reply = models.CharField(max_length=500, blank=True)  # the server's last words
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["go_at", "id"], name="message_to_send", condition=Q(state="held")),
            models.Index(fields=["lease_until"], name="message_sending", condition=Q(state="sending")),
            models.Index(fields=["state", "-go_at", "-id"], name="message_by_state"),
            models.Index(fields=["client", "-made_at"], name="message_of_client"),
        ]


class Attempt(models.Model):
    """One try to send. Only ever added."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attempts")
    worker = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    phase = models.CharField(max_length=12)  # connect, mail, rcpt, data, committed, dot, done
    code = models.PositiveIntegerField(null=True)
    reply = models.CharField(max_length=500, blank=True)


class RateCount(models.Model):
    """How many mails passed their point of no return in one short span of time; see rates.py."""

    domain = models.CharField(max_length=254, blank=True)  # "" counts all
    span = models.PositiveIntegerField()  # seconds
    starts_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "span", "starts_at"], name="rate_once")]
