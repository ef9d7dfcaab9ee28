"""What must be true after every step, whoever did what and whatever failed. The first breach ends the world."""

from collections import Counter
from typing import TYPE_CHECKING

from tests.proof import simulation_log, simulation_state
from tests.proof.simulation_log import Change
from tests.proof.simulation_sending import refusal_at_commit, refusal_of_hour

if TYPE_CHECKING:
    from tests.proof.simulation_world import World

# What the engine may do to a moment by itself: from -> to. People may do what their acts say.
ENGINE = {
    "planned": {"due", "working", "skipped", "cancelled"},
    "due": {"planned", "skipped", "cancelled"},
    "working": {"planned", "due", "done", "skipped", "cancelled", "uncertain"},
    "cancelled": {"planned", "due", "skipped"},
    "skipped": set(),
    "done": set(),
    "uncertain": {"done"},  # a worker thought dead comes back and knows the server's answer
}
# Acts that take a decision or its result back, and so may leave an end.
TAKING_BACK = {
    "audit.undo", "outbox.release", "outbox.resolve", "clients.unmerge", "journeys.move_back", "journeys.restore",
    "journeys.unfinish", "outbox.unresolve",
}  # fmt: skip
# Acts that may write or lift a person's decision about a moment.
DECIDING = TAKING_BACK | {
    "journeys.skip", "journeys.reschedule", "journeys.do_now", "outbox.take_back", "outbox.send_now", "outbox.approve",
    "clients.merge", "journeys.move_to_version", "clients.erase",
}  # fmt: skip
ENDS = {"done", "skipped", "uncertain"}
FORGETTING = {"clients.erase"}


class Violation(AssertionError):
    """A rule was broken. The message says which, and on what."""


class Rules:
    """Judges one world."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.accepted_of: Counter[str] = Counter()  # "journey|key" -> mails taken
        self.resends: Counter[str] = Counter()  # the same -> how often a person said: it did not arrive
        self.doubtful: set[str] = set()  # Message-IDs taken, whose end is not known to be right yet
        self.committed_before: set[simulation_state.Committed] = set()
        self.moments = 0

    def begin(self) -> None:
        simulation_log.watch()

    def fail(self, words: str) -> None:
        raise Violation(words)

    # -- what the database noted ------------------------------------------------------------

    def drain(self, actor: str) -> None:
        """Judge what changed since the last time; `actor` did it."""
        for change in simulation_log.changes():
            getattr(self, f"_{change.what}")(change, actor)

    def _moment(self, change: Change, actor: str) -> None:
        if not change.old or not change.new:
            self.moments += bool(change.new)
            return
        (was, decided, decided_at, *_), (state, decision, decision_at, at, *key) = change.old, change.new
        about = f"moment {change.pk} ({'|'.join(key)}) by {actor}"
        if state != was:
            self._turn(was, state, actor, about)
        if (decision, decision_at) != (decided, decided_at) and actor not in DECIDING:
            self.fail(f"the decision {decided!r} became {decision!r}: {about}")
        if decision == "at" and state == "planned" and actor == "engine" and at != decision_at:
            self.fail(f"a time a person chose was moved from {decision_at} to {at}: {about}")
        if actor == "outbox.resolve" and was == "uncertain" and state == "planned":
            self.resends["|".join(key)] += 1

    def _turn(self, was: str, state: str, actor: str, about: str) -> None:
        if actor == "engine" and state not in ENGINE.get(was, set()):
            self.fail(f"{was} became {state}: {about}")
        elif was in ENDS and actor != "engine" and actor not in TAKING_BACK:
            self.fail(f"an end was left, {was} became {state}: {about}")
        if was == "done" and actor == "journeys.move_back":
            self.fail(f"a move to another version undid what was done: {about}")

    def _message(self, change: Change, actor: str) -> None:
        if not change.old or not change.new or actor in TAKING_BACK:
            return
        was, state = change.old[0], change.new[0]
        if was in ("sent", "cancelled", "failed") and was != state:
            self.fail(f"message {change.pk} went from {was} to {state} by {actor}")

    def _fact(self, change: Change, actor: str) -> None:
        if not change.old:
            kind, _source, journey_id, key = change.new[:4]
            if key and kind in ("done", "sent") and simulation_state.times_told(int(journey_id), key) > 1:
                self.fail(f"the timeline tells twice that {key} of journey {journey_id} was {kind}, by {actor}")
        elif change.new:
            if actor not in FORGETTING:
                self.fail(f"an entry of the timeline was changed by {actor}: {change.old} -> {change.new}")
        elif change.old[1] != "plan" and actor not in TAKING_BACK:
            self.fail(f"an entry of the timeline was removed by {actor}: {change.old}")

    def _audit(self, change: Change, actor: str) -> None:
        if change.old and actor not in FORGETTING:
            self.fail(f"the audit trail was changed by {actor}: {change.old} -> {change.new}")

    # -- mail -------------------------------------------------------------------------------

    def committed(self) -> None:
        """A worker has just passed the point of no return with some mails."""
        for mark in simulation_state.committed_mails() - self.committed_before:
            self.committed_before.add(mark)
            refusal = refusal_at_commit(mark[0])
            if refusal:
                self.fail(f"passed the point of no return though {refusal}: {mark[0]}")

    def accepted(self, message_id: str) -> None:
        """The mail server took this mail just now."""
        if self.world.server.taken[message_id] > 1:
            self.fail(f"the same mail was taken twice: {message_id}")
        key = simulation_state.key_of_mail(message_id)
        self.accepted_of[key] += 1
        if self.accepted_of[key] > 1 + self.resends[key]:
            self.fail(f"{key} was mailed {self.accepted_of[key]} times, a person asked for {self.resends[key]} again")
        refusal = refusal_of_hour(message_id)
        if refusal:
            self.fail(f"sent in a closed hour: {refusal}: {message_id}")
        self.doubtful.add(message_id)

    # -- the whole --------------------------------------------------------------------------

    def judge(self, *, settled: bool) -> None:
        """After a step. settled: the engine said there is nothing left to do."""
        self.drain("engine")
        for words in simulation_state.breaches():
            self.fail(words)
        if settled:
            for words in simulation_state.left_behind(self.world.now):
                self.fail(words)
        self._look_at_taken()

    def _look_at_taken(self) -> None:
        """What the server took is sent, or listed as uncertain; it is never forgotten or tried again."""
        states = simulation_state.states_of_mails(self.doubtful)
        for message_id, (state, is_committed, reply) in states.items():
            known = state in ("sent", "uncertain") or (state == "sending" and is_committed)
            if not known and not (state == "failed" and reply.startswith("Did not arrive")):
                self.fail(f"the server took {message_id}, and it is {state}")
        self.doubtful = {pk for pk, (state, *_) in states.items() if state != "sent"}
