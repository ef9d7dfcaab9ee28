"""Every way a mail server can fail, at every phase: `python bench/smtp_faults.py [--times N] [--server aiosmtpd|postfix]`.

For each fault N mails go through a proxy that breaks the conversation at one exact place in front of a real server.
Then the state Fondly gave each mail is compared with what the fault means, and with what the server really took.
At the end the faults are gone, the mails in doubt are settled by what the server took, and all must be there once.
"""

import argparse
import logging
import re
import sys
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from faulty import FAULTS, Fault, Proxy
from install import MONDAY, clients, playbook, prepare, until_none, write_due
from postfix import Postfix, why_not

_TO = re.compile(rb"^To: .*?(c\d+@example\.org)", re.MULTILINE)
_ROUNDS = 12  # tries after the faults are gone; waits double each time


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="mails per fault")
    parser.add_argument("--server", choices=("aiosmtpd", "postfix"), default="aiosmtpd")
    parser.add_argument("--small", action="store_true", help="two mails per fault")
    given = parser.parse_args()
    if given.server == "postfix" and (reason := why_not()):
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory() as home, _server(given.server) as server:
        proxy = Proxy(("127.0.0.1", server.port))
        prepare(Path(home), proxy.port)
        logging.getLogger("fondly.outbox").setLevel(logging.ERROR)  # a thousand refusals are what is wanted here
        return Matrix(proxy, server, 2 if given.small else given.times).run()


def _server(name: str) -> Any:
    return Postfix() if name == "postfix" else Aiosmtpd()


class Aiosmtpd:
    """aiosmtpd in a thread, keeping what it took."""

    def __enter__(self) -> "Aiosmtpd":
        from aiosmtpd.controller import Controller
        from postfix import free_port

        self.taken: list[bytes] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        return self

    def __exit__(self, *_unused: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.taken.append(envelope.content)
        return "250 2.0.0 taken"

    def delivered(self) -> list[bytes]:
        return self.taken


class Matrix:
    def __init__(self, proxy: Proxy, server: Any, times: int) -> None:
        self.proxy, self.server, self.times = proxy, server, times
        self.wrong = 0

    def run(self) -> int:
        self.playbook_id = playbook()
        print(f"{'fault':<42}{'must be':>12}{'is':>28}{'taken':>7}{'wrong':>7}")
        for fault in FAULTS:
            self._one(fault)
        self.proxy.fault = None
        return self._settle()

    def _one(self, fault: Fault) -> None:
        """N mails while the fault is there."""
        from fondly.run.outbox.models import Message

        ids = clients(self.times)
        self._start(ids)
        self.proxy.fault = fault
        self._secure(fault.at == "tls")
        before = self._taken()
        self._send(MONDAY + timedelta(minutes=2))
        self._secure(False)
        states = Counter(Message.objects.filter(client__in=ids).values_list("state", flat=True))
        taken = sum((self._taken() - before).values())
        wrong = self.times - sum(states[state] for state in fault.becomes.split("|"))
        wrong += abs(taken - (self.times if fault.at == "taken" else 0))
        self.wrong += wrong
        shown = ", ".join(f"{count} {state}" for state, count in states.items())
        print(f"{fault.name:<42}{fault.becomes.split('|')[0]:>12}{shown:>28}{taken:>7}{wrong:>7}")

    def _start(self, ids: list[int]) -> None:
        from fondly.ground import clock
        from fondly.ground.action import SYSTEM, perform
        from fondly.run.journeys.actions import StartJourneys

        with clock.at(MONDAY):
            perform("journeys.start_many", SYSTEM, StartJourneys(ids, self.playbook_id, key=f"faults {ids[0]}"))
            until_none(write_due)

    def _send(self, at: datetime) -> None:
        """Try everything that may go at that instant; a server left alone after a failure is tried again at once."""
        from fondly.ground import clock
        from fondly.run.outbox import sending

        sending.forget_pauses()
        with clock.at(at):
            until_none(lambda: sending.send_ready(at, "bench"))

    def _secure(self, wanted: bool) -> None:
        """Ask for STARTTLS, or not."""
        from django.conf import settings

        from fondly.ground.config import Value

        known = settings.FONDLY["FONDLY_EMAIL_URL"]
        url = f"smtp{'+tls' if wanted else ''}://127.0.0.1:{self.proxy.port}"
        settings.FONDLY = {**settings.FONDLY, "FONDLY_EMAIL_URL": Value(known.option, url, "environment")}

    def _taken(self) -> Counter[str]:
        return Counter(_TO.findall(raw)[0].decode() for raw in self.server.delivered())

    def _settle(self) -> int:
        """Without faults: say of each mail in doubt what the server says, send the rest, and count."""
        from fondly.ground import clock
        from fondly.ground.action import SYSTEM, perform
        from fondly.run.journeys import planning
        from fondly.run.outbox.actions import ResolveUncertain
        from fondly.run.outbox.models import Message

        taken, found = self._taken(), Counter()
        for pk, to in Message.objects.filter(state="uncertain").values_list("pk", "to_address"):
            with clock.at(MONDAY + timedelta(minutes=3)):
                perform("outbox.resolve", SYSTEM, ResolveUncertain(pk, arrived=bool(taken[to])))
            found[bool(taken[to])] += 1
        for number in range(_ROUNDS):  # each mail waits a little longer than twice as long as before
            at = MONDAY + timedelta(minutes=3 + 2**number)
            with clock.at(at):
                until_none(lambda now=at: planning.plan_due(now))
                until_none(lambda now=at: write_due(now))
            self._send(at + timedelta(minutes=1))
        return self._report(found)

    def _report(self, found: "Counter[bool]") -> int:
        from fondly.people.clients.models import EmailAddress
        from fondly.run.outbox.models import Message

        taken, everyone = self._taken(), set(EmailAddress.objects.values_list("address", flat=True))
        refused = set(Message.objects.filter(state="failed", reply__regex="^5").values_list("to_address", flat=True))
        lost, doubled = len(everyone - set(taken) - refused), sum(count - 1 for count in taken.values())
        print(
            f"{len(FAULTS)} faults, {len(everyone)} mails, {self.wrong} wrong, {lost} lost, {doubled} duplicate, "
            f"{sum(found.values())} uncertain ({found[True]} found, {found[False]} resent), {len(refused)} refused"
        )
        return 1 if self.wrong or lost or doubled or refused & set(taken) else 0


if __name__ == "__main__":
    sys.exit(main())
