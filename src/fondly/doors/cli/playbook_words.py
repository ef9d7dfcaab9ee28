"""What `fondly check` prints."""

import json
from collections.abc import Iterable

from fondly.core.playbook.checks import Finding, Fix, Report
from fondly.core.playbook.model import Playbook
from fondly.core.playbook.problems import PlaybookError

AREA_NAMES = {
    "foundation": "Foundation",
    "start": "Start",
    "stages": "Stages",
    "touchpoints": "Touchpoints",
    "wow": "WOW",
    "systems": "Systems",
    "promises": "Promises",
    "listening": "Listening",
    "team": "Team and improving",
}
BAR = 20
SHOWN = 3


def report_words(playbook: Playbook, report: Report, *, show_all: bool = False) -> str:
    """Score, areas as bars, the next three fixes; or every finding."""
    lines = [f"{playbook.name}: {report.score.overall} of 100 on paper", ""]
    lines += [_bar(AREA_NAMES[area], score) for area, score in report.score.areas.items()]
    lines += ["", *(_all(report.findings) if show_all else _next(report))]
    if report.skipped:
        lines += ["", f"Skipped: {', '.join(f'{s.rule} ({s.reason})' for s in report.skipped)}"]
    return "\n".join(lines)


def _bar(name: str, score: int) -> str:
    full = round(score * BAR / 100)
    return f"  {name:<20}{'█' * full}{'░' * (BAR - full)} {score:>3}"


def _next(report: Report) -> list[str]:
    fixes = report.next_three()
    if not fixes:
        return ["Nothing to mend."]
    lines = ["Next:"]
    for number, fix in enumerate(fixes, 1):
        lines += [
            f"  {number}. {fix.findings[0].message}{_and_more(fix)}",
            f"     {fix.findings[0].advice}",
            f"     {fix.rule}, {_where(fix.findings[0])}, about {fix.minutes} min, {_gain(fix)}",
        ]
    shown = sum(len(fix.findings) for fix in fixes)
    rest = len(report.findings) - shown
    counts = (
        f"{_count(report.errors, 'error')}, {_count(report.warnings, 'warning')}, {_count(report.hints, 'hint')} in all"
    )
    tail = f"{_count(rest, 'other')}: --all shows them." if rest else "That is all."
    return [*lines, "", f"{counts}. {tail}"]


def _gain(fix: Fix) -> str:
    return f"+{fix.points:g} {'point' if fix.points == 1 else 'points'}"


def _and_more(fix: Fix) -> str:
    more = len(fix.findings) - 1
    return f" (and {_count(more, 'more place')})" if more else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _all(findings: Iterable[Finding]) -> list[str]:
    lines = []
    for finding in findings:
        lines += [
            f"{finding.severity:<8}{finding.rule}  {_where(finding)}: {finding.message}",
            f"        {finding.advice}",
        ]
    return lines or ["Nothing to mend."]


def _where(finding: Finding) -> str:
    return f"{finding.source} line {finding.line}" if finding.source else f"line {finding.line}"


def unread_json(error: Exception) -> str:
    """The JSON of a file that cannot be read: its problems as findings of the rule READ."""
    problems = error.problems if isinstance(error, PlaybookError) else ()
    findings = [
        {
            "rule": "READ",
            "severity": "error",
            "path": p.path,
            "line": p.line,
            "message": p.message,
            "advice": p.advice,
            "article": "",
            "column": p.column,
        }
        for p in problems
    ] or [
        {
            "rule": "READ",
            "severity": "error",
            "path": "",
            "line": 0,
            "message": str(error),
            "advice": "Check the name of the file.",
            "article": "",
        }
    ]
    empty = {"overall": 0, "areas": dict.fromkeys(AREA_NAMES, 0)}
    report = {"errors": len(findings), "warnings": 0, "hints": 0, "score": empty, "findings": findings}
    return json.dumps(report, indent=2, ensure_ascii=False)
