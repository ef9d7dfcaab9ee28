"""What must be true after every step, whoever did what and whatever failed. The first breach ends the world."""

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from fondly.design.playbooks import library
from fondly.doors import invariants
from tests.proof import simulation_log, simulation_state
from tests.proof.simulation_log import Change
from tests.proof.simulation_sending import mail, refusal_of_hour, refusals_at_commit

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
        self.told: Counter[tuple[str, str]] = Counter()  # (journey, key) -> how often the timeline says done or sent
        self.listed: frozenset[int] = frozenset()  # uncertain messages that the Outbox showed
        self.book_of = cache(library.parsed)  # by the number of a version, whose text never changes
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
        self._count_told(change, actor)
        if change.old and change.new and actor not in FORGETTING:
            self.fail(f"an entry of the timeline was changed by {actor}: {change.old} -> {change.new}")
        if change.old and not change.new and change.old[1] != "plan" and actor not in TAKING_BACK:
            self.fail(f"an entry of the timeline was removed by {actor}: {change.old}")

    def _count_told(self, change: Change, actor: str) -> None:
        for entry, more in ((change.old, -1), (change.new, 1)):
            kind, _source, journey_id, key = entry[:4] if entry else ("", "", "", "")
            if key and kind in ("done", "sent"):
                self.told[journey_id, key] += more
                if self.told[journey_id, key] > 1:
                    self.fail(f"the timeline tells twice that {key} of journey {journey_id} was {kind}, by {actor}")

    def _audit(self, change: Change, actor: str) -> None:
        if change.old and actor not in FORGETTING:
            self.fail(f"the audit trail was changed by {actor}: {change.old} -> {change.new}")

    # -- mail -------------------------------------------------------------------------------

    def committed(self) -> None:
        """A worker has just passed the point of no return with some mails."""
        fresh = simulation_state.committed_mails() - self.committed_before
        self.committed_before |= fresh
        for words in refusals_at_commit({message_id for message_id, *_ in fresh}) if fresh else ():
            self.fail(f"passed the point of no return though {words}")

    def accepted(self, message_id: str) -> None:
        """The mail server took this mail just now."""
        if self.world.server.taken[message_id] > 1:
            self.fail(f"the same mail was taken twice: {message_id}")
        taken = mail(message_id)
        self._count_accepted(taken.moment)
        refusal = refusal_of_hour(taken, self.book_of(taken.version_id))
        if refusal:
            self.fail(f"sent in a closed hour: {refusal}: {message_id}")
        self.doubtful.add(message_id)

    def _count_accepted(self, moment: str) -> None:
        self.accepted_of[moment] += 1
        if self.accepted_of[moment] > 1 + self.resends[moment]:
            times, asked = self.accepted_of[moment], self.resends[moment]
            self.fail(f"{moment} was mailed {times} times, a person asked for {asked} again")

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
        self._look_at_uncertain()

    def judge_all(self) -> None:
        """At the end of a world: what the doctor looks at, over everything."""
        for breach in invariants.broken(self.world.now):
            self.fail(f"the doctor says: {breach.count} {breach.what}")

    def _look_at_taken(self) -> None:
        """What the server took is sent, or listed as uncertain; it is never forgotten or tried again."""
        states = simulation_state.states_of_mails(self.doubtful)
        for message_id, (state, is_committed, reply) in states.items():
            known = state in ("sent", "uncertain") or (state == "sending" and is_committed)
            if not known and not (state == "failed" and reply.startswith("Did not arrive")):
                self.fail(f"the server took {message_id}, and it is {state}")
        self.doubtful = {pk for pk, (state, *_) in states.items() if state != "sent"}

    def _look_at_uncertain(self) -> None:
        """What is uncertain is listed, for people to see."""
        uncertain = simulation_state.uncertain()
        if uncertain - self.listed and simulation_state.unlisted(uncertain):
            self.fail("an uncertain message is not listed in the Outbox")
        self.listed = uncertain
