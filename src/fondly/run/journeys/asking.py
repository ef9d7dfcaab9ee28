"""Which touchpoints of the live playbooks ask the client for something: a survey, a document, a form."""

from collections.abc import Mapping

from fondly.design.playbooks.living import live_books

_ASKS = ("survey", "document", "form")


def asking_touchpoints() -> Mapping[str, str]:
    """Touchpoint -> what it asks for ("survey", "document", "form")."""
    asks = (
        (touchpoint.name, next((kind for kind in _ASKS if getattr(touchpoint, kind)), ""))
        for live in live_books()
        for touchpoint in live.book.touchpoints()
    )
    return {name: kind for name, kind in asks if kind}
