"""Who took clients' data out: the file is made by a page, the entry in Activity by this."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.ground.action import Actor, Outcome, Refused, action


@dataclass(frozen=True, slots=True)
class NoteExport:
    """count: how many clients are in the file."""

    count: int


@dataclass(frozen=True, slots=True)
class ExportNoted:
    count: int


@action("clients.note_export", permission="export", summary="Note that clients were taken out as a file")
def note_export(actor: Actor, given: NoteExport) -> Outcome[ExportNoted]:
    """Only the number is kept: names would outlive an erasure, in the audit trail."""
    if given.count < 0:
        raise Refused(_("The number of clients is 0 or more."), field="count")
    words = ngettext("Took %(n)s client out as a file", "Took %(n)s clients out as a file", given.count)
    return Outcome(ExportNoted(given.count), words % {"n": f"{given.count:,}"})
