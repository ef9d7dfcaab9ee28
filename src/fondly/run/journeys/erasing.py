"""What this room forgets when a client's data are erased, and when the examples are removed."""

from fondly.ground import clock
from fondly.run.journeys import ending
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.starting import LIVING


def on_erase(client_id: int) -> None:
    """End every journey and remove what people wrote; counts and times stay."""
    for journey in Journey.objects.select_related("client").filter(client=client_id, state__in=LIVING):
        ending.end(journey, "erased", "", clock.now())
    Journey.objects.filter(client=client_id).update(matter="", exit_note="", paused_why="")
    Moment.objects.filter(client=client_id).update(
        note="", override_why="", override_by="", reason="", ticked=[], ended_by=""
    )


def on_remove_demo() -> int:
    """Remove the example journeys with all they hold."""
    return Journey.objects.filter(is_demo=True).delete()[1].get("journeys.Journey", 0)
