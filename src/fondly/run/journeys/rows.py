"""Moments as plain rows: what is performed and sent by the thousand makes no model instances."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MomentRow:
    """A moment as it was claimed, with the playbook version its journey lives."""

    pk: int
    client_id: int
    journey_id: int
    version_id: int
    key: str
    touchpoint: str
    stage: str
    channel: str
    override: str
    revision: int


# In the order of MomentRow; `mo` is the moment, `j` its journey.
COLUMNS = (
    "mo.id, mo.client_id, mo.journey_id, j.version_id, mo.key, mo.touchpoint, mo.stage, mo.channel, mo.override, "
    "mo.revision"
)
WIDTH = 10
