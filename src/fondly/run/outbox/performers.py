"""The performer of the channel `email`: writes the message down and lets it wait out its hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from fondly.core.playbook.purposes import purpose_of
from fondly.core.playbook.templates import MissingValueError, TemplateError
from fondly.ground import bulk
from fondly.ground.config import ConfigError
from fondly.ground.instants import stored
from fondly.ground.locking import locked
from fondly.people.clients import consents
from fondly.people.clients.rows import storable
from fondly.run.journeys.context import Sources, context_of
from fondly.run.journeys.performers import Job, Result
from fondly.run.outbox import addresses, holding, links, mime, rendering
from fondly.run.outbox.models import Message

State = Message.State
_GOING = Q(state=State.HELD) | Q(state=State.SENDING, committed_at=None)  # by itself, and can still be called back


_COLUMNS = (
    "effect_key", "moment_id", "client_id", "purpose", "delivery", "template", "to_name", "to_address",
    "from_address", "subject", "text", "html", "message_id", "link_hash", "state", "why", "held_why", "go_at",
    "made_at", "worker", "attempts_made", "crashes", "edited_by", "reply", "revision",
)  # fmt: skip
_NOT_SENT_YET = ("", 0, 0, "", "", 0)  # the last of the columns


class Unwritable(Exception):
    """This message cannot be written by itself; the text says why. outcome: what becomes of the moment."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


class EmailPerformer:
    """See fondly.run.journeys.performers.Performer."""

    def perform(self, jobs: Sequence[Job], now: datetime) -> list[Result]:
        batch = _Batch(jobs, now)
        results = [batch.take(job) for job in jobs]
        bulk.add(Message, _COLUMNS, batch.rows)
        return results

    def withdraw(self, moment_ids: Sequence[int], reason: str, now: datetime) -> set[int]:
        """Cancel what has not passed its point of no return; the moments of what has are left out.

        A worker that holds a cancelled message finds that it is no longer its own, and drops it before the dot.
        """
        open_states = (State.HELD, State.APPROVAL, State.SENDING, State.UNCERTAIN)
        rows = locked(Message.objects.filter(moment__in=moment_ids, state__in=open_states))
        found = list(rows.values_list("pk", "moment_id", "state", "committed_at"))
        gone = {pk for pk, _, state, at in found if state == State.UNCERTAIN or (state == State.SENDING and at)}
        Message.objects.filter(pk__in=[pk for pk, *_ in found if pk not in gone]).update(
            state=State.CANCELLED, held_why="", reply=reason[:500], ended_at=now, worker="", lease_until=None
        )
        return set(moment_ids) - {moment_id for pk, moment_id, *_ in found if pk in gone}

    def ask(self, moment_ids: Sequence[int], reason: str, now: datetime) -> set[int]:
        """Messages that have not passed their point of no return wait for a person's yes instead."""
        rows = locked(Message.objects.filter(_GOING, moment__in=moment_ids))
        found = dict(rows.values_list("pk", "moment_id"))
        Message.objects.filter(pk__in=list(found)).update(
            state=State.APPROVAL, held_why=reason[:200], worker="", lease_until=None
        )
        return set(found.values())

    def postpone(self, moment_id: int, at: datetime, reason: str) -> None:
        """A message that has not passed its point of no return goes at `at`, with the text it has."""
        Message.objects.filter(_GOING, moment=moment_id).update(
            state=State.HELD, go_at=at, held_why=reason[:200], worker="", lease_until=None
        )


class _Batch:
    """One call of perform: what all its messages share is read once."""

    def __init__(self, jobs: Sequence[Job], now: datetime) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.made_at = stored(now)
        self.go_at = stored(holding.until(now))
        clients = [job.client.pk for job in jobs]
        self.sources = Sources(clients, [_writer(job) for job in jobs])
        self.occurrences = _occurrences(jobs)
        self.ledger = consents.newest(clients)
        known = [address for _, address in self.sources.recipients.values()]
        self.suppressed = consents.is_suppressed(known)
        self.held_why = addresses.not_ready()
        self.domain = _domain()

    def take(self, job: Job) -> Result:
        approve = job.moment.mode == "approve"
        try:
            self.rows.append(self._row(job, State.APPROVAL if approve else State.HELD))
        except Unwritable as problem:
            return Result(job.moment.pk, problem.outcome, problem.reason)  # type: ignore[arg-type]
        return Result(job.moment.pk, "approve" if approve else "on_the_way")

    def _row(self, job: Job, state: str) -> tuple[Any, ...]:
        to_name, to_address = self._recipient(job)
        purpose = purpose_of(job.book, job.touchpoint)
        refusal = consents.why_not(self.ledger.get(job.client.pk, {}), "email", purpose)
        if refusal:
            raise Unwritable("skipped", refusal)
        occurrence = self.occurrences.get(job.moment.pk, 0) + 1
        effect_key = f"{job.moment.journey_id}:{job.moment.key}:{occurrence}"
        token = links.token_for(effect_key)
        written = self._write(job, token)
        return (
            effect_key, job.moment.pk, job.client.pk, purpose, job.touchpoint.delivery, job.touchpoint.template,
            to_name[:200], to_address, "", storable(written.subject), storable(written.text), storable(written.html),
            links.message_id(effect_key, self.domain), links.hash_of(token), state,
            job.moment.why, self.held_why if state == State.HELD else "", self.go_at, self.made_at,
            *_NOT_SENT_YET,
        )  # fmt: skip

    def _recipient(self, job: Job) -> tuple[str, str]:
        found = self.sources.recipients.get(job.client.pk)
        if found is None:
            raise Unwritable("by_hand", "no e-mail address is known")
        name, address = found
        if not mime.is_address(address):
            raise Unwritable("by_hand", f"the e-mail address cannot be used: {address[:100]!r}")
        if address in self.suppressed:
            raise Unwritable("skipped", "the address is on the list of addresses that must not be written to")
        if not addresses.in_sandbox(address):
            raise Unwritable("skipped", "sandbox: only the addresses in FONDLY_SANDBOX_TO are written to")
        return name or job.client.name, address

    def _write(self, job: Job, token: str) -> rendering.Written:
        name = job.touchpoint.template
        if name not in job.book.templates:
            raise Unwritable("by_hand", "the playbook has no text for it")
        context = context_of(self.sources, job.client, job.book, job.moment.stage, _writer(job))
        context["unsubscribe"] = links.unsubscribe_url(token)
        try:
            return rendering.write(job.book, name, context)
        except MissingValueError as error:
            raise Unwritable("by_hand", f"its text needs {error.name}, which is not known") from error
        except TemplateError as error:
            raise Unwritable("by_hand", f"its text cannot be written: {error}") from error


def _writer(job: Job) -> int | None:
    """Who signs: the client's owner, else who the moment is for."""
    return job.client.owner_id or job.moment.assignee_id


def _occurrences(jobs: Sequence[Job]) -> dict[int, int]:
    """moment id -> messages it has had already; a message cancelled or taken back is not used again."""
    found: dict[int, int] = {}
    earlier = Message.objects.filter(moment__among={job.moment.pk for job in jobs})
    for moment_id in earlier.values_list("moment_id", flat=True):
        if moment_id is not None:
            found[moment_id] = found.get(moment_id, 0) + 1
    return found


def _domain() -> str:
    """The right side of Message-IDs: the sender's domain, or this install's name until mail is set up."""
    try:
        sender = addresses.sender()
    except ConfigError:
        sender = None
    return sender.domain if sender is not None else (urlsplit(settings.FONDLY_URL).hostname or "localhost")
