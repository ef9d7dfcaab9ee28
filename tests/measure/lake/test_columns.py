"""Columns for the kernels: the same as the rows, whatever is kept on the disk and whatever happened since."""

import random
from datetime import timedelta

import narwhals as nw
import numpy as np
import pytest

from fondly.core.metrics import frames
from fondly.core.metrics import paths as portable
from fondly.core.metrics.kernels import dwell, paths
from fondly.core.metrics.kernels.columns import Columns
from fondly.ground import clock
from fondly.measure.lake import columnar, engines, inside, redoing
from fondly.measure.lake.models import LakeFile
from fondly.people.clients import timeline
from fondly.people.clients.models import Interaction
from fondly.people.clients.timeline import NewFact
from tests.measure.lake.lived import NOW, client, seal

pytestmark = pytest.mark.django_db
Events = list[tuple]


@pytest.fixture(autouse=True)
def _kept_early(monkeypatch):
    monkeypatch.setattr(columnar, "BEHIND", 0)


def some(of, count: int, seed: int, names: str = "abc", stages: str = " st") -> None:
    """Facts in any order, some at the same instant, some of no stage or no name."""
    dice = random.Random(seed)
    timeline.record(
        *(
            NewFact(one.pk, dice.choice(["done", "event"]), NOW + timedelta(hours=dice.randrange(9)),
                    name=dice.choice(names).strip(), stage=dice.choice(stages).strip())
            for one in of for _ in range(count)
        )
    )  # fmt: skip


def told(columns: Columns) -> Events:
    stages = [None] * len(columns) if columns.stage is None else [columns.stages[code] for code in columns.stage]
    names = [columns.names[code] for code in columns.what]
    return list(zip(columns.client.tolist(), columns.at.tolist(), names, stages, strict=True))


def expected(*, stage: bool = True, kinds: tuple[str, ...] = (), what: str = "name") -> Events:
    rows = Interaction.objects.order_by("client", "at", "id")
    return [
        (row.client_id, round(row.at.timestamp() * 1e6), row.name or row.kind if what == "name" else row.kind,
         row.stage if stage else None)
        for row in rows if (row.stage or not stage) and (not kinds or row.kind in kinds)
    ]  # fmt: skip


def check() -> None:
    with inside.lake() as lake:
        assert told(lake.columns()) == expected()
        assert told(lake.columns(stage=False)) == expected(stage=False)
        assert told(lake.columns("kind", kinds=["event"])) == expected(what="kind", kinds=("event",))
        noon = round((NOW + timedelta(hours=4)).timestamp() * 1e6)
        assert told(lake.columns(since=noon)) == [event for event in expected() if event[1] >= noon]
        assert told(lake.columns(until=noon)) == [event for event in expected() if event[1] < noon]
        now = lake.kept()
        assert now.kept.dwell(now.change)["n"].sum() == dwell.dwell(now.columns())["n"].sum()
        assert now.kept.variants(now.change, 5) == paths.variants(now.columns(), 5)


def kept() -> set[str]:
    return {path.name for path in (inside.folder() / columnar.FOLDER).glob("*")}


def test_columns_are_the_rows_whatever_is_sealed_kept_or_changed():
    check()  # nothing at all
    people = [client(name) for name in ("Ada", "Bea", "Cy", "Di")]
    some(people[:3], 6, 1)
    check()  # nothing sealed
    seal()
    check()
    (first,) = kept()
    some(people[1:], 5, 2, "bcde", "stu ")  # words that were not there before
    check()
    Interaction.objects.filter(client=people[0]).first().delete()
    Interaction.objects.filter(client=people[1], name="a").update(client=people[3])
    check()
    assert kept() == {first}
    while redoing.redo("interactions", clock.now()):
        check()
    check()
    assert first not in kept()
    assert len(kept()) == 1  # of an earlier state nothing is left


def test_more_words_and_clients_than_the_small_numbers_hold():
    people = [client(str(n)) for n in range(3)]
    timeline.record(*(NewFact(people[0].pk, "event", NOW, name=f"n{n}", stage="s") for n in range(250)))
    seal()
    check()
    timeline.record(*(NewFact(people[n % 3].pk, "event", NOW, name=f"m{n}", stage="s") for n in range(20)))
    check()
    with inside.lake() as lake:
        assert lake.columns().what.dtype == np.uint16


def test_columns_are_written_in_parts_without_splitting_a_client(monkeypatch):
    monkeypatch.setattr(columnar, "_AT_ONCE", 2)
    monkeypatch.setattr(columnar, "_SPAN", 1)
    some([client(str(n)) for n in range(5)], 3, 4)
    seal()
    check()


def test_facts_that_changed_while_columns_were_written_are_told(monkeypatch):
    """The folder names the state it was written from, so a later state never uses it."""
    people = [client("Ada")]
    some(people, 6, 1, stages="s")
    seal()
    with inside.lake() as lake:
        before = lake.columns()
        Interaction.objects.filter(client=people[0]).first().delete()
        while redoing.redo("interactions", clock.now()):
            pass
        assert len(lake.columns()) == len(before) - 1
    assert LakeFile.objects.filter(replaced_at=None).exists()


@pytest.mark.parametrize("engine", ["duckdb", "polars", pytest.param("spark", marks=pytest.mark.spark)])
def test_every_engine_counts_the_same(engine):
    if engine == "spark":
        pytest.importorskip("pyspark")
    people = [client("Ada"), client("Bea")]
    some(people, 5, 1, stages="st")
    seal()
    some(people, 2, 2, stages="st")
    Interaction.objects.filter(client=people[0]).first().delete()
    with inside.lake() as lake:
        told = lake.frame("interactions", engine)
        events = nw.from_native(told).lazy().with_columns(what=nw.col("name"), position=nw.col("id"))
        graph = frames.rows(portable.directly_follows(events.to_native()))
        expected = paths.directly_follows(lake.columns())
        assert sum(row["n"] for row in graph) == expected["n"].sum() == 11
        assert {row["what"] for row in graph} == set(expected["what"])
        assert nw.from_native(lake.frame("clients", engine)).lazy().select(nw.len()).collect().item() == 2


def test_an_engine_that_is_not_there_says_so():
    with inside.lake() as lake, pytest.raises(engines.NoEngine, match="no engine of the lake"):
        lake.frame("interactions", "abacus")
