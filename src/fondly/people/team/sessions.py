"""Who is signed in: a session and its user are read in one statement, on every page.

A changed password or factor signs the person out everywhere else.
"""

from datetime import UTC, datetime
from typing import Any, cast

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, update_session_auth_hash
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from fondly.ground import instants, reading
from fondly.people.team.models import Session, User

_USER_FIELDS = [field.attname for field in User._meta.concrete_fields]
_SESSION_AND_USER = f"""
SELECT s.session_data, {", ".join(f'u."{name}"' for name in _USER_FIELDS)}
FROM team_session s LEFT JOIN team_user u ON u.id = s.user_id
WHERE s.session_key = %s AND s.expire_date > %s"""  # noqa: S608 - column names of our own


class SessionStore(db.SessionStore):
    """Django's sessions in the database, each with its user. `user` is known once the session was read."""

    user: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        made = cast(Session, super().create_model_instance(data))
        made.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        return made

    def load(self) -> dict[str, Any]:
        now = instants.stored(datetime.now(UTC))  # not our clock: a session lasts as long wherever that was moved
        found = reading.rows(_SESSION_AND_USER, (self.session_key, now)) if self.session_key else []
        if not found:
            self._session_key = None
            return {}
        data, *columns = found[0]
        self.user = _user(columns)
        return self.decode(data)


class SignedIn(AuthenticationMiddleware):
    """Django's own, but the user comes with the session."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: user_of(request.session))  # type: ignore[assignment, arg-type]


def user_of(session: SessionStore) -> User | AnonymousUser:
    """The user of a session; it ends when their password or a factor has changed since."""
    signed_in, mark = session.get(SESSION_KEY), session.get(HASH_SESSION_KEY, "")
    user = session.user
    if user is None or not user.is_active or signed_in != str(user.pk):
        return AnonymousUser()
    if constant_time_compare(mark, user.get_session_auth_hash()):
        return user
    session.flush()
    return AnonymousUser()


def end_others(sender: Any, request: HttpRequest | None, user: User, **more: Any) -> None:
    """Every session of the user but the one of this request stops being valid. Called by allauth's signals."""
    User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
    user.refresh_from_db(fields=["sessions_ended"])
    if request is not None and request.user.is_authenticated and request.user.pk == user.pk:
        update_session_auth_hash(request, user)


def _user(columns: list[Any]) -> User | None:
    """None for the session of somebody who is not signed in."""
    values = [instants.read(value) if isinstance(value, datetime) else value for value in columns]
    return User.from_db(None, _USER_FIELDS, values) if values[0] is not None else None
