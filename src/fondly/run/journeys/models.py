"""Clients living playbooks: journeys, their stays in stages, and their moments."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.people.clients.models import Client, Interaction


class Journey(models.Model):
    """One client living one playbook version for one matter."""

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"
        COMPLETED = "completed"
        EXITED = "exited"

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="+")
    matter = models.CharField(max_length=120, blank=True)  # the house sale, the tax year
    state = models.CharField(max_length=9, choices=State.choices, default=State.ACTIVE)
    stage = models.CharField(max_length=60)
    stage_entered_at = models.DateTimeField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    exit_reason = models.CharField(max_length=20, blank=True)  # exits.REASONS
    exit_note = models.CharField(max_length=300, blank=True)
    exit_stage = models.CharField(max_length=60, blank=True)
    paused_until = models.DateTimeField(null=True)
    paused_why = models.CharField(max_length=200, blank=True)
    plan_at = models.DateTimeField(null=True)  # when the planner must look again; null = never
    next_moment_at = models.DateTimeField(null=True)  # for lists
    revision = models.PositiveIntegerField(default=0)
    is_demo = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["plan_at"], name="journey_to_plan", condition=Q(plan_at__isnull=False, state="active")
            ),
            models.Index(
                fields=["paused_until"], name="journey_to_wake", condition=Q(paused_until__isnull=False, state="paused")
            ),
            models.Index(fields=["client", "state"], name="journey_of_client"),
            models.Index(fields=["playbook", "state", "stage"], name="journey_by_stage"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "playbook", "matter"],
                condition=Q(state__in=["active", "paused"]),
                name="one_journey_a_matter",
            ),
        ]


class Stay(models.Model):
    """A client's time in a stage."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="stays")
    ordinal = models.PositiveIntegerField()
    stage = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200)
    why_left = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "ordinal"], name="stay_once")]
        indexes = [models.Index(fields=["stage", "entered_at", "left_at", "journey"], name="stay_by_stage")]


class Moment(models.Model):
    """One touchpoint for one journey."""

    class State(models.TextChoices):
        PLANNED = "planned"  # waits for its time
        DUE = "due"  # waits for a person: by hand, approval, or "what now, it is late"
        WORKING = "working"  # claimed by a worker, or its message is on the way
        DONE = "done"
        SKIPPED = "skipped"
        CANCELLED = "cancelled"  # the plan no longer has it
        UNCERTAIN = "uncertain"  # the message may or may not have arrived
        FAILED = "failed"

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="moments")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    touchpoint = models.CharField(max_length=80)
    stage = models.CharField(max_length=60)
    kind = models.CharField(max_length=12)
    channel = models.CharField(max_length=40)
    mode = models.CharField(max_length=8)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED)
    asks = models.CharField(max_length=8, blank=True)  # when due: by_hand, approve, late, failed
    at = models.DateTimeField()
    wanted_at = models.DateTimeField()
    local = models.CharField(max_length=32)
    zone = models.CharField(max_length=60)
    why = models.CharField(max_length=300)
    moved = models.JSONField(default=list)
    role = models.CharField(max_length=60, blank=True)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    minutes = models.PositiveIntegerField(default=0)
    # A person's word about it; survives recomputation.
    override = models.CharField(max_length=8, blank=True)  # skip, at, now
    override_at = models.DateTimeField(null=True)
    override_by = models.CharField(max_length=200, blank=True)
    override_why = models.CharField(max_length=300, blank=True)
    # How it went.
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)  # of a skip, cancel or failure
    feeling = models.SmallIntegerField(null=True)
    solved = models.CharField(max_length=6, choices=Interaction.Solved.choices, blank=True)
    note = models.TextField(blank=True)
    cost_minor = models.BigIntegerField(null=True)
    ticked = models.JSONField(default=list)  # checklist lines done
    # The engine's claim.
    worker = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)  # two people editing: the second sees the conflict

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "key"], name="moment_once")]
        indexes = [
            models.Index(fields=["at", "id"], name="moment_planned", condition=Q(state="planned")),
            models.Index(fields=["lease_until"], name="moment_working", condition=Q(state="working")),
            models.Index(fields=["at", "id"], name="moment_due", condition=Q(state="due")),
            models.Index(fields=["assignee", "at"], name="moment_due_of", condition=Q(state="due")),
            models.Index(fields=["client", "at"], name="moment_of_client"),
            models.Index(fields=["ended_at", "id"], name="moment_ended", condition=Q(ended_at__isnull=False)),
        ]
