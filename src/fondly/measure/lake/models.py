"""What is sealed where, how far, and whose sealed rows are no longer true."""

from django.db import models
from django.db.models import Q


class LakeFile(models.Model):
    """One Parquet file of the lake. What is not listed here is not part of the lake, whatever lies on the disk."""

    table = models.CharField(max_length=40)  # a sealed one of catalogue.TABLES
    month = models.CharField(max_length=7)  # 2026-11, of the facts' own time, UTC
    path = models.CharField(max_length=200, unique=True)  # below FONDLY_HOME/lake
    rows = models.BigIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    bytes = models.BigIntegerField()
    schema = models.PositiveIntegerField()  # catalogue.SCHEMA when it was written
    sealed_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)  # others hold its rows now; it goes once nobody can be reading it

    class Meta:
        indexes = [models.Index(fields=["table", "month"], name="lake_here", condition=Q(replaced_at=None))]


class Watermark(models.Model):
    """How far a table is sealed: every row up to last_id is in the lake, none above it."""

    table = models.CharField(max_length=40, unique=True)
    last_id = models.BigIntegerField(default=0)
    # Counted up by every change of the manifest. Whoever finds another number than at the start throws its work away.
    turn = models.BigIntegerField(default=0)
    redone_at = models.DateTimeField(null=True)


class Redo(models.Model):
    """This client's sealed rows may no longer be true: they are read from the database until they are sealed again.

    Written by triggers (see watching), so that no way of changing a fact can forget it; one client may have several.
    """

    client_id = models.BigIntegerField()
