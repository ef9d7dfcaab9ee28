"""A mail server inside this process, in place of `smtp.Connection`, with the same places to step in."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from fondly.run.outbox import faults
from fondly.run.outbox.addresses import Server
from fondly.run.outbox.smtp import NotSent

if TYPE_CHECKING:
    from tests.proof.simulation_world import World

# What may go wrong with the next mail.
FAULTS = (
    "no_server", "rcpt_451", "rcpt_550", "lost_before_dot", "dot_451", "dot_554", "lost_taken", "lost_not_taken",
    "silly_answer",
)  # fmt: skip


class Killed(BaseException):
    """The worker is gone: nothing of it runs any more."""


class MailServer:
    """What it took, by Message-ID; `next_faults` are used up one a mail."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.next_faults: list[str] = []

    def fault(self) -> str:
        return self.next_faults.pop(0) if self.next_faults else ""


class Line:
    """One connection, as the sender sees it."""

    def __init__(self, world: "World") -> None:
        self.world, self.is_open = world, False

    def send(self, _from_address: str, _to_address: str, raw: bytes, commit: Callable[[], None] | None) -> str:
        fault = self.world.server.fault()
        self._until_the_dot(fault)
        if commit is not None:
            faults.reach("after_body")
            try:
                commit()
            except BaseException:
                self.is_open = False
                raise
        return self._dot(fault, message_id_of(raw))

    def close(self) -> None:
        self.is_open = False

    def _until_the_dot(self, fault: str) -> None:
        if fault == "no_server":
            raise NotSent("no_server", "connect", 0, "ConnectionRefusedError")
        if not self.is_open:
            self.is_open = True
            faults.reach("after_connect")
        faults.reach("after_mail")
        if fault.startswith("rcpt"):
            raise NotSent("never" if fault == "rcpt_550" else "later", "rcpt", int(fault[-3:]), "no")
        faults.reach("after_rcpt")
        if fault == "lost_before_dot":
            self.is_open = False
            raise NotSent("later", "data", 0, "The connection was lost")
        faults.reach("after_data")

    def _dot(self, fault: str, message_id: str) -> str:
        if fault.startswith("dot"):
            raise NotSent("never" if fault == "dot_554" else "later", "dot", int(fault[-3:]), "no")
        if fault != "lost_not_taken":
            self.world.accept(message_id)
        faults.reach("after_dot")
        if fault.startswith("lost"):
            self.is_open = False
            raise NotSent("unknown", "dot", 0, "No answer after the message was handed over")
        if fault == "silly_answer":
            raise NotSent("unknown", "dot", 0, "The server's answer makes no sense")
        faults.reach("after_reply")
        return "250 2.0.0 taken"


def message_id_of(raw: bytes) -> str:
    """The Message-ID in the head of a mail."""
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    line = next(line for line in head.splitlines() if line.lower().startswith("message-id:"))
    return line.partition(":")[2].strip().strip("<>")


def connection_for(world: "World") -> Callable[..., Line]:
    """In place of smtp.Connection."""

    def make(_server: Server, *, stopping: Callable[[], bool] = lambda: False) -> Line:
        return Line(world)

    return make
