"""What is sealed where, how far, and whose sealed rows are no longer true."""

import secrets

from django.db import models
from django.db.models import Q


def new_state() -> str:
    """A word that no other state has had."""
    return secrets.token_hex(8)


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
    # Another word whenever rows that were sealed already have changed: what was made of them is no longer true.
    state = models.CharField(max_length=16, default=new_state)


class Redo(models.Model):
    """Sealed rows that may no longer be true: they are read from the database until they are sealed again.

    Written by triggers (see watching), so that no way of changing a row can forget it; a number may be there often.
    """

    table = models.CharField(max_length=40)  # one of catalogue.NOTED
    number = models.BigIntegerField()  # in that table's `noted` column: of facts the client, else the row itself


class Forgotten(models.Model):
    """A visitor whose sealed events must not be read, and who is taken out of the files in the next turn."""

    visitor = models.CharField(max_length=205)
    last_id = models.BigIntegerField()  # what comes under the same id later is somebody's again
