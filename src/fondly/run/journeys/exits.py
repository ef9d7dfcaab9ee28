"""Why a journey ends before its time: a closed list, so that leaving can be counted and compared."""

from django.utils.translation import gettext_lazy as _

REASONS = {
    "goal": _("What they came for is reached"),
    "condition": _("The playbook's condition for leaving came true"),
    "unsubscribed": _("They asked not to be written to"),
    "bounced": _("They cannot be reached any more"),
    "declined": _("They said no, or we did"),
    "cancelled": _("They cancelled"),
    "person": _("A person ended it"),
    "merged": _("The record was merged into another one"),
    "erased": _("Their data were erased"),
    "version_dropped": _("The playbook no longer has their stage"),
}


def reason_of(name: str) -> str:
    """A reason of the list; anything else (an older or foreign word) counts as the playbook's condition."""
    return name if name in REASONS else "condition"
