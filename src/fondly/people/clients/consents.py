"""What clients agreed to: a ledger per channel and purpose, and the addresses nobody may write to.

For a channel and a purpose the newest line counts that speaks of both; "" in a line means every channel
or every purpose. Without any line, only the purposes of LAWFUL_WITHOUT may be used.
"""

import hmac
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils.translation import gettext as _

from fondly.core.words import words_of
from fondly.ground import clock
from fondly.ground.locking import fence
from fondly.ground.models import Setting
from fondly.people.clients import identity
from fondly.people.clients.models import Client, Consent, EmailAddress, Suppression

GIVEN = Consent.State.GIVEN.value
WITHDRAWN = Consent.State.WITHDRAWN.value
PURPOSES = ("service", "marketing", "keep_in_touch")
LAWFUL_WITHOUT = frozenset({"", "service", "keep_in_touch"})  # contract and legitimate interest; the rest is opt-in
CHANNELS = ("email", "sms", "phone", "letter", "card", "gift", "visit", "chat", "whatsapp", "video", "portal")
_KEY_NAME = "consents.key"
_CHUNK = 500
_FENCE = 0x0F0E_0001

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """The newest ledger line of one channel and purpose."""

    channel: str
    purpose: str
    state: str
    at: datetime
    source: str


def newest(client_ids: Iterable[int]) -> dict[int, dict[Pair, Line]]:
    """Per client the newest line of each channel and purpose. One query per 500 clients."""
    ids = list(client_ids)
    found: dict[int, dict[Pair, Line]] = defaultdict(dict)
    for start in range(0, len(ids), _CHUNK):
        lines = Consent.objects.filter(client__among=set(ids[start : start + _CHUNK])).order_by("at", "id")
        for client_id, channel, purpose, state, at, source in lines.values_list(
            "client_id", "channel", "purpose", "state", "at", "source"
        ):
            found[client_id][channel, purpose] = Line(channel, purpose, state, at, source)
    return found


def refused(
    client_ids: Iterable[int], *, purposes: Sequence[str] = ("marketing",), channels: Sequence[str] = CHANNELS
) -> dict[int, frozenset[Pair]]:
    """Per client the (channel, purpose) pairs that must not be used; "" as channel or purpose means any.

    `purposes` and `channels` are those the playbook names, beyond the ones in the ledger.
    """
    ids = list(client_ids)
    ledger = newest(ids)
    silent = _refused_by({}, purposes, channels)  # most clients have no line
    return {pk: _refused_by(ledger[pk], purposes, channels) if pk in ledger else silent for pk in ids}


def verdict(lines: dict[Pair, Line], channel: str, purpose: str) -> Line | bool:
    """True when allowed; False when consent is needed and missing; the line that withdrew it otherwise."""
    speaking = [lines[pair] for pair in _pairs_about(channel, purpose) if pair in lines]
    if not speaking:
        return purpose in LAWFUL_WITHOUT
    last = max(speaking, key=lambda line: (line.at, line.state == WITHDRAWN))
    if last.state == WITHDRAWN:
        return last
    return True


def may_write(client_id: int, channel: str, purpose: str) -> str:
    """ "" when the client may be written to, else the reason why not, in words."""
    client = Client.objects.filter(pk=client_id).only("merged_into_id", "erased_at").first()
    if client is None or client.erased_at is not None:
        return _("The client's data have been erased.")
    if client.merged_into_id is not None:
        return _("This record was merged into another one.")
    why = why_not(newest([client_id]).get(client_id, {}), channel, purpose)
    return why or (_address_refused(client_id) if channel == "email" else "")


def why_not(lines: dict[Pair, Line], channel: str, purpose: str) -> str:
    """The same question for ledger lines already read."""
    answer = verdict(lines, channel, purpose)
    if answer is True:
        return ""
    if isinstance(answer, Line):
        return _("Consent was withdrawn on %(day)s (%(source)s).") % {
            "day": answer.at.date().isoformat(),
            "source": answer.source,
        }
    return _("No consent for %(purpose)s has been given.") % {"purpose": words_of(purpose)}


def stand_still() -> None:
    """Until this transaction ends nobody withdraws, no address is suppressed: for the last look before a mail goes."""
    fence(_FENCE, shared=True)


def about_to_change() -> None:
    """Wait for mails at their last look; those that look later see what this transaction changes.

    Call it before locking anything else, as the senders do: two who wait for each other would both fail.
    """
    fence(_FENCE)


def suppress(address: str, reason: str) -> None:
    """Never write to this e-mail address again, whoever it belongs to. Only a keyed hash is kept."""
    about_to_change()
    Suppression.objects.get_or_create(key_hash=hash_of(address), defaults={"reason": reason[:40], "at": clock.now()})


def unsuppress(address: str) -> bool:
    """Allow the address again (a person asked for it). False when it was not suppressed."""
    return bool(Suppression.objects.filter(key_hash=hash_of(address)).delete()[0])


def is_suppressed(addresses: Iterable[str]) -> set[str]:
    """Those of the addresses that must not be written to, as they were handed in."""
    key = _key()
    by_hash: dict[str, list[str]] = defaultdict(list)
    for address in addresses:
        by_hash[_hash(key, address)].append(address)
    hashes, found = list(by_hash), set[str]()
    for start in range(0, len(hashes), _CHUNK):
        some = Suppression.objects.filter(key_hash__among=set(hashes[start : start + _CHUNK]))
        for known in some.values_list("key_hash", flat=True):
            found.update(by_hash[known])
    return found


def hash_of(address: str) -> str:
    """The keyed hash under which an address is suppressed."""
    return _hash(_key(), address)


def hashes_of(addresses: Iterable[str]) -> dict[str, str]:
    """The same for many addresses at once."""
    key = _key()
    return {address: _hash(key, address) for address in addresses}


def _pairs_about(channel: str, purpose: str) -> tuple[Pair, ...]:
    return (channel, purpose), ("", purpose), (channel, ""), ("", "")


def _refused_by(lines: dict[Pair, Line], purposes: Sequence[str], channels: Sequence[str]) -> frozenset[Pair]:
    asked = {"", *purposes, *(purpose for _channel, purpose in lines)}
    spoken = {channel for channel, _purpose in lines if channel}
    every = sorted(spoken.union(channels))
    pairs: set[Pair] = set()
    for purpose in asked:
        pairs.update(_refused_channels(lines, purpose, every))
    # "" as purpose means any: only when every purpose we know of is refused there as well.
    known = asked.union(PURPOSES)
    return frozenset(p for p in pairs if p[1] or all(_is_refused(lines, p[0], purpose) for purpose in known))


def _refused_channels(lines: dict[Pair, Line], purpose: str, channels: Sequence[str]) -> set[Pair]:
    closed = {(channel, purpose) for channel in channels if _is_refused(lines, channel, purpose)}
    if _is_refused(lines, "", purpose) and len(closed) == len(channels):
        return {("", purpose)}
    return closed


def _is_refused(lines: dict[Pair, Line], channel: str, purpose: str) -> bool:
    return verdict(lines, channel, purpose) is not True


def _address_refused(client_id: int) -> str:
    emails = EmailAddress.objects.filter(contact__client_id=client_id)
    address = emails.order_by("-contact__is_primary", "-is_primary", "id").values_list("key", flat=True).first()
    if address and is_suppressed([address]):
        return _("The address is on the list of addresses that must not be written to.")
    return ""


@lru_cache(maxsize=4096)  # an address is asked about when its mail is written, prepared and committed
def _hash(key: bytes, address: str) -> str:
    return hmac.digest(key, identity.email_key(address).encode(), "sha256").hex()


def _key() -> bytes:
    """Kept in the database, not derived from the signing key: a new signing key must not forget who said stop."""
    setting, _made = Setting.objects.get_or_create(name=_KEY_NAME, defaults={"value": secrets.token_hex(32)})
    return setting.value.encode()
