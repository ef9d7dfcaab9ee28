"""fondly import clients, as it is typed."""

import argparse
import json

import pytest

from fondly.doors.cli.imports import add_clients
from fondly.people.clients.models import Client

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "Name,Email,Colour\nAna Ruiz,ana@example.com,red\nTom Weld,tom at example.com,blue\n"


@pytest.fixture(autouse=True)
def _home(settings, tmp_path):
    settings.HOME = tmp_path / "home"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text(TEXT)
    return path


def run(*words):
    parser = argparse.ArgumentParser()
    add_clients(parser.add_subparsers())
    arguments = parser.parse_args(["clients", *map(str, words)])
    return arguments.func(arguments)


def test_a_dry_run_says_what_would_happen_and_writes_nothing(file, capsys):
    assert run(file, "--dry-run") == 1
    shown = capsys.readouterr().out
    assert "would be added 1" in shown
    assert "row 3: “tom at example.com” is not an e-mail address" in shown
    assert not Client.objects.exists()


def test_json_and_the_error_file_that_can_be_mended_and_brought_in(file, tmp_path, capsys):
    errors = tmp_path / "clients.errors.csv"
    assert run(file, "--json", "--errors", errors) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["added"], told["bad"], told["problems"][0]["row"]) == (1, 1, 3)
    errors.write_text(errors.read_text(encoding="utf-8-sig").replace(" at ", "@"))
    assert run(errors, "--json") == 0
    assert set(Client.objects.values_list("name", flat=True)) == {"Ana Ruiz", "Tom Weld"}
    assert not any((tmp_path / "home" / "files" / "imports").iterdir())


def test_what_cannot_be_read_ends_with_2(tmp_path, capsys):
    assert run(tmp_path / "none.csv") == 2
    (tmp_path / "empty.csv").write_text("")
    assert run(tmp_path / "empty.csv") == 2
    assert "is empty" in capsys.readouterr().err


def test_a_map_says_what_columns_mean(file, tmp_path):
    told = tmp_path / "map.yaml"
    told.write_text("columns:\n  - {header: Name, to: name}\n  - {header: Colour, to: field.favourite}\n")
    assert run(file, "--map", told) == 0
    assert Client.objects.get(name="Ana Ruiz").fields == {"favourite": "red"}
    told.write_text("columns: [")
    assert run(file, "--map", told) == 2
    told.write_text("just words")
    assert run(file, "--map", told) == 2


@pytest.mark.parametrize(("region", "born"), [("us", "1980-03-04"), ("USA", "1980-03-04"), ("de", "1980-04-03")])
def test_the_region_tells_how_a_date_is_meant_when_nothing_else_does(file, region, born, capsys):
    file.write_text("Name,Email,Birthday\nAna Ruiz,ana@example.com,03/04/1980\n")
    assert run(file, "--region", region, "--json", "--dry-run") == 0
    assert "could be read two ways" in capsys.readouterr().out
    assert run(file, "--region", region, "--json") == 0
    assert "could be read two ways" in capsys.readouterr().out
    assert Client.objects.get().fields["birthday"] == born


def test_a_region_nobody_knows(file, capsys):
    assert run(file, "--region", "zz") == 2
    assert "--region zz: no such country" in capsys.readouterr().err


def test_an_unknown_playbook_is_refused_before_anything_is_written(file, capsys):
    assert run(file, "--playbook", "nowhere") == 2
    assert not Client.objects.exists()
    assert "nowhere" in capsys.readouterr().err
