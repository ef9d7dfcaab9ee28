"""Time zones by IANA name, and which one counts for a client."""

from functools import lru_cache
from zoneinfo import ZoneInfo

UTC_ZONE = ZoneInfo("UTC")
YEARS = range(1900, 2201)  # what lies in them can be told in every zone and planned with


@lru_cache(maxsize=2048)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone of that IANA name, or None when there is no such zone."""
    if not name or len(name) > 64 or not name.isascii():
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown name, bad path, a folder such as "America"
        return None


@lru_cache(maxsize=2048)
def zone_of(*names: str) -> ZoneInfo:
    """The first of these names that is a zone; UTC when none is."""
    for name in names:
        zone = find_zone(name)
        if zone is not None:
            return zone
    return UTC_ZONE
