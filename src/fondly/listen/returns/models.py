"""What came back about messages, how far the mailbox was read, and where uncertain messages were looked for."""

from django.db import models
from django.db.models import Q

from fondly.run.outbox.models import Message


class Return(models.Model):
    """One thing that came back: a report in the mailbox, an event of the mail provider. Only ever added, once."""

    class Kind(models.TextChoices):
        DELIVERED = "delivered"
        DEFERRED = "deferred"  # a server tries again
        BOUNCED = "bounced"
        REJECTED = "rejected"  # the provider took it and would not pass it on
        COMPLAINED = "complained"
        REPLIED = "replied"
        AUTO_REPLIED = "auto_replied"

    source = models.CharField(max_length=20)  # mailbox, or the provider's name
    external_id = models.CharField(max_length=64)  # a hash: the same report fetched twice is one
    kind = models.CharField(max_length=12, choices=Kind.choices)
    is_hard = models.BooleanField(default=False)  # of a bounce: the address will not work later either
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="returns")  # None: no match
    address_hash = models.CharField(max_length=64, blank=True)  # keyed, as in Suppression; outlives an erasure
    words = models.CharField(max_length=300, blank=True)  # of the server; never kept when no message matches
    happened_at = models.DateTimeField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="return_once")]
        indexes = [
            models.Index(fields=["address_hash", "happened_at"], name="return_bounces", condition=Q(kind="bounced")),
            models.Index(fields=["noted_at"], name="return_unmatched", condition=Q(message=None)),
        ]


class Reading(models.Model):
    """How far one mailbox was read. The time of the next turn is also the lease: only one worker reads."""

    mailbox = models.CharField(max_length=400, primary_key=True)  # user@host:port/folder
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    next_at = models.DateTimeField()  # by the database's clock
    read_at = models.DateTimeField(null=True)  # the last turn that went well
    failures = models.PositiveIntegerField(default=0)  # in a row
    problem = models.CharField(max_length=300, blank=True)


class Search(models.Model):
    """How far the search for evidence about an uncertain message has come."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="search")
    looked_at = models.DateTimeField()  # into the Sent folder, or when it was settled
    next_at = models.DateTimeField()
    is_settled = models.BooleanField(default=False)  # by evidence; once more unsure, it is for people to decide
    is_absent = models.BooleanField(default=False)  # not there, long enough, in a folder that keeps copies
