"""Reads about offers."""

from datetime import datetime

from django.db.models import Sum
from django.utils import timezone

from fondly.run.offers.models import Offer


def given_since(since: datetime) -> dict[int, int]:
    """What each user gave from that instant on, in minor units; who gave nothing is left out."""
    made = Offer.objects.filter(state=Offer.State.MADE, asked_at__gte=since, asked_by__isnull=False)
    return dict(made.values_list("asked_by").annotate(Sum("cost_minor")).order_by())


def given_by(user_id: int, since: datetime) -> int:
    """The same for one user."""
    made = Offer.objects.filter(state=Offer.State.MADE, asked_by=user_id, asked_at__gte=since)
    return made.aggregate(sum=Sum("cost_minor"))["sum"] or 0


def month_start(now: datetime) -> datetime:
    """The first instant of this month in the viewer's zone."""
    local = now.astimezone(timezone.get_current_timezone())
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
