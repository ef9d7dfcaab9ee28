"""The three first steps of a fresh install, with what is done already."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground.action import Actor
from fondly.people.clients.models import Client
from fondly.run.outbox import addresses


@dataclass(frozen=True, slots=True)
class Step:
    """href "" : somebody else may do it."""

    what: str
    why: str
    button: str
    href: str
    done: bool


def steps(actor: Actor) -> list[Step]:
    """What is left to do before Fondly has work: [] when all three are done."""
    found = [_trade(actor), _clients(actor), _mail(actor)]
    return [] if all(step.done for step in found) else found


def _trade(actor: Actor) -> Step:
    live = PlaybookVersion.objects.filter(state=PlaybookVersion.State.LIVE).exists()
    drafted = None if live else Playbook.objects.order_by("-pk").first()
    why = _("A playbook for your trade says what happens for a client, and when. You change it to fit.")
    if drafted is not None:
        link = _allowed(actor, "design", "playbook", drafted.pk)
        return Step(_("Look through your playbook and publish it"), why, _("Open the playbook"), link, done=False)
    return Step(
        _("Choose your trade"), why, _("Choose your trade"), _allowed(actor, "design", "playbooks-new"), done=live
    )


def _clients(actor: Actor) -> Step:
    return Step(
        _("Bring your clients in"),
        _("A file from your address book, CRM or spreadsheet will do. You see what would happen before it does."),
        _("Bring clients in"),
        _allowed(actor, "import", "client-import"),
        done=Client.objects.exists(),
    )


def _mail(actor: Actor) -> Step:
    return Step(
        _("Connect your mail"),
        _("Messages leave from your own address. Until then they wait in the Outbox."),
        _("Connect mail"),
        _allowed(actor, "admin", "settings-mail"),
        done=not addresses.not_ready(),
    )


def _allowed(actor: Actor, permission: str, page: str, *args: Any) -> str:
    return reverse(page, args=args) if actor.may(permission) else ""
