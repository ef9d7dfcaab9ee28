"""What clients said, stage by stage, for the map. Read at every look: their words are kept nowhere but on timelines."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from fondly.core.playbook.model import Playbook as Book
from fondly.ground.branches import copies, ids, statement
from fondly.people.clients.models import Interaction
from fondly.run.journeys.map_counts import Wanted
from fondly.run.journeys.models import Journey

SAID = ("answered", "replied", "received")
A_STAGE = 2
LOOKED_AT = 200  # newest facts of each feeling
_FEELINGS = (-2, -1, 0, 1, 2)
_WORDS = 160


class Voice(NamedTuple):
    stage: str
    client_id: int
    text: str
    feeling: int
    at: datetime


def voices(wanted: Wanted, book: Book, now: datetime) -> dict[str, list[Voice]]:
    """Two of the newest of each stage, the lowest first; none of a sensitive playbook. One query."""
    if book.sensitive:
        return {}
    newest = Interaction.objects.filter(feeling=_FEELINGS[0], at__lte=now).order_by("-at")[:LOOKED_AT]
    looked = copies(statement(newest), ({_FEELINGS[0]: feeling} for feeling in _FEELINGS))
    journeys = Journey.objects.filter(playbook=wanted.playbook_id)
    said = Interaction.objects.filter(pk__in=ids(looked), kind__in=SAID, journey_id__in=journeys.values("pk"))
    said = said.filter(client__merged_into=None, client__erased_at=None).exclude(text="")
    if wanted.persona:
        said = said.filter(client__persona=wanted.persona)
    if wanted.since is not None:
        said = said.filter(at__gte=wanted.since)
    rows = said.order_by("-at", "-id").values_list("stage", "client_id", "text", "feeling", "at")
    return _chosen(Voice(stage, pk, text[:_WORDS], felt or 0, at) for stage, pk, text, felt, at in rows)


def _chosen(newest: Iterable[Voice]) -> dict[str, list[Voice]]:
    """The newest of a stage, and the newest that felt otherwise about it; else the newest two."""
    by_stage: dict[str, dict[str, Voice]] = defaultdict(dict)
    for voice in newest:
        by_stage[voice.stage].setdefault(voice.text, voice)  # the same words twice say nothing more
    found = {}
    for stage, by_text in by_stage.items():
        heard = list(by_text.values())
        other = next((voice for voice in heard if (voice.feeling < 0) != (heard[0].feeling < 0)), None)
        two = [heard[0], other] if other is not None else heard[:A_STAGE]
        found[stage] = sorted(two, key=lambda voice: voice.feeling)
    return found
