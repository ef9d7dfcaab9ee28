"""Metrics and tables over HTTP: the figures from inside, and who somebody is only to a key with the scope."""

import duckdb
import pytest

from fondly.doors.api import entrance
from fondly.doors.api.limits import Buckets
from fondly.ground import clock
from fondly.measure.insight import registry
from fondly.measure.insight.source import LakeSource
from fondly.measure.lake import inside
from tests import cast as casting
from tests.cast import NOW
from tests.doors.api.test_api import Script, assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(settings, tmp_path, monkeypatch):
    settings.HOME = tmp_path
    monkeypatch.setattr(entrance, "buckets", Buckets())
    with clock.at(NOW):
        yield casting.make()


def parquet(answer, tmp_path, sql: str):
    file = tmp_path / "table.parquet"
    file.write_bytes(b"".join(answer.streaming_content))
    return duckdb.sql(sql.format(f"'{file}'")).fetchall()


def test_a_metric_over_http_is_the_one_inside(cast):
    answer = Script(cast.dana, "read").get("/api/metrics/feeling?by=stage&last=365d&where.stage=selling").json()
    with inside.lake() as lake:
        inner = registry.ask(LakeSource(lake, NOW), "feeling", by="stage", last="365d", where={"stage": "selling"})
    assert answer["rows"] == [dict(row) for row in inner.rows]
    assert answer["rows"][0]["n"] == 4
    assert (answer["by"], answer["unit"]) == (["stage"], "-2 to +2")
    assert "SELECT" in answer["expression"]


def test_tables_tell_who_somebody_is_only_to_a_key_that_may_take_data_out(cast, tmp_path):
    reader, exporter = Script(cast.dana, "read"), Script(cast.dana, "read", "export")
    columns = "SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet({}))"
    names = {row[0] for row in parquet(reader.get("/api/tables/clients"), tmp_path, columns)}
    assert {"id", "persona"} <= names and not {"name", "fields", "external_id"} & names
    told = parquet(
        exporter.get("/api/tables/clients"), tmp_path, "SELECT name FROM read_parquet({}) ORDER BY id LIMIT 1"
    )
    assert told == [("Priya Shah",)]
    assert (reader.get("/api/whoami").json()["personal"], exporter.get("/api/whoami").json()["personal"]) == (
        False,
        True,
    )
    listed = {table["name"]: table for table in reader.get("/api/tables").json()["items"]}
    assert listed["clients"]["rows"] == 6
    assert "name" not in {column["name"] for column in listed["clients"]["columns"]}


def test_a_key_that_may_not_read_gets_no_numbers(cast):
    script = Script(cast.dana, "run")
    for path in ("whoami", "metrics", "metrics/nps", "tables", "tables/clients"):
        assert_problem(script.get(f"/api/{path}"), "not_allowed")
        assert Script(cast.dana, "read").get(f"/api/{path}").status_code == 200


def test_what_cannot_be_answered_is_said_in_words(cast):
    script = Script(cast.dana, "read")
    assert "Did you mean nps" in assert_problem(script.get("/api/metrics/npss"), "invalid")["detail"]
    assert "by one of" in assert_problem(script.get("/api/metrics/nps?by=colour"), "invalid")["detail"]
    assert_problem(script.get("/api/metrics/nps?level=much"), "invalid")
    assert_problem(script.get("/api/metrics/nps?colour=red"), "invalid")
    assert_problem(script.get("/api/metrics/nps?name=x&source=y"), "invalid")
    assert_problem(script.get("/api/tables/django_session"), "not_found")
    assert_problem(script.get("/api/tables/clients?limit=3"), "invalid")


def test_every_metric_is_listed_with_its_meaning(cast):
    items = Script(cast.dana, "read").get("/api/metrics").json()["items"]
    assert [item["name"] for item in items] == list(registry.metrics())
    assert all(item["meaning"] and item["definition"] for item in items)
