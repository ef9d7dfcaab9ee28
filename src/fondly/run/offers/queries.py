"""Reads about offers."""

from datetime import datetime

from django.db.models import Sum

from fondly.run.offers.models import Offer


def given_since(since: datetime) -> dict[int, int]:
    """What each user gave from that instant on, in minor units; who gave nothing is left out."""
    made = Offer.objects.filter(state=Offer.State.MADE, asked_at__gte=since, asked_by__isnull=False)
    return dict(made.values_list("asked_by").annotate(Sum("cost_minor")).order_by())


def given_by(user_id: int, since: datetime) -> int:
    """The same for one user."""
    made = Offer.objects.filter(state=Offer.State.MADE, asked_by=user_id, asked_at__gte=since)
    return made.aggregate(sum=Sum("cost_minor"))["sum"] or 0
