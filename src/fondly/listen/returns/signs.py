"""What came back about a message, in words for its page."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fondly.listen.returns.models import Return, Search
from fondly.listen.returns.reading import SOURCE
from fondly.run.outbox.evidence import Sign

Kind = Return.Kind
_MOST = 20
_WORDS = {
    Kind.DELIVERED: gettext_noop("Delivered"),
    Kind.DEFERRED: gettext_noop("Delayed; a mail server goes on trying"),
    Kind.BOUNCED: gettext_noop("It came back"),
    Kind.REJECTED: gettext_noop("The mail provider did not pass it on"),
    Kind.COMPLAINED: gettext_noop("Reported as unwanted"),
    Kind.REPLIED: gettext_noop("Answered"),
    Kind.AUTO_REPLIED: gettext_noop("An automatic answer came"),
}
_BAD = (Kind.BOUNCED, Kind.REJECTED, Kind.COMPLAINED)


def of(message_id: int) -> list[Sign]:
    rows = Return.objects.filter(message=message_id).order_by("-happened_at", "-pk")[:_MOST]
    return [Sign(row.happened_at, _words(row), row.kind in _BAD) for row in rows] + _looked(message_id)


def _words(row: Return) -> str:
    words = _(_WORDS[Kind(row.kind)])
    if row.kind == Kind.BOUNCED:
        words = _("It came back for good") if row.is_hard else words
    told = _("says %(who)s") % {"who": row.source} if row.source != SOURCE else ""
    return ", ".join(part for part in (words, told) if part) + (f": {row.words}" if row.words else "")


def _looked(message_id: int) -> list[Sign]:
    """What the last look into the Sent folder found while the message is uncertain."""
    search = Search.objects.filter(message=message_id, message__state="uncertain", is_settled=False).first()
    if search is None:
        return []
    words = _("Looked into the Sent folder: it is not there yet, which may mean nothing")
    if search.is_absent:
        words = _("Looked into the Sent folder: it is not there, though another message of the same hour is")
    return [Sign(search.looked_at, words, search.is_absent)]
