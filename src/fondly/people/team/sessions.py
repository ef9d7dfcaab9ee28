"""Ending sessions: a changed password or factor signs the person out everywhere else."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.db.models import F
from django.http import HttpRequest

from fondly.people.team.models import User


def end_others(sender: Any, request: HttpRequest | None, user: User, **more: Any) -> None:
    """Every session of the user but the one of this request stops being valid. Called by allauth's signals."""
    User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
    user.refresh_from_db(fields=["sessions_ended"])
    if request is not None and request.user.is_authenticated and request.user.pk == user.pk:
        update_session_auth_hash(request, user)
