"""What a client agrees to and takes back; addresses nobody may write to."""

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from fondly.core.words import words_of
from fondly.ground import clock
from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.people.clients import consents, finding, hooks, identity, timeline
from fondly.people.clients.models import Client, Consent

_WORD = re.compile(r"[a-z][a-z0-9_-]{0,39}|")


@dataclass(frozen=True, slots=True)
class SetConsent:
    """channel "" = every channel, purpose "" = every purpose; state given or withdrawn.

    wording: the sentence they agreed to; only its hash is kept. at: when they said so, default now.
    """

    client_id: int
    channel: str
    purpose: str
    state: str
    source: str = ""
    wording: str = ""
    ip: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentSet:
    client_id: int
    consent_id: int


@dataclass(frozen=True, slots=True)
class SuppressAddress:
    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class AddressSuppressed:
    reason: str


@dataclass(frozen=True, slots=True)
class AllowAddress:
    address: str


@dataclass(frozen=True, slots=True)
class AddressAllowed:
    was_suppressed: bool


@action("clients.consent", permission="clients", summary="Note what a client agreed to or took back")
def set_consent(actor: Actor, given: SetConsent) -> Outcome[ConsentSet]:
    """Add one line to the consent ledger; nothing in it is ever changed."""
    consents.about_to_change()
    client = finding.client(given.client_id)
    _refuse_unknown(given)
    undo = Undo("clients.consent", _before(client, given))
    line = _add_line(actor, client, given)
    hooks.on_change([client.pk])
    words = _("%(name)s agreed to %(what)s") if given.state == consents.GIVEN else _("%(name)s said no to %(what)s")
    summary = words % {"name": client.name, "what": _what(given)}
    return Outcome(ConsentSet(client.pk, line.pk), summary, client.pk, undo)


@action("clients.suppress", permission="clients", summary="Never write to an address again")
def suppress_address(actor: Actor, given: SuppressAddress) -> Outcome[AddressSuppressed]:
    """Put an address on the list that is checked before every mail. Only a keyed hash of it is kept."""
    email = finding.usable(identity.email, given.address, field="address")
    reason = finding.text(given.reason, 40, _("The reason"), field="reason")
    consents.suppress(email.key, reason)
    undo = Undo("clients.allow_address", AllowAddress(email.address))
    return Outcome(AddressSuppressed(reason), _("An address will not be written to again"), undo=undo)


@action("clients.allow_address", permission="clients", summary="Allow writing to an address again")
def allow_address(actor: Actor, given: AllowAddress) -> Outcome[AddressAllowed]:
    """Take an address from the list, because its owner asked for it."""
    email = finding.usable(identity.email, given.address, field="address")
    if not consents.unsuppress(email.key):
        raise NotFound(_("This address is not on the list of addresses that must not be written to."))
    return Outcome(AddressAllowed(True), _("An address may be written to again"))


def _add_line(actor: Actor, client: Client, given: SetConsent) -> Consent:
    source = finding.text(given.source, 120, _("The source"), field="source") or _("told to %(who)s") % {
        "who": actor.name
    }
    at = given.at or clock.now()
    line = Consent.objects.create(
        client=client,
        channel=given.channel,
        purpose=given.purpose,
        state=given.state,
        source=source[:120],
        wording_hash=hashlib.sha256(given.wording.encode()).hexdigest() if given.wording else "",
        ip=given.ip,
        at=at,
        by=actor.name[:200],
    )
    timeline.record(
        timeline.NewFact(
            client.pk,
            "consent",
            at,
            name=given.state,
            channel=given.channel,
            text=_what(given),
            by_id=actor.user_id,
            data={"purpose": given.purpose, "source": source},
        )
    )
    return line


def _before(client: Client, given: SetConsent) -> SetConsent:
    """The line that brings back what was allowed before."""
    lines = consents.newest([client.pk]).get(client.pk, {})
    allowed = consents.verdict(lines, given.channel, given.purpose) is True
    state = consents.GIVEN if allowed else consents.WITHDRAWN
    return SetConsent(client.pk, given.channel, given.purpose, state, source="undo")


def _refuse_unknown(given: SetConsent) -> None:
    if given.state not in (consents.GIVEN, consents.WITHDRAWN):
        raise Refused(_("Consent is given or withdrawn."), field="state")
    for name in ("channel", "purpose"):
        if not _WORD.fullmatch(getattr(given, name)):
            raise Refused(_("Use a word of small letters, such as email or marketing."), field=name)
    if given.at is not None and (given.at.tzinfo is None or given.at > clock.now()):
        raise Refused(_("The time needs a zone and cannot lie in the future."), field="at")
    if given.ip is not None:
        _refuse_bad_ip(given.ip)


def _refuse_bad_ip(text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError as error:
        raise Refused(_("This is not an IP address."), field="ip") from error


def _what(given: SetConsent) -> str:
    purpose = words_of(given.purpose) or _("everything")
    return f"{purpose} ({given.channel})" if given.channel else purpose
