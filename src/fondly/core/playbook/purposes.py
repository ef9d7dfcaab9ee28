"""What a touchpoint reaches the client for, as consent knows it."""

from fondly.core.playbook.model import Playbook, Touchpoint

SERVICE = "service"
KEEP_IN_TOUCH = "keep_in_touch"


def purpose_of(book: Playbook, touchpoint: Touchpoint) -> str:
    """The consent it names; work is service, anything else keeps in touch."""
    template = book.templates.get(touchpoint.template)
    named = touchpoint.consent or (template.consent if template is not None else "")
    return named or (SERVICE if touchpoint.kind == "work" else KEEP_IN_TOUCH)
