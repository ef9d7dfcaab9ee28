"""Server time and queries of the pages: `python bench/pages.py HOME` (filled by bench/seed.py)."""

import argparse
import statistics
import sys
import time
from pathlib import Path

from seed import NOW, start

# Peer: BottleCRM 1.35 with 100,000 contacts on PostgreSQL, in-process client (performance.md C).
PAGES = (
    ("Today", "/today", 50, None),
    ("Clients", "/clients", 50, 1241),
    ("Clients, by silence", "/clients?order=silence", 50, None),
    ("Clients, page 2", "NEXT /clients", 50, 581),
    ("Clients, search", "/clients?q=okafor", 50, 347),
    ("Client page", "/c/4711", 50, None),
    ("Outbox", "/outbox", 50, None),
    ("Map", "/map", 300, None),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--times", type=int, default=50)
    given = parser.parse_args()
    start(given.home)
    print(f"{'page':<24}{'p50 ms':>8}{'p95 ms':>8}{'queries':>9}{'KB':>6}{'goal p95':>10}{'peer p50':>10}{'ratio':>8}")
    for name, address, goal, peer in PAGES:
        report(name, address, goal, peer, given.times)
    return 0


def report(name: str, address: str, goal: int, peer: int | None, times: int) -> None:
    from fondly.ground import clock

    with clock.at(NOW):
        client = signed_in()
        if address.startswith("NEXT "):
            address = second_page(client, address.removeprefix("NEXT "))
        queries = counted(client, address)
        took = []
        for _ in range(times):
            before = time.perf_counter()
            response = client.get(address)
            took.append((time.perf_counter() - before) * 1000)
    p50, p95 = statistics.median(took), sorted(took)[int(len(took) * 0.95) - 1]
    ratio = f"{peer / p50:.0f}x" if peer else ""
    size = len(response.content) / 1024
    print(f"{name:<24}{p50:>8.1f}{p95:>8.1f}{queries:>9}{size:>6.0f}{goal:>10}{peer or '':>10}{ratio:>8}")


def second_page(client, address: str) -> str:
    import re

    found = re.search(r'href="([^"]*after=[^"]*)"', client.get(address).content.decode())
    if not found:
        return address
    link = found.group(1).replace("&amp;", "&")
    return link if link.startswith("/") else f"{address}{link}"


def signed_in():
    from django.test import Client

    from fondly.people.team.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.first(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def counted(client, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        status = client.get(address).status_code
    if status != 200:
        sys.exit(f"{address} answered {status}")
    return sum(
        1 for q in captured.captured_queries if not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
    )


if __name__ == "__main__":
    sys.exit(main())
