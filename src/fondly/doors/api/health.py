"""For machines that watch: is the process alive, can it serve, how does it do."""

import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fondly.doors import database, heartbeat, invariants
from fondly.doors.api import measuring
from fondly.ground import chain, clock, config
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox.models import Message


@login_not_required
@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """/healthz: this process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """/readyz: database, migrations, worker, and nothing left lying. 503 with the reasons when something is missing."""
    reasons = list(_reasons())
    return JsonResponse({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """/metrics in Prometheus text; asks for FONDLY_METRICS_TOKEN, which a public install needs."""
    wanted = settings.FONDLY["FONDLY_METRICS_TOKEN"].text.strip()
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not wanted and urlsplit(settings.FONDLY_URL).hostname not in config.AT_HOME:
        return HttpResponse("Set FONDLY_METRICS_TOKEN to read this from afar.\n", status=401)
    if wanted and not hmac.compare_digest(sent.encode(), wanted.encode()):
        return HttpResponse("A token is needed.\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    lines = [*measuring.lines(), *_work_lines()]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _reasons() -> Iterator[dict[str, str]]:
    try:
        trouble = database.state().trouble
    except database.Unreachable:
        yield {"what": "database", "why": "it does not answer"}
        return
    if trouble:
        yield {"what": "migrations", "why": trouble}
        return
    age = heartbeat.age_seconds()
    if age is None or age >= heartbeat.FRESH_SECONDS:
        yield {"what": "worker", "why": "never seen" if age is None else f"last seen {int(age)} seconds ago"}
    for one in invariants.overdue(clock.now()):
        yield {"what": "work", "why": f"{one.count} {one.what}"}


def _work_lines() -> Iterator[str]:
    """Queues and states, from indexed columns only."""
    now = clock.now()
    try:
        yield from _queue("plan", Journey.objects.filter(state="active", plan_at__lte=now), "plan_at", now)
        yield from _queue("moments", Moment.objects.filter(state="planned", at__lte=now), "at", now)
        yield from _queue("messages", Message.objects.filter(state="held", go_at__lte=now), "go_at", now)
        late = Moment.objects.filter(state="due")
        yield from _gauge("fondly_moments_due", "Moments that wait for a person", {"": late.count()})
        yield from _gauge("fondly_moments_late", "Those of them that are late", {"": late.filter(at__lt=now).count()})
        counted = Message.objects.order_by().values("state").annotate(n=Count("pk"))
        states = {f'{{state="{row["state"]}"}}': row["n"] for row in counted}
        yield from _gauge("fondly_messages", "Messages by state", states)
        yield from _gauge("fondly_activity_sealed", "Entries of Activity in its chain", {"": chain.head().count})
        yield from _gauge("fondly_activity_unsealed", "Entries not sealed yet", {"": chain.unsealed().count()})
        age = heartbeat.age_seconds()
        if age is not None:
            yield from _gauge("fondly_worker_heartbeat_age_seconds", "Since a worker was seen", {"": round(age, 1)})
        up = 1
    except DatabaseError:
        up = 0
    yield from _gauge("fondly_database_up", "1 when the database answers", {"": up})


def _queue(name: str, rows: QuerySet[Any], field: str, now: datetime) -> Iterator[str]:
    found = rows.aggregate(n=Count("pk"), oldest=Min(field))
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0
    yield from _gauge(f"fondly_queue_{name}", "Waiting work whose time has come", {"": found["n"]})
    yield from _gauge(f"fondly_queue_{name}_age_seconds", "How long the oldest waits", {"": round(max(age, 0), 1)})


def _gauge(name: str, help_: str, values: dict[str, float]) -> Iterator[str]:
    yield f"# HELP {name} {help_}."
    yield f"# TYPE {name} gauge"
    for labels, value in values.items():
        yield f"{name}{labels} {value}"
