"""An invented Today, shown to people whose own is still empty."""

from datetime import datetime

from django.utils.translation import gettext as _

from fondly.core.words import heading
from fondly.run.journeys.today import Row, Today


def example(now: datetime) -> Today:
    """Four groups with the rows of a small firm. Nobody in it exists."""
    return Today(
        first=[
            _row(_("Priya Shah"), _("Friday update, 2 hours late"), _("You said every Friday by 16:00."), "late",
                 _("promise"), _("Put it right"), _("A promise past its time comes first.")),
            _row(_("Tom Weld"), _("felt unhappy after the visit"), _("Scored 3 yesterday, not solved yet."),
                 "relationship", "", _("Call Tom"), _("Uneasy clients: lowest feeling first.")),
        ],
        due=[
            _row(_("Ana Ruiz"), _("Check-in call"), _("14 days since you spoke. She worries about schools."),
                 "relationship", "", _("Call Ana"), _("By its time.")),
            _row(_("The Okafors"), _("Post the framed map"), _("They signed on Thursday. The address is ready."), "wow",
                 "", _("Mark posted"), _("By its time.")),
        ],
        waiting=[
            _row(_("J. Mbeki"), heading(_("welcome_form")), _("Sent 3 days ago, nothing came back yet."), "work", "",
                 _("Open"), _("The longest wait first.")),
        ],
        ran=12,
    )  # fmt: skip


def _row(name: str, what: str, why: str, kind: str, word: str, button: str, order: str) -> Row:
    return Row(id="", client_id=0, name=name, what=what, why=why, kind=kind, word=word, button=button, page="",
               page_id=0, order=order, sort=(), minutes=10)  # fmt: skip
