"""What tests of the engine share: a playbook, clients, a mail server that keeps what it got."""

import socket
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller

from fondly.design.playbooks import library
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground import clock, config
from fondly.people.clients.models import Client, Contact, EmailAddress
from fondly.run.outbox import faults, sending

MONDAY = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # 09:00 in Chicago

BOOK = """
fondly: 1
name: Still Water
timezone: America/Chicago
brand: {facts: {fee: "140"}}
calendar: {business: "mon-fri 09:00-17:00", quiet: "20:00-08:00"}
channels:
  email: {consent: contract}
  phone: {consent: contract}
  letter: {consent: contract}
team:
  owner: {people: [Dana]}
events: [booked, done_all, wrote]
stages:
  new:
    phase: new
    ends: booked
    owner: owner
    touchpoints:
      welcome: {kind: work, channel: email, mode: auto, when: on entry, template: welcome, late: send}
      look: {kind: work, channel: email, mode: approve, when: 1 day after entry, template: welcome, late: send}
      call: {kind: relationship, channel: phone, when: 2 days after entry, checklist: gentle}
      news: {kind: relationship, channel: email, mode: auto, when: 3 days after entry, template: news, consent: marketing}
  ongoing:
    phase: ongoing
    ends: done_all
    owner: owner
    touchpoints:
      hello: {kind: relationship, channel: email, mode: auto, when: 1 hour after entry, template: welcome, late: send}
      card: {kind: wow, channel: letter, when: 5 days after entry, template: card}
  alumni:
    phase: alumni
    never_ends: true
    owner: owner
    touchpoints:
      yearly: {kind: relationship, channel: letter, when: 90 days after entry, template: card}
templates:
  welcome:
    subject: "Welcome, {{ client.first_name | default: 'friend' }}"
    body: "Hi {{ client.first_name | default: 'there' }}, the fee is **{{ facts.fee }}**."
  news: {subject: News, body: "Some news. {{ unsubscribe }}"}
  card: {body: "Thank you, {{ client.first_name | default: 'friend' }}"}
checklists: {gentle: [ask how it went, listen]}
"""  # noqa: E501 - lines of a playbook


class Sink:
    """An SMTP server's memory. answers: recipient -> replies for RCPT or for the dot, used one by one."""

    def __init__(self):
        self.received = []
        self.rcpt_answers = {}
        self.dot_answers = {}

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        answers = self.rcpt_answers.get(address)
        if answers:
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answers = self.dot_answers.get(envelope.rcpt_tos[0])
        if answers:
            return answers.pop(0)
        self.received.append((envelope.rcpt_tos[0], envelope.content))
        return "250 2.0.0 taken"


@pytest.fixture
def sink():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    handler.port = port
    yield handler
    controller.stop()


def set_option(settings, name, text):
    known = settings.FONDLY
    settings.FONDLY = {**known, name: config.Value(known[name].option, text, "environment")}


@pytest.fixture
def mail(settings, sink):
    """Mail goes to the sink."""
    set_option(settings, "FONDLY_EMAIL_URL", f"smtp://127.0.0.1:{sink.port}")
    set_option(settings, "FONDLY_EMAIL_FROM", "Dana Field <dana@stillwater.example>")
    sending.forget_pauses()
    yield sink
    sending.forget_pauses()
    faults.use(None)


def publish(text=BOOK, slug="still-water", number=1, playbook=None):
    """A playbook with one live version, straight into the tables."""
    playbook = playbook or Playbook.objects.create(slug=slug, name="Still Water", made_at=MONDAY)
    PlaybookVersion.objects.filter(playbook=playbook, state="live").update(state="retired")
    version = PlaybookVersion.objects.create(
        playbook=playbook,
        number=number,
        text=text,
        content_hash=library.hash_of(text),
        state="live",
        by="test",
        made_at=MONDAY,
        published_at=MONDAY,
    )
    return playbook, version


def make_client(name="Priya Shah", email="priya@example.org", **more):
    first = name.split()[0]
    client = Client.objects.create(
        name=name,
        first_name=first,
        sort_name=name.casefold(),
        created_at=MONDAY,
        changed_at=MONDAY,
        **{"zone": "America/Chicago", **more},
    )
    if email:
        contact = Contact.objects.create(client=client, name=name, is_primary=True)
        EmailAddress.objects.create(contact=contact, address=email, key=email.casefold(), is_primary=True)
    return client


@pytest.fixture
def at():
    return clock.at
