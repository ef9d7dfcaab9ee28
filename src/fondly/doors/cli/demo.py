"""`fondly demo`: an install of its own, filled with invented people, opened signed in."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

# The demo never touches the real install or sends real mail because of settings that lie around.
_NOT_OURS = ("FONDLY_DATABASE_URL", "FONDLY_EMAIL_URL", "FONDLY_EMAIL_FROM", "FONDLY_SECRET_KEY", "FONDLY_HOME")
SENDER = "Demo <demo@example.com>"


def run(arguments: argparse.Namespace) -> int:
    """Build the demo (or open a kept one), then serve it until Ctrl+C. A demo without --home is thrown away."""
    moment = _instant(arguments.clock)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a half-built demo is thrown away too
    with _home(arguments.home) as home:
        _set_up(home, arguments)
        from fondly.doors.cli.django_setup import setup

        setup()
        from fondly.doors.cli import install, preparing, serving

        serving.refuse_busy_port(arguments.host, arguments.port)
        preparing.make_ready()
        _fill(arguments.trade, arguments.seed, moment)
        return install.start(arguments.host, arguments.port, browser=not arguments.no_browser, first=_way_in())


def _set_up(home: Path, arguments: argparse.Namespace) -> None:
    for name in _NOT_OURS:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    os.environ.update(FONDLY_HOME=str(home), FONDLY_DEMO="yes", FONDLY_URL=f"http://localhost:{arguments.port}")
    if arguments.smtp:
        os.environ.update(FONDLY_EMAIL_URL=arguments.smtp, FONDLY_EMAIL_FROM=SENDER)


def _fill(trade: str, seed: int, moment: datetime | None) -> None:
    from fondly.doors.demo import build
    from fondly.ground import clock
    from fondly.ground.action import Refused
    from fondly.people.team.models import User

    if User.objects.exists():
        print("Opening the demo that is kept here.", flush=True)
        return
    print(f"Inventing clients and their past ({trade.replace('_', ' ')}) ...", flush=True)
    try:
        moment = _in_zone(moment, trade)
        built = build(trade, seed, moment or clock.now())
    except Refused as refusal:
        sys.exit(f"fondly: {refusal.message}")
    if moment is not None:
        clock.set_to(moment)
    things = "1 thing" if built.due == 1 else f"{built.due} things"
    print(f"{built.clients} clients, {built.facts} facts on their timelines, {things} to do.", flush=True)


def _in_zone(moment: datetime | None, trade: str) -> datetime | None:
    """A time without a zone is the business's own."""
    from zoneinfo import ZoneInfo

    from fondly.design.playbooks import library
    from fondly.design.playbooks.publishing import starter_text

    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=ZoneInfo(library.parse(starter_text(trade, "")).timezone))


def _way_in() -> str:
    """A one-time link that signs in as the owner."""
    from fondly.people.team import links
    from fondly.people.team.models import User

    return links.make("enter", User.objects.filter(is_admin=True).order_by("pk").first()).url


@contextmanager
def _home(named: str | None) -> Iterator[Path]:
    if named:
        yield Path(named).expanduser().resolve()
        return
    with tempfile.TemporaryDirectory(prefix="fondly-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        sys.exit(f"fondly: --clock {text!r} is not a time; write it as 2026-11-22T09:00.")
    return instant
