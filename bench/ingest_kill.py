"""The web server is killed, over and over, while other programs send behaviour events and repeat what was not answered.

`python bench/ingest_kill.py --kills 100 --db sqlite|postgres`. Two programs of our own send batch after batch, each
again and again until it was taken; a third is the stock client, segment-analytics-python, where it is installed.
Then the worker's part follows every event. The last line tells; the exit code is 1 when an event was lost or doubled,
in the table or on a client's timeline.
"""

import argparse
import http.client
import json
import os
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import ingest
from install import MONDAY, clients, playbook, prepare
from postgres import Postgres

BATCH = 25
LONGEST = 0.6  # seconds between the server's start and its end


class Sender(threading.Thread):
    """Sends until told to stop; goes on with the next batch only when the server took the last."""

    def __init__(self, name: str, port: int, key: str) -> None:
        super().__init__()
        self.name, self.port, self.headers = name, port, ingest.headers(key)
        self.sent: list[str] = []
        self.repeats = 0
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            events = [event(f"{self.name}-{len(self.sent) + n}") for n in range(BATCH)]
            while not self._taken(json.dumps({"batch": events})):
                self.repeats += 1
                time.sleep(0.02)
            self.sent += [one["messageId"] for one in events]

    def _taken(self, body: str) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request("POST", "/v1/batch", body, self.headers)
            return line.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()


class Stock:
    """The same by the client that people have in their programs already."""

    def __init__(self, port: int, key: str) -> None:
        from segment.analytics.client import Client

        self.sent: list[str] = []
        self.failed: list[object] = []
        self.client = Client(
            key, host=f"http://127.0.0.1:{port}", gzip=True, upload_size=BATCH, max_retries=30, upload_interval=0.05,
            on_error=lambda error, _items: self.failed.append(error),
        )  # fmt: skip
        self.repeats = 0
        self._others()

    def _others(self) -> None:
        """One of each other kind; they are no facts."""
        self.client.identify("p1", {"email": "p1@example.org"}, anonymous_id="a1", message_id="other-1")
        self.client.group("p1", "acme", {"name": "Acme"}, message_id="other-2")
        self.client.page("p1", "Docs", "Start", message_id="other-3")
        self.client.screen("p1", "Shop", "Basket", message_id="other-4")
        self.client.alias("a2", "p1", message_id="other-5")

    def send(self, count: int) -> None:
        for _ in range(count):
            message_id = f"stock-{len(self.sent)}"
            self.client.track("p1", "booked", message_id=message_id)
            self.sent.append(message_id)

    def stop(self) -> None:
        self.client.shutdown()
        if self.failed:
            raise SystemExit(f"the stock client gave up: {self.failed[0]}")


def event(message_id: str) -> dict[str, object]:
    return {"type": "track", "userId": "p1", "event": "booked", "messageId": message_id}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--db", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fondly-ingest-")))
        if given.db == "postgres":
            os.environ["FONDLY_DATABASE_URL"] = stack.enter_context(Postgres(folder)).url
        prepare(folder / "home", 0)
        _somebody()
        sys.exit(_lived(given.kills, random.Random(given.seed)))


def _somebody() -> None:
    """The client whose events they are, and a playbook that waits for them."""
    from fondly.people.clients.models import Client

    playbook()
    Client.objects.filter(pk__in=clients(1)).update(external_id="p1")


def _lived(kills: int, dice: random.Random) -> int:
    key, port = ingest.key(), ingest.free_port()
    senders = [Sender(f"own{n}", port, key) for n in (1, 2)]
    stock = Stock(port, key) if find_spec("segment") else None
    for sender in senders:
        sender.start()
    for _ in range(kills):
        with ingest.server(port, kill=True):
            if stock is not None:
                stock.send(4 * BATCH)
            time.sleep(dice.uniform(0, LONGEST))
    with ingest.server(port):
        for sender in senders:
            sender.stopping.set()
            sender.join()
        if stock is not None:
            stock.stop()
    return _told(kills, senders, stock)


def _told(kills: int, senders: list[Sender], stock: Stock | None) -> int:
    from fondly.measure.events import following
    from fondly.measure.events.models import BehaviourEvent
    from fondly.people.clients.models import Interaction

    while following.turn(MONDAY):
        pass
    sent = [one for sender in (*senders, *([stock] if stock else [])) for one in sender.sent]
    kept = list(BehaviourEvent.objects.filter(kind="track").values_list("message_id", flat=True))
    others = BehaviourEvent.objects.exclude(kind="track").values("kind").distinct().count()
    facts = list(Interaction.objects.filter(source=following.SOURCE).values_list("external_id", flat=True))
    lost = len(set(sent) - set(kept)) + len(set(sent) - set(facts)) + (5 - others if stock else 0)
    double = len(kept) - len(set(kept)) + len(facts) - len(set(facts))
    repeats = sum(sender.repeats for sender in senders)
    of_stock = f"{len(stock.sent):,} by the stock client" if stock else "the stock client is not installed"
    print(f"{kills} kills, {len(sent)} events ({of_stock}), {repeats} repeats, {lost} lost, {double} double")
    return 1 if lost or double or set(kept) - set(sent) else 0


if __name__ == "__main__":
    main()
