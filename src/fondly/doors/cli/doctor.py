"""`fondly doctor`: every check with its word; exit 1 when something must be mended."""

import dataclasses
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fondly.doors.checkup import Finding

_MARKS = {"good": "ok  ", "note": "note", "bad": "BAD "}


def report(*, as_json: bool, activity_end: str = "") -> int:
    """Print what was found. What cannot be used, a setting or an end, ends the command with its own sentence."""
    from fondly.doors.cli.django_setup import setup

    setup()
    from fondly.doors.checkup import examine
    from fondly.ground import chain

    try:
        anchor = chain.parse_head(activity_end) if activity_end else None
    except ValueError as error:
        sys.exit(f"fondly: {error}")
    findings = examine(anchor)
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1))
    else:
        print("\n".join(_line(finding) for finding in findings))
    return 1 if any(finding.state == "bad" for finding in findings) else 0


def _line(finding: "Finding") -> str:
    advice = f" {finding.advice}" if finding.advice and finding.state != "good" else ""
    return f"{_MARKS[finding.state]}  {finding.name}: {finding.says.rstrip('.')}.{advice}"
