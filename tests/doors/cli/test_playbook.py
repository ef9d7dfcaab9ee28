"""`fondly check`, `fmt`, `diff`, `schema`, `new` as people type them."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fondly.core.playbook.starters import trades
from fondly.doors.cli.main import main

WHOLE = Path(__file__).parents[2] / "core" / "playbook" / "whole.yaml"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(WHOLE.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def test_check_shows_score_areas_and_nothing_to_mend(file, capsys):
    assert main(["check", str(file)]) == 0
    out = capsys.readouterr().out
    assert "Test & Co: 100 of 100 on paper" in out
    assert "Team and improving  ████████████████████ 100" in out
    assert "Nothing to mend." in out


def test_check_shows_the_next_three_and_how_many_others(file, capsys):
    text = file.read_text(encoding="utf-8").replace("  training: quarterly\n", "").replace("  ideas: monthly\n", "")
    text = (
        text.replace("reviews: [google]\n", "")
        .replace("  rest: 30 days\n", "")
        .replace("  promise: You will know what comes next.\n", "")
    )
    file.write_text(text, encoding="utf-8")
    assert main(["check", str(file)]) == 1
    out = capsys.readouterr().out
    assert out.count(" min, +") == 3
    assert "1 error, 3 warnings, 1 hint in all. 2 others: --all shows them." in out
    main(["check", str(file), "--all"])
    out = capsys.readouterr().out
    assert all(rule in out for rule in ("BR02", "TE03", "TE05", "ME03", "ME06"))


def test_check_json(file, capsys):
    file.write_text(
        file.read_text(encoding="utf-8")
        .replace("  story: We", "  typical: We", 1)
        .replace("  typical: a basket", "  story: a basket")
    )
    assert main(["check", str(file), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert set(data) == {"errors", "warnings", "hints", "score", "findings"}
    assert data["score"]["overall"] == 100


def test_check_json_lists_what_the_file_skips(file, capsys):
    text = file.read_text(encoding="utf-8").replace("  training: quarterly\n", "")
    file.write_text(text + "skip: {TE03: we are two and learn at work}\n")
    main(["check", str(file), "--json"])
    (skipped,) = json.loads(capsys.readouterr().out)["skipped"]
    assert (skipped["rule"], skipped["reason"]) == ("TE03", "we are two and learn at work")


@pytest.mark.parametrize("content", [b"name: x\nbrand:\n\tstory: y\n", b"name: \xff\xfe\n", b""])
def test_an_unreadable_file_is_exit_2_with_line_caret_and_fix(tmp_path, capsys, content):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    assert main(["check", str(path), "--json"]) == 2
    out, err = capsys.readouterr()
    findings = json.loads(out)["findings"]
    assert findings and all(
        f["rule"] == "READ" and f["severity"] == "error" and f["line"] >= 1 and f["advice"] for f in findings
    )
    assert f"{path}:{findings[0]['line']}:" in err


@pytest.mark.parametrize(("command", "code"), [("check", 1), ("fmt", 0), ("rehearse", 0)])
def test_what_is_piped_in(command, code, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"name: Piped\nstages: {new: {phase: new}}\n")))
    assert main([command, "-"]) == code
    assert "Piped" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_not_there(tmp_path, capsys):
    for command in (["check"], ["fmt"], ["diff", str(WHOLE)]):
        assert main([*command, str(tmp_path / "none.yaml")]) == 2
        assert "No such file" in capsys.readouterr().err


def test_check_a_folder(tmp_path, capsys):
    (tmp_path / "templates").mkdir()
    (tmp_path / "playbook.yaml").write_text("name: A folder\n", encoding="utf-8")
    (tmp_path / "templates" / "hello.md").write_text("We always answer.\n", encoding="utf-8")
    assert main(["check", str(tmp_path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [f["source"] for f in found if f["rule"] == "BR04"] == ["templates/hello.md"]


def test_fmt(file, capsys):
    assert main(["fmt", str(file), "--check"]) == 1
    before = file.read_text(encoding="utf-8")
    assert main(["fmt", str(file), "--stdout"]) == 0
    assert file.read_text(encoding="utf-8") == before
    assert main(["fmt", str(file)]) == 0
    assert main(["fmt", str(file), "--check"]) == 0
    file.write_text("name: [", encoding="utf-8")
    assert main(["fmt", str(file)]) == 2
    assert file.read_text(encoding="utf-8") == "name: ["


def test_diff(file, tmp_path, capsys):
    other = tmp_path / "other.yaml"
    other.write_text(
        file.read_text(encoding="utf-8").replace(
            "3 days after entry, template: card", "5 days after entry, template: card"
        )
    )
    assert main(["diff", str(file), str(other)]) == 0
    assert capsys.readouterr().out == "New: touchpoint *map* moves from 3 to 5 days after entry\n"
    assert main(["diff", str(file), str(other), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"][0]["kind"] == "changed"
    assert main(["diff", str(file), str(file)]) == 0
    assert "Nothing changes" in capsys.readouterr().out


def test_schema(capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"].endswith("2020-12/schema")


def test_new(tmp_path, capsys):
    path = tmp_path / "new.yaml"
    assert main(["new", str(path), "--trade", "therapist", "--name", 'Quiet "Rooms"']) == 0
    assert main(["check", str(path)]) == 0
    assert 'Quiet "Rooms"' in capsys.readouterr().out
    assert main(["new", str(path), "--trade", "therapist"]) == 2
    assert "already there" in capsys.readouterr().err
    assert main(["new", str(tmp_path / "x.yaml"), "--trade", "therapst"]) == 2
    assert "did you mean therapist" in capsys.readouterr().err
    assert main(["new", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [trade.name for trade in trades()]


def test_help_needs_no_heavy_import():
    code = "import sys; from fondly.doors.cli import playbook; sys.exit(any(m in sys.modules for m in ('yaml', 'liquid', 'django')))"  # noqa: E501
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
