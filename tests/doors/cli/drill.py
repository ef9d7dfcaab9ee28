# ruff: noqa: E402 - Django must be set up before its models are imported
"""One step of a restore drill in a process of its own: python -m tests.doors.cli.drill STEP BACKUP; prints JSON.

The install is the one of the environment. Its clients live the playbook of the engine's tests.
"""

import hashlib
import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fondly.project.settings")
import django

django.setup()

from django.apps import apps

from fondly.doors.cli import archive, preparing, restoring
from fondly.ground import clock
from fondly.ground.action import SYSTEM, Refused, perform
from fondly.people.clients import consents
from fondly.run.journeys import engine
from fondly.run.journeys.actions import ResumeEverything, StartJourney
from fondly.run.outbox.actions import ApproveMessage
from fondly.run.outbox.models import Message
from fondly.run.outbox.restoring import ResolveRestored
from tests.run.conftest import MONDAY, make_client, publish

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BACKUP_AT, RESTORED_AT = MONDAY + 3 * DAY + HOUR, MONDAY + 6 * DAY
NOT_COMPARED = {"engine.paused", "restore.fence"}  # what a restore itself writes
FORGOTTEN = {"lake.Redo"}  # what was to be sealed again: after a restore everything is


def rows_of(model):
    """Every row in the order of its key, as text."""
    for row in model._default_manager.order_by("pk").values_list():
        if not (model._meta.label == "ground.Setting" and row[0] in NOT_COMPARED):
            yield repr([bytes(value) if isinstance(value, memoryview) else value for value in row]).encode()


def logical_hash():
    """Table -> hash of all its rows."""
    found = {}
    for model in (one for one in apps.get_models(include_auto_created=True) if one._meta.label not in FORGOTTEN):
        digest = hashlib.sha256()
        for row in rows_of(model):
            digest.update(row)
        found[model._meta.db_table] = digest.hexdigest()
    return found


def live(begin: datetime, end: datetime):
    """Four hours by four hours; somebody approves what waits for a yes."""
    while begin <= end:
        with clock.at(begin):
            engine.tick(begin)
            for pk, revision in Message.objects.filter(state="approval").values_list("pk", "revision"):
                perform("outbox.approve", SYSTEM, ApproveMessage(pk, revision))
            engine.tick(begin + timedelta(minutes=2))
        begin += 4 * HOUR


def prepare(file):
    preparing.make_ready()
    playbook, _version = publish()
    for number in range(12):
        start = MONDAY + number * 16 * HOUR
        with clock.at(start):
            client = make_client(f"Client {number}", f"client{number}@example.org")
            perform("journeys.start", SYSTEM, StartJourney(client.pk, playbook.pk))
    consents.suppress("gone@example.org", "hard bounce")
    live(MONDAY, BACKUP_AT)


def backup(file):
    with clock.at(BACKUP_AT):
        archive.make(file)
    return logical_hash()


def go_on(file):
    live(BACKUP_AT, RESTORED_AT)


def restore(file):
    with clock.at(RESTORED_AT):
        restoring.restore(file, force=True)
        quiet = engine.tick(RESTORED_AT).quiet
    kept = consents.is_suppressed(["gone@example.org", "kept@example.org"])
    return {"hash": logical_hash(), "quiet": quiet, "suppressed": sorted(kept)}


def resume(file):
    """Go on for a week; say of all that is unsure that it went, until nothing is."""
    with clock.at(RESTORED_AT):
        perform("journeys.resume_everything", SYSTEM, ResumeEverything())
    live(RESTORED_AT, RESTORED_AT + 2 * HOUR)
    unsure = list(Message.objects.filter(state="uncertain").values_list("message_id", flat=True))
    at = RESTORED_AT + 3 * HOUR
    for _ in range(5):
        with clock.at(at):
            try:
                perform("outbox.resolve_restored", SYSTEM, ResolveRestored(True))
            except Refused:
                break
        live(at, at + HOUR)
        at += HOUR
    live(at, RESTORED_AT + 7 * DAY)
    return {"unsure": unsure, "left": Message.objects.filter(state="uncertain").count()}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2]))))
