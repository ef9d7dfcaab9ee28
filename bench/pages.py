"""Server time and queries of the pages: `python bench/pages.py HOME` (filled by bench/seed.py)."""

import argparse
import math
import re
import statistics
import sys
import time
from pathlib import Path

from seed import NOW, fill, start

# Peer: BottleCRM 1.35 with 100,000 contacts on PostgreSQL, in-process client (performance.md C).
PAGES = (
    ("Today", "/today", 50, None),
    ("Clients", "/clients", 50, 1241),
    ("Clients, by silence", "/clients?order=silence", 50, None),
    ("Clients, filtered", "/clients?stage={stage}&feeling=low", 50, None),
    ("Clients, page 2", "NEXT /clients", 50, 581),
    ("Clients, search", "/clients?q=okafor", 50, 347),
    ("Clients, board", "/clients?layout=stages", 50, None),
    ("Clients, silence map", "/clients?layout=silence", 50, None),
    ("Clients, how many", "/clients/count", 50, None),
    ("Client page", "/c/{client}", 50, None),
    ("Outbox", "/outbox", 50, None),
    ("Map", "/map", 300, None),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument(
        "--small", action="store_true", help="fill HOME with a hundred clients first, ask each page twice"
    )
    given = parser.parse_args()
    start(given.home)
    _collect()
    if given.small:
        fill(100, 2000, "realtor")
    print(f"yardstick: {yardstick():.1f} ms CPU for a million additions (compare runs only with the same yardstick)")
    print(
        f"{'page':<22}{'p50 ms':>8}{'p95 ms':>8}{'CPU p50':>9}{'least':>7}{'first ms':>10}{'queries':>9}{'first':>7}"
        f"{'KB':>5}{'goal p95':>10}{'peer p50':>10}{'ratio':>7}"
    )
    for name, address, goal, peer in PAGES:
        address = address.format(client=47 if given.small else 4711, stage=a_stage())
        report(name, address, goal, peer, 2 if given.small else given.times)
    first_visit()
    return 0


def _collect() -> None:
    from django.conf import settings
    from django.core.management import call_command

    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        call_command("collectstatic", interactive=False, verbosity=0)


def yardstick() -> float:
    """How fast this machine is at this moment: it is shared, and CPU time grows with what others do."""

    def once() -> float:
        before, total = time.process_time(), 0
        for number in range(1_000_000):
            total += number
        return (time.process_time() - before) * 1000

    return min(once() for _ in range(5))


def report(name: str, address: str, goal: int, peer: int | None, times: int) -> None:
    from fondly.ground import clock

    with clock.at(NOW):
        client = signed_in()
        if address.startswith("NEXT "):
            address = second_page(client, address.removeprefix("NEXT "))
        first_ms, first = first_look(client, address)
        client.get(address)
        warm = counted(client, address)
        took, cpu = [], []
        for _ in range(times):
            began, cpu_began = time.perf_counter(), time.process_time()
            response = client.get(address)
            cpu.append((time.process_time() - cpu_began) * 1000)
            took.append((time.perf_counter() - began) * 1000)
    p50, p95 = statistics.median(took), sorted(took)[math.ceil(len(took) * 0.95) - 1]
    ratio = f"{peer / p50:.0f}x" if peer else ""
    print(
        f"{name:<22}{p50:>8.1f}{p95:>8.1f}{statistics.median(cpu):>9.1f}{min(cpu):>7.1f}{first_ms:>10.1f}{warm:>9}"
        f"{first:>7}{len(response.content) / 1024:>5.0f}{goal:>10}{peer or '':>10}{ratio:>7}"
    )


def first_look(client, address: str) -> tuple[float, int]:
    """Milliseconds and queries of a page while the process remembers nothing of the database."""
    from fondly.design.playbooks import library
    from fondly.doors.web import frame
    from fondly.ground import fresh

    client.get(address)  # reads the templates
    fresh.forget_all()
    frame.forget()
    library._books.clear()
    before = time.perf_counter()
    first = counted(client, address)
    return (time.perf_counter() - before) * 1000, first


def a_stage() -> str:
    from fondly.run.journeys.models import Journey

    return Journey.objects.order_by("pk").values_list("stage", flat=True)[3]


def first_visit() -> None:
    """What a browser loads at the first sign of Today: the page and all it names, as sent (compressed)."""
    import gzip

    from django.contrib.staticfiles import finders

    from fondly.ground import clock

    with clock.at(NOW):
        page = signed_in().get("/today").content
    sizes = {"page": len(gzip.compress(page, 6))}
    for name in sorted(set(re.findall(r'(?:href|src)="/static/([^"]+)"', page.decode()))):
        plain = re.sub(r"\.[0-9a-f]{12}(\.\w+)$", r"\1", name)
        content = Path(finders.find(plain)).read_bytes()
        sizes[plain] = len(content if plain.endswith(".woff2") else gzip.compress(content, 6))
    print(f"first visit (Today): {sum(sizes.values()) / 1024:.0f} KB of at most 180: "
          + ", ".join(f"{name} {size / 1024:.0f}" for name, size in sizes.items()))  # fmt: skip


def second_page(client, address: str) -> str:
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
