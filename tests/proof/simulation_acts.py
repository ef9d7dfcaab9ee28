"""What people do in a simulation. Each takes the world and three numbers that choose; some of it is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from pydantic import SecretStr

from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.model import signals_of
from fondly.design.playbooks import library
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground import clock
from fondly.ground.actions import UndoEntry
from fondly.ground.models import AuditEntry
from fondly.people.clients import timeline
from fondly.people.clients.actions import (
    AllowAddress,
    ChangeClient,
    EraseClient,
    LogCall,
    MergeClients,
    SetConsent,
    SetField,
    SuppressAddress,
    UnmergeClients,
)
from fondly.people.clients.models import Client, EmailAddress, Merge
from fondly.run.journeys import exits
from fondly.run.journeys.actions import (
    DoMomentNow,
    ExitJourney,
    FinishMoment,
    MoveJourney,
    MoveToVersion,
    PauseEverything,
    PauseJourney,
    RecordEvent,
    RescheduleMoment,
    ResumeEverything,
    ResumeJourney,
    SkipMoment,
    StartJourney,
    StartJourneys,
)
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import links
from fondly.run.outbox.actions import (
    ApproveMessage,
    EditMessage,
    ReleaseMessage,
    ResolveUncertain,
    SendNow,
    SubscribeAgain,
    TakeBack,
    Unsubscribe,
)
from fondly.run.outbox.models import Message
from tests.proof.simulation_erased import traces_of
from tests.proof.simulation_world import ZONES, World

Act = Callable[[World, int, int, int], object]
PURPOSES = ("marketing", "keep_in_touch", "service", "")
LATE = ("skip", "send", "spread")


def pick(rows: QuerySet[Any], number: int) -> Any:
    """One of these rows, the same for the same number; None when there is none."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    return rows.get(pk=ids[number % len(ids)]) if ids else None


def clients() -> "QuerySet[Client]":
    return Client.objects.filter(erased_at=None, merged_into=None)


def journeys(*states: str) -> "QuerySet[Journey]":
    return Journey.objects.select_related("client").filter(state__in=states or ("active", "paused"))


def moments(*states: str) -> "QuerySet[Moment]":
    return Moment.objects.filter(state__in=states, journey__state__in=("active", "paused"))


def messages(*states: str) -> "QuerySet[Message]":
    return Message.objects.filter(state__in=states)


# -- journeys -----------------------------------------------------------------------------------


def start(world: World, a: int, b: int, c: int) -> None:
    client, playbook = pick(clients(), a), pick(Playbook.objects.all(), b)
    if client is None or playbook is None:
        return
    earlier = world.now - timedelta(days=c % 60) if c % 7 == 0 else None
    matter = "second" if c % 5 == 0 else ""
    world.act("journeys.start", StartJourney(client.pk, playbook.pk, matter=matter, started_at=earlier))


def start_all(world: World, a: int, _b: int, c: int) -> None:
    """Everyone who may, at once; the same key again starts nobody twice."""
    if playbook := pick(Playbook.objects.all(), a):
        ids = list(clients().order_by("pk").values_list("pk", flat=True))
        world.act("journeys.start_many", StartJourneys(ids, playbook.pk, key=f"sim {c % 12}"))


def move(world: World, a: int, b: int, _c: int) -> None:
    if journey := pick(journeys(), a):
        stages = list(library.parsed(journey.version_id).stages)
        world.act("journeys.move", MoveJourney(journey.pk, stages[b % len(stages)]))


def pause(world: World, a: int, b: int, _c: int) -> None:
    if journey := pick(journeys("active"), a):
        until = world.now + timedelta(hours=b % 400 + 1) if b % 3 else None
        world.act("journeys.pause", PauseJourney(journey.pk, until))


def resume(world: World, a: int, _b: int, _c: int) -> None:
    if journey := pick(journeys("paused"), a):
        world.act("journeys.resume", ResumeJourney(journey.pk))


def leave(world: World, a: int, b: int, _c: int) -> None:
    if journey := pick(journeys(), a):
        world.act("journeys.exit", ExitJourney(journey.pk, list(exits.REASONS)[b % len(exits.REASONS)]))


def event(world: World, a: int, b: int, c: int) -> None:
    """Something happened, sometimes earlier than it is told, sometimes told twice, sometimes to one journey only."""
    journey = pick(journeys(), a)
    if journey is None:
        return
    names = library.parsed(journey.version_id).events or ("booked",)
    at = world.now - timedelta(hours=c % 72) if c % 4 == 0 else None
    given = RecordEvent(
        journey.client_id, names[b % len(names)], at, journey.pk if c % 3 == 0 else None, "sim", f"{a}.{b}.{c % 50}"
    )
    world.act("journeys.record_event", given)


def busy_day(world: World, a: int, b: int, _c: int) -> None:
    """Something happens to every third client, mostly what ends their stage, as another system tells of its day."""
    living = journeys().order_by("pk").values_list("pk", "client_id", "version_id", "stage")
    told = [
        timeline.NewFact(
            client_id, "event", world.now, name=name, journey_id=pk, source="sim",
            external_id=f"day {pk} {world.now.isoformat()}",
        )
        for pk, client_id, version_id, stage in living
        if pk % 3 == a % 3 and (name := _event_of(world.rules.book_of(version_id), stage, b + pk))
    ]  # fmt: skip
    with clock.at(world.now):
        timeline.record(*told)


def _event_of(book: Book, stage: str, number: int) -> str:
    """What may happen in this stage; "" when the playbook knows no events."""
    ends = signals_of(book.stages[stage].ends) if stage in book.stages else ()
    names = [name for name in ends if name in book.events] if number % 4 else []
    return (names or [*book.events, ""])[number % len(names or [*book.events, ""])]


def undo(world: World, a: int, _b: int, _c: int) -> None:
    """One of the last few acts that can be undone."""
    rows = AuditEntry.objects.exclude(undo_action="").filter(undone_at=None).order_by("-pk")
    ids = list(rows.values_list("pk", flat=True)[:6])
    if ids:
        world.act("audit.undo", UndoEntry(ids[a % len(ids)]))


# -- moments ------------------------------------------------------------------------------------


def finish(world: World, a: int, b: int, _c: int) -> None:
    if moment := pick(moments("due"), a) or pick(moments("planned", "working"), a):
        feeling = b % 5 - 2 if b % 2 else None
        world.act("journeys.finish", FinishMoment(moment.pk, moment.revision, feeling=feeling, note="well"))


def skip(world: World, a: int, _b: int, _c: int) -> None:
    if moment := pick(moments("planned", "due", "working"), a):
        world.act("journeys.skip", SkipMoment(moment.pk, moment.revision, "not now"))


def reschedule(world: World, a: int, b: int, _c: int) -> None:
    if moment := pick(moments("planned", "due", "working"), a):
        at = world.now + timedelta(minutes=b * 40 + 1)
        world.act("journeys.reschedule", RescheduleMoment(moment.pk, moment.revision, at))


def do_now(world: World, a: int, _b: int, _c: int) -> None:
    if moment := pick(moments("planned", "due"), a):
        world.act("journeys.do_now", DoMomentNow(moment.pk, moment.revision))


# -- messages -----------------------------------------------------------------------------------


def edit(world: World, a: int, b: int, _c: int) -> None:
    if message := pick(messages("held", "approval"), a):
        world.act("outbox.edit", EditMessage(message.pk, message.revision, f"Edited {b}", "Other words."))


def approve(world: World, a: int, _b: int, _c: int) -> None:
    if message := pick(messages("approval"), a):
        world.act("outbox.approve", ApproveMessage(message.pk, message.revision))


def take_back(world: World, a: int, _b: int, _c: int) -> None:
    if message := pick(messages("held", "approval"), a):
        world.act("outbox.take_back", TakeBack(message.pk))


def release(world: World, a: int, _b: int, _c: int) -> None:
    if message := pick(messages("taken_back"), a):
        world.act("outbox.release", ReleaseMessage(message.pk))


def send_now(world: World, a: int, _b: int, _c: int) -> None:
    if message := pick(messages("held"), a):
        world.act("outbox.send_now", SendNow(message.pk))


def resolve(world: World, a: int, b: int, _c: int) -> None:
    if message := pick(messages("uncertain"), a):
        world.act("outbox.resolve", ResolveUncertain(message.pk, arrived=bool(b % 2)))


# -- clients ------------------------------------------------------------------------------------


def unsubscribe(world: World, a: int, _b: int, _c: int) -> None:
    """By the link in a mail that went."""
    if message := pick(messages("sent"), a):
        world.act("outbox.unsubscribe", Unsubscribe(SecretStr(links.token_for(message.effect_key))))


def subscribe_again(world: World, a: int, _b: int, _c: int) -> None:
    if message := pick(messages("sent"), a):
        world.act("outbox.subscribe_again", SubscribeAgain(SecretStr(links.token_for(message.effect_key))))


def consent(world: World, a: int, b: int, c: int) -> None:
    if client := pick(clients(), a):
        state = "withdrawn" if c % 2 else "given"
        world.act("clients.consent", SetConsent(client.pk, "email", PURPOSES[b % 4], state, "said so"))


def suppress(world: World, a: int, b: int, _c: int) -> None:
    if row := pick(EmailAddress.objects.all(), a):
        given = AllowAddress(row.address) if b % 2 else SuppressAddress(row.address, "bounced")
        world.act("clients.allow_address" if b % 2 else "clients.suppress", given)


def merge(world: World, a: int, b: int, _c: int) -> None:
    survivor, absorbed = pick(clients(), a), pick(clients(), b)
    if survivor is not None and absorbed is not None:
        world.act("clients.merge", MergeClients(survivor.pk, absorbed.pk))


def unmerge(world: World, a: int, _b: int, _c: int) -> None:
    if made := pick(Merge.objects.filter(undone_at=None), a):
        world.act("clients.unmerge", UnmergeClients(made.pk))


def erase(world: World, a: int, b: int, _c: int) -> None:
    """Rarely, or nobody would be left."""
    client = pick(clients(), a) if b % 5 == 0 else None
    if client is None or not world.act("clients.erase", EraseClient(client.pk, suppress=bool(b % 2))):
        return
    for words in traces_of(client.name):
        world.rules.fail(f"the erased client {client.pk} is still found: {words}")


def zone(world: World, a: int, b: int, _c: int) -> None:
    if client := pick(clients(), a):
        world.act("clients.change", ChangeClient(client.pk, "zone", ZONES[b % len(ZONES)]))


def persona(world: World, a: int, b: int, _c: int) -> None:
    if client := pick(clients(), a):
        world.act("clients.change", ChangeClient(client.pk, "persona", ("calm", "busy", "")[b % 3]))


def date(world: World, a: int, b: int, c: int) -> None:
    """A date of the client becomes known, changes, or goes."""
    journey = pick(journeys(), a)
    if journey is None:
        return
    known = [f for f in library.parsed(journey.version_id).fields.values() if f.type in ("date", "datetime")]
    if known:
        field = known[b % len(known)]
        at = world.now + timedelta(days=c % 40 - 5)
        value = None if c % 9 == 0 else at.date().isoformat() if field.type == "date" else at.isoformat()
        world.act("clients.set_field", SetField(journey.client_id, field.name, value))


def call(world: World, a: int, _b: int, _c: int) -> None:
    if client := pick(clients(), a):
        world.act("clients.call", LogCall(client.pk, "we spoke"))


def answer(world: World, a: int, b: int, _c: int) -> None:
    """The client answers a survey; no act of ours, so it is told to the timeline directly."""
    if journey := pick(journeys(), a):
        with clock.at(world.now):
            fact = timeline.NewFact(
                journey.client_id, "answered", world.now, name="nps", value=b % 11, is_contact=True, source="sim",
                external_id=f"nps {a} {b} {world.now.isoformat()}", journey_id=journey.pk,
            )  # fmt: skip
            timeline.record(fact)


# -- playbooks and the whole --------------------------------------------------------------------


def publish(world: World, a: int, b: int, c: int) -> None:
    """Another version goes live; mostly everyone is moved to it."""
    playbook = pick(Playbook.objects.all(), a)
    world.variants[playbook.pk] += 1
    world.publish(playbook)
    if c % 4:
        move_to_version(world, a, b, c)


def move_to_version(world: World, a: int, b: int, _c: int) -> None:
    playbook = pick(Playbook.objects.all(), a)
    version = pick(PlaybookVersion.objects.filter(playbook=playbook), b)
    world.act("journeys.move_to_version", MoveToVersion(playbook.pk, version.pk, late=LATE[b % 3]))  # type: ignore[arg-type]


def pause_everything(world: World, _a: int, _b: int, _c: int) -> None:
    world.act("journeys.pause_everything", PauseEverything("a look first"))


def resume_everything(world: World, _a: int, _b: int, _c: int) -> None:
    world.act("journeys.resume_everything", ResumeEverything())


# How often each is chosen, beside the passing of time.
ACTS: dict[str, tuple[Act, int]] = {
    "start": (start, 6), "start_all": (start_all, 5), "move": (move, 2), "pause": (pause, 2), "resume": (resume, 2),
    "leave": (leave, 1), "event": (event, 6), "busy_day": (busy_day, 12),
    "undo": (undo, 5), "finish": (finish, 6), "skip": (skip, 3),
    "reschedule": (reschedule, 3), "do_now": (do_now, 3), "edit": (edit, 2), "approve": (approve, 5),
    "take_back": (take_back, 2), "release": (release, 2), "send_now": (send_now, 2), "resolve": (resolve, 4),
    "unsubscribe": (unsubscribe, 2), "subscribe_again": (subscribe_again, 2), "consent": (consent, 2),
    "suppress": (suppress, 1), "merge": (merge, 1), "unmerge": (unmerge, 2), "erase": (erase, 1), "zone": (zone, 2),
    "persona": (persona, 1), "date": (date, 4), "call": (call, 2), "answer": (answer, 2), "publish": (publish, 2),
    "move_to_version": (move_to_version, 1), "pause_everything": (pause_everything, 1),
    "resume_everything": (resume_everything, 9),
}  # fmt: skip
