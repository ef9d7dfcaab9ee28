"""One-time links: for the first user, an invitation, a new password, and getting in from the server's shell."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from fondly.ground import clock
from fondly.people.team import tokens
from fondly.people.team.models import SignInLink, User

DAYS = {"first": 7, "invite": 7, "reset": 2, "enter": 1}
PATHS = {"first": "first", "invite": "join", "reset": "join", "enter": "enter"}


@dataclass(frozen=True, slots=True)
class MadeLink:
    url: str
    token: str
    days: int


def make(purpose: str, user: User | None = None, *, base: str = "") -> MadeLink:
    """A new link; earlier unused ones of the same purpose and user stop working."""
    token, now = tokens.make(), clock.now()
    SignInLink.objects.filter(purpose=purpose, user=user, used_at=None).update(used_at=now)
    SignInLink.objects.create(
        token_hash=tokens.hashed(token),
        purpose=purpose,
        user=user,
        made_at=now,
        expires_at=now + timedelta(days=DAYS[purpose]),
    )
    return MadeLink(f"{base or settings.FONDLY_URL}/{PATHS[purpose]}/{token}", token, DAYS[purpose])


def find(token: str, *purposes: str) -> SignInLink | None:
    """The link behind a token, if it can still be used."""
    link = SignInLink.objects.select_related("user").filter(token_hash=tokens.hashed(token)).first()
    if link is None or link.purpose not in purposes or link.used_at is not None or link.expires_at <= clock.now():
        return None
    return link


def use(link: SignInLink) -> bool:
    """Mark it used; False when somebody was faster. Call it in the transaction that does what the link is for."""
    return SignInLink.objects.filter(pk=link.pk, used_at=None).update(used_at=clock.now()) == 1
