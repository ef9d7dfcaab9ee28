"""What happens here when visitors are forgotten: from that transaction on nobody reads their sealed events."""

from collections.abc import Sequence

from django.db.models import Max

from fondly.ground import bulk
from fondly.measure.events.models import BehaviourEvent
from fondly.measure.lake.models import Forgotten


def forget(visitors: Sequence[str]) -> None:
    """A hook of measure.events: called in the transaction that deletes what the database has of them."""
    last_id = BehaviourEvent.objects.aggregate(last=Max("pk"))["last"] or 0
    bulk.insert(Forgotten, [Forgotten(visitor=visitor, last_id=last_id) for visitor in visitors])
