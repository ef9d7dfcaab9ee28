"""What people do on our pages and in our apps, as other programs tell us over HTTP, and whom we know it of."""

from django.db import models
from django.db.models import Q

from fondly.people.clients.models import Client

ID_LIMIT = 200
NAME_LIMIT = 200
ANONYMOUS = "anon:"


class BehaviourEvent(models.Model):
    """One thing a visitor did. Rows stay until the lake has sealed them and a late repeat can no longer come."""

    class Todo(models.IntegerChoices):
        NOTHING = 0
        FOLLOW = 1  # the worker has not looked at it yet: it names a visitor, or a playbook waits for it
        VISITOR = 2  # a playbook knows it, but whose it is was not known when the worker looked

    message_id = models.CharField(max_length=ID_LIMIT)  # a repeat is known by it
    message_key = models.BigIntegerField()  # keeping.key_of(message_id): an index of numbers is a third as large
    kind = models.CharField(max_length=8)  # track, identify, page, screen, group, alias
    name = models.CharField(max_length=NAME_LIMIT, blank=True)  # the event, page or screen; the group's id
    visitor = models.CharField(max_length=ID_LIMIT + len(ANONYMOUS))  # userId or, failing that, "anon:" + anonymousId
    # Another id of the same visitor: "anon:" + the anonymousId beside a userId; an alias's previousId.
    also = models.CharField(max_length=ID_LIMIT + len(ANONYMOUS), blank=True)
    at = models.DateTimeField()  # when it happened, by our clock
    received_at = models.DateTimeField()
    properties = models.TextField()  # JSON: properties of track, page and screen; traits of identify and group
    context = models.TextField()  # JSON, as it was sent
    todo = models.SmallIntegerField(choices=Todo.choices, default=Todo.NOTHING)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message_key"], name="event_once")]
        # No index of all visitors: each random key costs a page of the log an event. Who asks for a visitor can wait.
        indexes = [
            models.Index(fields=["id"], name="events_to_follow", condition=Q(todo=1)),
            models.Index(fields=["visitor"], name="events_of_unknown", condition=Q(todo=2)),
        ]


class Visitor(models.Model):
    """An id under which somebody's events come, and who that is as far as we know.

    same_as: the id that stands for this person; an id that stands for itself has its own. All ids with the same
    same_as have the same client.
    """

    visitor = models.CharField(max_length=ID_LIMIT + len(ANONYMOUS))
    same_as = models.CharField(max_length=ID_LIMIT + len(ANONYMOUS))
    client = models.ForeignKey(Client, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        # Written here and not at the fields: there PostgreSQL would be given a second index of each, for LIKE.
        constraints = [models.UniqueConstraint(fields=["visitor"], name="visitor_once")]
        indexes = [models.Index(fields=["same_as"], name="visitor_same")]
