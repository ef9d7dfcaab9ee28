"""The chain of Activity: honest use and erasures leave it whole; every one of many tampers is found."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import F

from fondly.ground import chain, clock
from fondly.ground.action import Actor, perform
from fondly.ground.actions import UndoEntry
from fondly.ground.models import AuditEntry, Setting
from fondly.people.clients.actions import ChangeClient, EraseClient, LogNote
from tests.people.clients.conftest import make_client

pytestmark = pytest.mark.django_db
DANA = Actor("Dana", None, frozenset({"admin"}))
TAMPERS = 200


def live(clients=6):
    """Acts on some clients, one of them undone."""
    made = [make_client(f"Person {n} Söderström", f"person{n}@example.com") for n in range(clients)]
    for n, client in enumerate(made):
        perform("clients.note", DANA, LogNote(client.pk, f"Person {n} called about 1.0 and 1e22"))
        done = perform("clients.change", DANA, ChangeClient(client.pk, "memory", f"likes tea {n}"))
    perform("audit.undo", DANA, UndoEntry(done.audit_id))
    return made


def seal_all():
    while chain.seal_next():
        pass


def sealed():
    return AuditEntry.objects.exclude(place=None).order_by("place")


def change(rng, entries):
    """One field of one entry."""
    entry = rng.choice(entries)
    field, value = rng.choice([
        ("summary", "nothing happened"), ("input", {"other": 1}), ("actor_name", "Somebody else"), ("actor_id", 99),
        ("client_id", 12345), ("at", entry.at + timedelta(microseconds=1)), ("action", "clients.nothing"),
        ("undo_action", "clients.nothing"), ("undo_input", {"other": 1}), ("seal", "0" * 64), ("digests", {}),
        ("place", 10_000), ("summary", chain.ERASED),
    ])  # fmt: skip
    AuditEntry.objects.filter(pk=entry.pk).update(**{field: value})


def change_and_digest_anew(rng, entries):
    """Somebody who knows how a part is digested, but leaves the seals."""
    entry = rng.choice(entries)
    entry.summary = "nothing happened"
    entry.digests["summary"] = chain._salted("summary", entry, "0" * 32)
    entry.save()


def blank(rng, entries):
    """As an erasure would, without one."""
    with transaction.atomic():
        chain.scrub(
            AuditEntry.objects.filter(pk=rng.choice(entries).pk), rng.choice([chain.WORDS, ["input"], ["undo"]])
        )


def drop(rng, entries):
    first = rng.randrange(len(entries) - 1)
    AuditEntry.objects.filter(pk__in=[e.pk for e in entries[first : first + rng.randint(1, 3)]]).delete()


def swap(rng, entries):
    """Two entries change their words, or their places in the chain."""
    one, other = rng.sample(entries, 2)
    names = rng.choice([("summary", "input", "at", "actor_name", "action", "client_id"), ("seal", "digests", "place")])
    AuditEntry.objects.filter(pk=other.pk).update(place=None)
    one_has, other_has = ({name: getattr(e, name) for name in names} for e in (one, other))
    AuditEntry.objects.filter(pk=one.pk).update(**({"place": one.place} | other_has))
    AuditEntry.objects.filter(pk=other.pk).update(**({"place": other.place} | one_has))


def truncate(rng, entries):
    """The newest entries go, or leave the chain; what the install itself remembers is bent to fit."""
    last = rng.randrange(len(entries) - 1)
    rest = AuditEntry.objects.filter(place__gt=entries[last].place)
    rest.delete() if rng.random() < 0.5 else rest.update(place=None, seal="", digests={})
    Setting.put("audit.head", f"{entries[last].place}:{entries[last].seal}")


def close_the_gap(rng, entries):
    """One goes and the others move up."""
    gone = rng.choice(entries[:-1])
    AuditEntry.objects.filter(pk=gone.pk).delete()
    for entry in entries:
        if entry.place > gone.place:
            AuditEntry.objects.filter(pk=entry.pk).update(place=F("place") - 1)


TAMPERINGS = (change, change_and_digest_anew, blank, drop, swap, truncate, close_the_gap)


def test_every_tamper_is_found():
    live()
    seal_all()
    anchor, entries = chain.head(), list(sealed())
    rng, unfound, made = random.Random(7), [], Counter()
    for n in range(TAMPERS):
        tamper = TAMPERINGS[n % len(TAMPERINGS)]
        with transaction.atomic():
            before = list(AuditEntry.objects.order_by("pk").values())
            tamper(rng, list(sealed()))
            assert before != list(AuditEntry.objects.order_by("pk").values()), f"{tamper.__name__} changed nothing"
            made[tamper.__name__] += 1
            if not chain.check(anchor).faults:
                unfound.append((n, tamper.__name__))
            transaction.set_rollback(True)
    assert unfound == [] and sum(made.values()) == TAMPERS and len(made) == len(TAMPERINGS)
    assert not chain.check(anchor).faults and len(entries) == anchor.count


def test_honest_use_with_erasures_leaves_it_whole():
    people = live()
    seal_all()
    anchor = chain.head()
    perform("clients.note", DANA, LogNote(people[1].pk, "Person 0 Söderström sent her"))
    perform("clients.erase", DANA, EraseClient(people[0].pk))  # entries that are sealed, and one that is not
    found = chain.check(anchor)
    assert not found.faults and found.blanked >= 2 and found.unsealed == 3
    seal_all()
    perform("clients.erase", DANA, EraseClient(people[1].pk))
    found = chain.check(anchor)
    assert not found.faults and found.unsealed == 2
    blanked = AuditEntry.objects.exclude(client_id=None).filter(summary=chain.ERASED, place__isnull=False).first()
    assert "" in [salt for salt, _digest in blanked.digests.values()], "a salt that stays lets words be guessed"


def test_an_entry_is_sealed_behind_those_sealed_before_even_if_it_was_begun_first():
    """On PostgreSQL a long act may commit after shorter ones that began later."""
    live(2)
    early = AuditEntry.objects.earliest("pk")
    kept = dict(AuditEntry.objects.filter(pk=early.pk).values()[0])
    early.delete()
    seal_all()
    AuditEntry.objects.create(**kept)
    assert chain.check().unsealed == 1
    seal_all()
    assert not chain.check().faults and sealed().last().pk == kept["id"]


def test_it_is_sealed_batch_by_batch(monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 4)
    with clock.at(datetime(2026, 11, 22, tzinfo=UTC)):
        live(3)
    count = AuditEntry.objects.count()
    made = [chain.seal_next() for _ in range(5)]
    assert sum(made) == count and made[0] == 4 and made[-1] == 0
    assert list(sealed().values_list("place", flat=True)) == list(range(1, count + 1))
    assert not chain.check().faults


def test_a_cut_end_is_found_without_an_anchor_unless_the_memory_was_bent_too():
    live(2)
    seal_all()
    sealed().last().delete()
    assert chain.check().faults == {chain.MISSING: 1}
    perform("clients.note", DANA, LogNote(make_client("New One").pk, "hello"))
    seal_all()
    assert chain.check().faults, "sealing on does not hide it"


@pytest.mark.parametrize("text", ["", "12", "abc:def", ":", "-1:ab"])
def test_an_end_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="as the doctor prints it"):
        chain.parse_head(text)
