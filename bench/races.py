"""Somebody changes their mind while a mail is going out: `python bench/races.py [--races N]`.

A worker sends one mail. At one named place of its way it waits a moment, and in that moment somebody unsubscribes,
ends or pauses the journey, pauses everything, erases the client, takes the mail back, edits it, skips it, or the
address complains. What was committed before the point of no return must keep the mail here; what comes later comes too
late, and has to be told so or change nothing that was sent. Every act is tried at every place, in turn, on the database
of FONDLY_DATABASE_URL, else on a throw-away SQLite file. Last line: `N races, S sent, K kept, 0 late`.
"""

import argparse
import logging
import socket
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any, BinaryIO

from install import MONDAY, clients, playbook, prepare, until_none, write_due

NOW = MONDAY + timedelta(minutes=2)
LATER = MONDAY + timedelta(days=5)
WAIT_SECONDS = 0.4  # an act that is not done by then is waiting for the sender's transaction
BEFORE = (
    "before_claim",
    "after_claim",
    "after_mail",
    "after_body",
    "before_commit",
    "checked",
)  # the point of no return
AFTER = ("after_commit", "after_dot", "after_reply", "before_result")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--races", type=int, default=10_000)
    parser.add_argument("--small", action="store_true", help="each act once at each place")
    given = parser.parse_args()
    server = Server()
    with tempfile.TemporaryDirectory() as home:
        prepare(Path(home), server.port)
        logging.disable(logging.ERROR)
        plans = list(product(ACTS, (*BEFORE, *AFTER)))
        return Races(server, plans, len(plans) if given.small else given.races).run()


class Server:
    """Takes every mail and remembers who it was for and what it said."""

    def __init__(self) -> None:
        self.taken: dict[str, bytes] = {}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            line, _address = self._listening.accept()
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        to = ""
        with line, line.makefile("rb") as commands:
            line.sendall(b"220 races\r\n")
            for command in commands:
                if command.upper().startswith(b"RCPT"):
                    to = command.decode().partition("<")[2].partition(">")[0]
                if command.upper().startswith(b"DATA"):
                    line.sendall(b"354 go\r\n")
                    body = _body(commands)
                    if body is None:
                        return
                    self.taken[to] = body
                line.sendall(b"250 ok\r\n")


def _body(commands: BinaryIO) -> bytes | None:
    """The mail up to its final dot; None when the line ended before: then nothing was taken."""
    lines: list[bytes] = []
    while (line := commands.readline()) != b".\r\n":
        if not line:
            return None
        lines.append(line)
    return b"".join(lines)


@dataclass
class Race:
    """One mail on its way, and what somebody does to it."""

    message: Any
    to: str
    done: bool = False  # the act was carried out
    refused: str = ""
    in_time: bool = False  # ... and committed before the point of no return


Act = Callable[[Race], None]


def _perform(name: str, given: Any) -> None:
    from fondly.ground.action import SYSTEM, perform

    perform(name, SYSTEM, given)


def unsubscribe(race: Race) -> None:
    from fondly.people.clients.actions import SetConsent

    _perform("clients.consent", SetConsent(race.message.client_id, "email", "", "withdrawn", source="the race"))


def complaint(race: Race) -> None:
    from django.db import transaction

    from fondly.people.clients import consents

    with transaction.atomic():
        consents.suppress(race.to, "complaint")


def leave(race: Race) -> None:
    from fondly.run.journeys.actions import ExitJourney

    _perform("journeys.exit", ExitJourney(race.message.moment.journey_id))


def pause(race: Race) -> None:
    from fondly.run.journeys.actions import PauseJourney

    _perform("journeys.pause", PauseJourney(race.message.moment.journey_id))


def pause_everything(_race: Race) -> None:
    from fondly.run.journeys.actions import PauseEverything

    _perform("journeys.pause_everything", PauseEverything("the race"))


def erase(race: Race) -> None:
    from fondly.people.clients.actions.erasing import EraseClient

    _perform("clients.erase", EraseClient(race.message.client_id))


def take_back(race: Race) -> None:
    from fondly.run.outbox.actions import TakeBack

    _perform("outbox.take_back", TakeBack(race.message.pk))


def edit(race: Race) -> None:
    from fondly.run.outbox.actions import EditMessage
    from fondly.run.outbox.models import Message

    revision = Message.objects.values_list("revision", flat=True).get(pk=race.message.pk)
    _perform("outbox.edit", EditMessage(race.message.pk, revision, "Changed", "Changed words."))


def skip(race: Race) -> None:
    from fondly.run.journeys.actions import SkipMoment
    from fondly.run.journeys.models import Moment

    revision = Moment.objects.values_list("revision", flat=True).get(pk=race.message.moment_id)
    _perform("journeys.skip", SkipMoment(race.message.moment_id, revision, "the race"))


ACTS: tuple[Act, ...] = (unsubscribe, complaint, leave, pause, pause_everything, erase, take_back, edit, skip)


class Races:
    def __init__(self, server: Server, plans: list[tuple[Act, str]], count: int) -> None:
        self.server, self.plans, self.count = server, plans, count
        self.late: list[str] = []
        self.outcomes: dict[tuple[str, str], Counter[str]] = {}

    def run(self) -> int:
        self.playbook_id = playbook()
        ready: list[Race] = []
        for number in range(self.count):
            ready = ready or self._prepare(min(500, self.count - number))
            self._one(ready.pop(), *self.plans[number % len(self.plans)])
        return self._report()

    def _prepare(self, count: int) -> list[Race]:
        """So many mails that are written and wait."""
        from fondly.ground import clock
        from fondly.ground.action import SYSTEM, perform
        from fondly.run.journeys.actions import StartJourneys
        from fondly.run.outbox.models import Message

        ids = clients(count)
        with clock.at(MONDAY):
            for start in range(0, count, 250):
                given = StartJourneys(ids[start : start + 250], self.playbook_id, key=f"races {ids[start]}")
                perform("journeys.start_many", SYSTEM, given)
            until_none(write_due)
        mine = Message.objects.filter(client__in=ids)
        mine.update(go_at=LATER)
        return [Race(message, message.to_address) for message in mine.select_related("moment")]

    def _one(self, race: Race, act: Act, place: str) -> None:
        from fondly.ground import clock
        from fondly.run.outbox import faults, sending
        from fondly.run.outbox.models import Message

        Message.objects.filter(pk=race.message.pk).update(go_at=NOW)
        with clock.at(NOW):
            meddler = _Meddler(race, act, place)
            faults.use(meddler.reach)
            sending.send_ready(NOW, "races")
            faults.use(None)
            meddler.join()
            if act is pause_everything:
                _go_on()
        self._judge(race, act.__name__, place)

    def _judge(self, race: Race, act: str, place: str) -> None:
        from fondly.run.outbox.models import Message

        sent = self.server.taken.get(race.to)
        changed = sent is not None and b"Changed words." in sent
        said = "refused" if race.refused else "done" if race.done else "not reached"
        self.outcomes.setdefault((act, place), Counter())[f"{said}, {'sent' if sent else 'kept'}"] += 1
        if said == "not reached":
            self.late.append(f"{act} at {place}: never got its turn")
        if race.in_time and race.done and sent is not None and not changed:
            self.late.append(f"{act} at {place}: done before the point of no return, and sent all the same")
        if race.done and act in ("edit", "take_back", "skip") and sent is not None and not changed:
            self.late.append(f"{act} at {place}: said to be done, and the old words were sent")
        Message.objects.filter(pk=race.message.pk, state="held").update(go_at=LATER)

    def _report(self) -> int:
        print(f"{'act':<18}{'place':<16}outcomes")
        for (act, place), outcomes in self.outcomes.items():
            print(f"{act:<18}{place:<16}{', '.join(f'{count} {what}' for what, count in outcomes.items())}")
        for line in sorted(set(self.late)):
            print(f"LATE {line} ({self.late.count(line)} times)")
        sent = len(self.server.taken)
        print(f"{self.count} races, {sent} sent, {self.count - sent} kept, {len(self.late)} late")
        return 1 if self.late else 0


class _Meddler:
    """Carries the act out in a thread of its own when the sender reaches the place."""

    def __init__(self, race: Race, act: Act, place: str) -> None:
        self.race, self.act, self.place = race, act, place
        self.thread = threading.Thread(target=self._meddle, daemon=True)

    def reach(self, name: str) -> None:
        if name != self.place or self.thread.ident is not None:
            return
        self.thread.start()
        self.thread.join(WAIT_SECONDS if name == "checked" else 10)
        self.race.in_time = name in BEFORE and not self.thread.is_alive()

    def join(self) -> None:
        if self.thread.ident is not None:
            self.thread.join(20)

    def _meddle(self) -> None:
        from django.db import connection

        from fondly.ground import clock
        from fondly.ground.action import Refused

        try:
            with clock.at(NOW):
                self.act(self.race)
            self.race.done = True
        except Refused as refusal:
            self.race.refused = str(refusal)
        finally:
            connection.close()


def _go_on() -> None:
    from fondly.run.journeys import switch

    if switch.why_paused():
        from fondly.run.journeys.actions import ResumeEverything

        _perform("journeys.resume_everything", ResumeEverything())


if __name__ == "__main__":
    sys.exit(main())
