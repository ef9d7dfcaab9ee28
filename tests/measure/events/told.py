"""Events as the door keeps them, without the door."""

import json
from datetime import UTC, datetime
from typing import Any

from fondly.measure.events.keeping import key_of
from fondly.measure.events.models import BehaviourEvent

NOW = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
Todo = BehaviourEvent.Todo


def told(message_id: str, visitor: str, kind: str = "track", name: str = "", **more: Any) -> BehaviourEvent:
    """One event, marked as the door marks it."""
    properties = json.dumps(more.pop("properties", {}))
    given = {"at": NOW, "received_at": NOW, "context": "{}", "todo": Todo.FOLLOW, **more}
    return BehaviourEvent.objects.create(
        message_id=message_id, message_key=key_of(message_id), kind=kind, name=name, visitor=visitor,
        properties=properties, **given,
    )  # fmt: skip
