import os
import uuid

import pytest

from fondly.listen.returns import watching
from fondly.run.outbox import faults
from fondly.run.outbox.models import Message
from tests.listen.returns import dovecot as dovecots
from tests.run.conftest import BOOK, MONDAY, mail, set_option, sink  # noqa: F401 - fixtures
from tests.run.doing import HOUR, begin, turn

MUST = BOOK.replace("mode: auto, when: on entry,", "mode: auto, delivery: must_arrive, when: on entry,")


@pytest.fixture(scope="session")
def dovecot():
    if not os.access(dovecots.BINARY, os.X_OK):
        pytest.skip("Dovecot is not installed (apt-get install dovecot-imapd)")
    server = dovecots.start()
    yield server
    server.stop()


class Box:
    """One account of its own on that server, and the one Fondly reads."""

    def __init__(self, server, user):
        self.server, self.user, self.url = server, user, server.url(user)

    def put(self, raw, folder="INBOX"):
        self.server.put(self.user, raw, folder)

    def mails(self, folder="INBOX"):
        return self.server.mails(self.user, folder)


@pytest.fixture
def box(dovecot, settings):
    found = Box(dovecot, f"dana-{uuid.uuid4().hex[:8]}")
    set_option(settings, "FONDLY_IMAP_URL", found.url)
    return found


def lost(name):
    if name == "after_dot":
        raise OSError("line cut")


def make_uncertain(at=MONDAY + HOUR, text=BOOK):
    """The welcome is handed over and the answer is lost."""
    begin(text)
    faults.use(lost)
    turn(at)
    faults.use(None)
    message = Message.objects.get(moment__touchpoint="welcome")
    assert message.state == "uncertain"
    return message


def read(at):
    """The worker's turns at that time, the mailbox looked at in the first."""
    watching.read_soon()
    turn(at)
