"""fondly rehearse, as somebody types it."""

import argparse
import json

import pytest

from fondly.doors.cli import rehearse

FILE = """
fondly: 1
name: Test
timezone: America/New_York
calendar:
  business: mon-fri 09:00-17:00
  quiet: "20:00-08:00"
personas:
  couples: {who: Two}
fields:
  birthday: {type: date}
  visit: {type: datetime}
  size: {type: choice, choices: [small, big]}
surveys:
  nps: {ask: Would you, scale: 0-10}
stages:
  hello:
    phase: before
    owner: agent
    touchpoints:
      first: {kind: work, channel: email, template: t, when: on entry}
      call: {kind: relationship, channel: phone, when: 2 days after entry}
      reminder: {kind: work, channel: email, template: t, when: 1 day before visit, if: inquiry != 'spam'}
  new:
    phase: new
    owner: agent
    starts: agreed
    length: 1 month
    touchpoints:
      thanks: {kind: work, channel: email, template: t, when: 5 minutes after entry}
  later:
    phase: alumni
    owner: agent
    never_ends: true
    touchpoints:
      card: {kind: wow, channel: letter, when: yearly on birthday}
team:
  agent: {people: [Dana]}
templates:
  t: {subject: Hi, body: Hello}
"""


@pytest.fixture
def run(tmp_path, capsys):
    file = tmp_path / "playbook.yaml"
    file.write_text(FILE, encoding="utf-8")

    def _run(*words, name=str(file)):
        parser = argparse.ArgumentParser()
        rehearse.add_parsers(parser.add_subparsers(required=True))
        args = parser.parse_args(["rehearse", name, *words])
        code = args.func(args)
        return code, *capsys.readouterr()

    return _run


START = ("--start", "2026-01-05T21:00")


def test_json_is_exactly_moments_and_stays(run):
    code, out, _ = run(*START, "--days", "60", "--event", "agreed@2026-01-08T10:00", "--json")
    found = json.loads(out)
    assert code == 0 and set(found) == {"moments", "stays"}
    assert found["moments"][0] == {
        "touchpoint": "first",
        "stage": "hello",
        "kind": "work",
        "channel": "email",
        "at": "2026-01-06T08:00:00-05:00",
        "why": "on entering Hello (Mon 5 Jan 2026 21:00); moved: quiet hours 20:00-08:00",
    }
    assert [(m["touchpoint"], m["at"]) for m in found["moments"][1:]] == [
        ("call", "2026-01-08T09:00:00-05:00"),
        ("thanks", "2026-01-08T10:05:00-05:00"),
    ]
    assert found["stays"] == [
        {"stage": "hello", "from": "2026-01-05T21:00:00-05:00", "to": "2026-01-08T10:00:00-05:00",
         "why": "the journey starts here"},
        {"stage": "new", "from": "2026-01-08T10:00:00-05:00", "to": "2026-02-08T10:00:00-05:00",
         "why": "agreed happened"},
        {"stage": "later", "from": "2026-02-08T10:00:00-05:00", "to": None, "why": "New lasted its 1 month"},
    ]  # fmt: skip


def test_times_are_meant_in_the_zone_and_shown_in_it(run):
    _, out, _ = run("--start", "2026-07-06T09:00", "--zone", "Europe/Berlin", "--days", "5", "--json")
    assert [m["at"] for m in json.loads(out)["moments"]] == ["2026-07-06T09:00:00+02:00", "2026-07-08T15:00:00+02:00"]
    _, out, _ = run("--start", "2026-07-06T09:00+02:00", "--days", "1", "--json")
    assert json.loads(out)["stays"][0]["from"] == "2026-07-06T03:00:00-04:00"


def test_fields_stage_and_persona(run):
    words = (
        "--field",
        "visit=2026-01-20T15:00",
        "--field",
        "inquiry=price",
        "--persona",
        "couples",
        "--field",
        "size=big",
    )
    _, out, _ = run(*START, "--days", "30", *words, "--json")
    assert ("reminder", "2026-01-19T15:00:00-05:00") in [(m["touchpoint"], m["at"]) for m in json.loads(out)["moments"]]
    _, out, _ = run(*START, "--stage", "later", "--field", "birthday=1990-02-10", "--json")
    assert [m["at"] for m in json.loads(out)["moments"]] == ["2026-02-10T09:00:00-05:00"]


def test_the_calendar_is_for_people(run):
    code, out, _ = run(*START, "--days", "30", "--event", "nps.answered=9@2026-01-09T10:00")
    assert code == 0
    assert "Week 2, 2026" in out and "Tue  6 Jan" in out and "08:00  first (work, email)" in out
    assert "reminder waits until visit is known" in out


def test_a_starter_by_name(run):
    code, out, _ = run(*START, "--days", "3", "--json", name="realtor")
    assert code == 0 and json.loads(out)["stays"]


def test_a_folder(run, tmp_path):
    assert run(*START, "--days", "3", "--json", name=str(tmp_path))[0] == 0


def test_a_client_base(run):
    code, out, _ = run("--start", "2026-01-05", "--clients", "12", "--days", "60")
    assert code == 0 and "12 made-up clients over 60 days" in out and "Week by week" in out
    code, out, _ = run("--start", "2026-01-05", "--clients", "12", "--year", "--json")
    report = json.loads(out)
    assert (report["clients"], report["days"]) == (12, 365) and len(report["weeks"]) == 53


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--zone", "America/New_Yrok"], 'no time zone "America/New_Yrok"; did you mean America/New_York?'),
        (["--zone", ""], 'no time zone ""; write for example America/New_York'),
        (["--stage", "helo"], 'no stage "helo"; did you mean hello?'),
        (["--persona", "x"], 'no persona "x"; known are: couples'),
        (["--event", "agree@2026-01-09"], 'waits for the event "agree"; did you mean agreed?'),
        (["--event", "agreed"], "needs a name and a time"),
        (["--event", "agreed@soon"], '"soon" is not a date and time; write 2026-01-05T09:00'),
        (["--event", "agreed@2025-01-05T09:00"], "lies before the start"),
        (["--field", "birthdy=1980-01-01"], 'no field "birthdy"; did you mean birthday?'),
        (["--field", "birthday=first of May"], "is not a date; write 2026-01-31"),
        (["--field", "birthday"], "needs a name and a value"),
        (["--field", "size=bigg"], '"bigg" is no choice; did you mean big?'),
        (["--start", "yesterday"], '--start: "yesterday" is not a date and time'),
        (["--start", "0001-01-01"], "is not a year we can plan in"),
        (["--days", "0"], "--days must be between 1 and"),
        (["--clients", "0"], "--clients must be between 1 and"),
        (["--clients", "3", "--stage", "new"], "--stage is about one client"),
        (["--days", "3", "--year"], "say two things"),
    ],
)
def test_bad_input_is_one_clear_line(run, words, message):
    code, out, err = run(*([] if "--start" in words else START), *words)
    assert (code, out) == (2, "")
    assert message in err and err.startswith("fondly rehearse: ") and err.count("\n") == 1


@pytest.mark.parametrize("words", [(), ("--clients", "3")])
def test_a_playbook_without_stages(run, words, tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text("name: Test\n")
    code, out, err = run(*START, *words, name=str(path))
    assert (code, out) == (2, "") and "has no stages" in err


def test_days_are_days_of_the_clients_calendar(run, tmp_path):
    path = tmp_path / "daily.yaml"
    daily = "a: {kind: work, channel: email, when: every day}"
    path.write_text(f"name: Test\nstages:\n  new:\n    phase: new\n    touchpoints:\n      {daily}\n")
    for start in ("2026-03-05T09:00", "2026-10-30T09:00", "2026-06-01T09:00"):  # the clocks change in two of these
        _, out, _ = run("--start", start, "--zone", "America/New_York", "--days", "7", "--json", name=str(path))
        assert len(json.loads(out)["moments"]) == 6


def test_no_such_file(run):
    code, _, err = run(name="realtr")
    assert code == 2 and "did you mean realtor?" in err
