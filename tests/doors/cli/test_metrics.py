"""`fondly metric` and `fondly sql` on the command line: shapes of answers, and errors in sentences."""

import json
import os

import pytest

from fondly.doors.cli.main import main
from fondly.measure.insight import registry
from tests.doors.cli.test_keeping import prepare

pytestmark = pytest.mark.skipif("FONDLY_DATABASE_URL" in os.environ, reason="files of SQLite")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    prepare(home)
    return home


@pytest.fixture
def run(home, monkeypatch, capsys):
    monkeypatch.setenv("FONDLY_HOME", str(home))

    def of(*words: str) -> str:
        assert main(words) == 0
        return capsys.readouterr().out

    return of


def refused(run, *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        run(*words)
    return str(ended.value)


def test_an_empty_install_has_no_figure_and_says_so(run):
    assert json.loads(run("metric", "nps", "--json"))[0]["note"] == "nobody answered"
    assert run("metric", "nps", "--csv").splitlines() == ["value,low,high,n,note", ",,,0,nobody answered"]
    assert "There is nothing to count yet." in run("metric", "feeling", "--by", "stage")


def test_without_a_name_all_metrics_and_all_tables_are_listed(run):
    assert all(name in run("metric") for name in registry.metrics())
    assert "interactions" in run("sql")
    assert "Net promoter score" in run("metric", "nps", "--explain")


def test_a_statement_gives_rows_in_the_shape_asked_for(run, tmp_path):
    statement = "SELECT 1 AS one, 'a,b' AS two"
    assert run("sql", statement, "--format", "csv") == 'one,two\n1,"a,b"\n'
    assert json.loads(run("sql", statement, "--format", "json")) == [{"one": 1, "two": "a,b"}]
    run("sql", statement, "--format", "json", "-o", str(tmp_path / "rows.json"))
    assert json.loads((tmp_path / "rows.json").read_text()) == [{"one": 1, "two": "a,b"}]
    assert "No rows." in run("sql", "SELECT id FROM clients")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["metric", "npss"], "Did you mean nps"),
        (["metric", "nps", "--by", "colour"], "by one of"),
        (["metric", "funnel", "--with", "steps=one"], "two steps"),
        (["sql", "SELECT at FROM interactions WHERE at > now()"], 'write the columns as "at"'),
        (["sql", "DELETE FROM clients"], "one SELECT"),
        (["sql", "SELECT 1; SELECT 2"], "one SELECT"),
        (["sql", "SELECT name FROM clients"], "name"),
        (
            ["sql", "SELECT CAST(word AS INTEGER) FROM (VALUES ('x')) AS w(word)"],
            "Could not convert",
        ),
        (["sql", "SELECT 1", "--format", "parquet"], "-o FILE"),
        (["sql", "SELECT 1", "--format", "parquet", "-o", "/no/such/folder/n.parquet"], "/no/such/folder"),
    ],
)
def test_what_cannot_be_answered_is_said_in_words(run, words, said):
    assert said in refused(run, *words)


def test_a_home_without_an_install_is_named(run, monkeypatch, tmp_path):
    monkeypatch.setenv("FONDLY_HOME", str(tmp_path / "nothing"))
    assert "There is no database" in refused(run, "metric", "nps")


def test_names_are_there_only_when_they_are_asked_for(run):
    assert "name" not in run("sql", "SELECT column_name FROM (DESCRIBE clients) WHERE column_name = 'name'").split()[1:]
    assert "name" in run("sql", "SELECT column_name FROM (DESCRIBE clients) WHERE column_name = 'name'", "--personal")
