"""Which country a phone number without a country code is meant for."""

from functools import lru_cache
from importlib import resources

from django.conf import settings

from fondly.people.clients import hooks

_ALIASES = {
    "usa": "US", "united states": "US", "united states of america": "US", "america": "US", "u.s.": "US", "u.s.a.": "US",
    "uk": "GB", "united kingdom": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "deutschland": "DE", "österreich": "AT", "schweiz": "CH", "suisse": "CH", "españa": "ES", "italia": "IT",
    "nederland": "NL", "the netherlands": "NL", "holland": "NL", "belgië": "BE", "belgique": "BE", "brasil": "BR",
    "méxico": "MX", "polska": "PL", "danmark": "DK", "norge": "NO", "sverige": "SE", "suomi": "FI", "česko": "CZ",
    "czech republic": "CZ", "turkey": "TR", "türkiye": "TR", "south korea": "KR", "korea": "KR", "russia": "RU",
}  # fmt: skip


def of_country(country: str) -> str:
    """Two letters of a country given by code or name in English or its own tongue; "" when unknown."""
    text = country.strip()
    if len(text) == 2 and text.upper() in _names_by_code():
        return text.upper()
    return _ALIASES.get(text.casefold()) or _codes_by_name().get(text.casefold(), "")


def of_zone(zone: str) -> str:
    """Two letters of the country an IANA zone lies in; "" when unknown."""
    return _codes_by_zone().get(zone, "")


def home() -> str:
    """The region of this business: from FONDLY_TIMEZONE, else from the live playbook's zone, else ""."""
    zones = [settings.FONDLY["FONDLY_TIMEZONE"].text.strip(), *(function() for function in hooks.business_zone)]
    return next((region for region in map(of_zone, zones) if region), "")


def best(country: str = "", zone: str = "") -> str:
    """The region for a client: their country, their zone, else the business's."""
    return of_country(country) or of_zone(zone) or home()


@lru_cache(maxsize=1)
def _names_by_code() -> dict[str, str]:
    rows = (row.split("\t") for row in _table("iso3166.tab"))
    return {row[0]: row[1] for row in rows}


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, str]:
    return {name.casefold(): code for code, name in _names_by_code().items()}


@lru_cache(maxsize=1)
def _codes_by_zone() -> dict[str, str]:
    rows = (row.split("\t") for row in _table("zone.tab"))
    return {row[2]: row[0] for row in rows}


def _table(name: str) -> list[str]:
    text = resources.files("tzdata.zoneinfo").joinpath(name).read_text(encoding="utf-8")
    return [row for row in text.splitlines() if row and not row.startswith("#")]
