"""Who is who: e-mail addresses, phone numbers and names brought into one form, hostile ones refused in words."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from email_validator import EmailNotValidError, validate_email

NAME_LIMIT = 200
EMAIL_LIMIT = 254
PHONE_LIMIT = 60
_BIDI = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF, 0x200B))
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"}
)
_EMAIL, _PHONE, _NAME = gettext_lazy("The e-mail address"), gettext_lazy("The phone number"), gettext_lazy("The name")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
_HONORIFICS = frozenset(
    ["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "rev", "fr", "hon", "herr", "frau", "mme", "m"]
)
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv", "md", "phd", "cpa", "esq", "dds", "mba", "rn"])
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "della",
        "da",
        "di",
        "do",
        "dos",
        "das",
        "du",
        "la",
        "le",
        "bin",
        "ibn",
        "al",
        "el",
        "ter",
        "ten",
        "zu",
        "zur",
        "af",
    ]
)


class UnusableError(ValueError):
    """This value cannot be used. The message is for people: what, why, how to mend."""


@dataclass(frozen=True, slots=True)
class Email:
    address: str  # as typed, domain in lower case
    key: str  # casefolded, for matching


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    number: str  # E.164
    extension: str = ""


def email(text: str) -> Email:
    """The address in its kept form. No network is asked. Raises UnusableError."""
    cleaned = line(text, 1000, _EMAIL).removeprefix("mailto:")
    if len(cleaned) > EMAIL_LIMIT:
        raise UnusableError(_("The e-mail address is %(n)d characters long; at most 254 exist.") % {"n": len(cleaned)})
    try:
        found = validate_email(cleaned, check_deliverability=False, allow_display_name=False)
    except EmailNotValidError as error:
        raise UnusableError(
            _("“%(text)s” is not an e-mail address: %(why)s") % {"text": _short(cleaned), "why": str(error)}
        ) from error
    address = f"{found.local_part}@{found.ascii_domain}"
    return Email(address, address.casefold())


@lru_cache(maxsize=4096)
def email_key(text: str) -> str:
    """The matching form of an address that may be malformed: for suppression, never refused."""
    if _PLAIN_ADDRESS.fullmatch(text):  # most are; the full reading takes fifty times as long
        return text.casefold()
    try:
        return email(text).key
    except UnusableError:
        return text.strip().casefold()


@lru_cache(maxsize=4096)
def phone(text: str, region: str = "") -> PhoneNumber:
    """A number in E.164 with its extension apart. region: two letters, for numbers without a country code.

    Raises UnusableError when it cannot be a number.
    """
    cleaned = line(text, 1000, _PHONE)
    if len(cleaned) > PHONE_LIMIT:
        raise UnusableError(_("The phone number is %(n)d characters long.") % {"n": len(cleaned)})
    try:
        found = phonenumbers.parse(cleaned, region or None)
    except phonenumbers.NumberParseException as error:
        raise UnusableError(_phone_words(cleaned, region, error)) from error
    if not phonenumbers.is_possible_number(found):
        raise UnusableError(
            _("“%(text)s” is too short or too long for a phone number of its country.") % {"text": _short(cleaned)}
        )
    extension = (found.extension or "")[:10]
    return PhoneNumber(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164), extension)


def name(text: str) -> str:
    """A name as typed, spaces made single, direction overrides taken out. Raises UnusableError."""
    cleaned = line(text, NAME_LIMIT, _NAME)
    if not cleaned:
        raise UnusableError(_("The name is empty."))
    return cleaned


def line(text: str, limit: int, what: object) -> str:
    """One line of text: white space made single, invisible direction marks removed.

    Raises UnusableError when it holds control characters or is longer than `limit`.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        cleaned = text.strip()
    else:
        cleaned = _single_spaced(unicodedata.normalize("NFC", text).translate(_BIDI), what)
    if len(cleaned) > limit:
        raise UnusableError(
            _("%(what)s is %(n)d characters long; at most %(limit)d fit. Shorten it.")
            % {"what": what, "n": len(cleaned), "limit": limit}
        )
    return cleaned


def paragraphs(text: str, limit: int, what: object) -> str:
    """Text that may have several lines; the rest as `line`."""
    unified = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").translate(_BIDI)
    _refuse_controls(unified, what, allowed="\n\t")
    if len(unified) > limit:
        raise UnusableError(
            _("%(what)s is %(n)d characters long; at most %(limit)d fit. Shorten it.")
            % {"what": what, "n": len(unified), "limit": limit}
        )
    return unified.strip()


@lru_cache(maxsize=65536)
def sort_key(text: str) -> str:
    """For order and matching: casefolded, accents stripped, at most 200 characters."""
    if text.isascii():
        return " ".join(text.lower().split())[:NAME_LIMIT]
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(letters.translate(_UNDECOMPOSED).split())[:NAME_LIMIT]


def split_name(full: str) -> tuple[str, str]:
    """First and last name of a full name; "Shah, Priya" is understood. Organisations are not split."""
    if full.count(",") == 1:
        last, first = (part.strip() for part in full.split(","))
        if first and first.lower().strip(".") not in _SUFFIXES:
            return first[:100], last[:100]
        full = last
    words = full.split()
    while len(words) > 1 and words[0].lower().strip(".") in _HONORIFICS:
        words.pop(0)
    while len(words) > 1 and words[-1].lower().replace(".", "") in _SUFFIXES:
        words.pop()
    if len(words) < 2:
        return (words[0][:100] if words else ""), ""
    cut = len(words) - 1
    while cut > 1 and words[cut - 1].lower().strip("'’") in _PARTICLES:
        cut -= 1
    return " ".join(words[:cut])[:100], " ".join(words[cut:])[:100]


def same_name(one: str, other: str) -> bool:
    """The same words in any order, apart from case, accents, punctuation, titles and initials' dots."""
    return _name_words(one) == _name_words(other) != frozenset()


def part_of_name(one: str, other: str) -> bool:
    """Whether one is the other with words left out ("Priya", "P. Shah" and "Priya Shah")."""
    short, long = sorted((_name_words(one), _name_words(other)), key=len)
    if not short:
        return False
    return all(any(w == word or (len(word) == 1 and w.startswith(word)) for w in long) for word in short)


@lru_cache(maxsize=65536)
def _name_words(text: str) -> frozenset[str]:
    words = re.findall(r"\w+", sort_key(text).replace("'", "").replace("’", ""))
    return frozenset(word for word in words if word not in _HONORIFICS and word not in _SUFFIXES)


def _single_spaced(text: str, what: object) -> str:
    single = " ".join(text.split())
    _refuse_controls(single, what)
    return single


def _refuse_controls(text: str, what: object, allowed: str = "") -> None:
    for place, character in enumerate(text, start=1):
        category = unicodedata.category(character)
        if category in ("Cc", "Cs", "Co", "Cn") and character not in allowed:
            raise UnusableError(
                _("%(what)s holds a character that cannot be shown (U+%(code)04X, place %(place)d). Type it again.")
                % {"what": what, "code": ord(character), "place": place}
            )


def _phone_words(text: str, region: str, error: phonenumbers.NumberParseException) -> str:
    if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not region:
        return _(
            "“%(text)s” has no country code. Write it like +1 415 555 2671, or set the time zone of the business."
        ) % {"text": _short(text)}
    return _("“%(text)s” is not a phone number.") % {"text": _short(text)}


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
