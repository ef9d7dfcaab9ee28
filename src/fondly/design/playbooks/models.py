"""The playbooks of this business and all their versions."""

from django.db import models
from django.db.models import Q


class Playbook(models.Model):
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    trade = models.CharField(max_length=60, blank=True)
    is_demo = models.BooleanField(default=False)
    made_at = models.DateTimeField()


class PlaybookVersion(models.Model):
    """One version. Its text never changes once it is live; drafts do."""

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        RETIRED = "retired"

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices)
    note = models.CharField(max_length=300, blank=True)
    score = models.JSONField(default=dict)  # on paper, when it was published
    by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["playbook", "number"], name="version_number_once"),
            models.UniqueConstraint(fields=["playbook"], condition=Q(state="live"), name="one_live_version"),
            models.UniqueConstraint(fields=["playbook"], condition=Q(state="draft"), name="one_draft"),
        ]
