"""The check of a whole playbook: findings, what was skipped, the score on paper, what to mend next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from fondly.core.playbook.checks.rules import AREAS, RULES, WEIGHT, Area, Rule, Severity, Verdict
from fondly.core.playbook.model import Playbook


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. line: from 1, in `source`. subject: how `skip:` may name this one case, "" when it cannot."""

    rule: str
    severity: Severity
    area: Area
    path: str
    line: int
    message: str
    advice: str
    article: str
    minutes: int
    source: str = ""
    subject: str = ""

    def as_dict(self) -> dict[str, Any]:
        keys = ("rule", "severity", "path", "line", "message", "advice", "article")
        return {key: getattr(self, key) for key in keys} | ({"source": self.source} if self.source else {})


@dataclass(frozen=True, slots=True)
class Skipped:
    """A finding left out by `skip:`, with the reason."""

    rule: str
    path: str
    message: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fix:
    """One rule to mend. points: how much the overall score rises; minutes: the usual effort."""

    rule: str
    title: str
    findings: tuple[Finding, ...]
    points: float
    minutes: int


@dataclass(frozen=True, slots=True)
class Score:
    """On paper, 0 to 100. An area nothing applies to has 100."""

    overall: int
    areas: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    score: Score
    fixes: tuple[Fix, ...]

    def count(self, severity: Severity) -> int:
        return sum(1 for finding in self.findings if finding.severity == severity)

    @property
    def errors(self) -> int:
        return self.count("error")

    @property
    def warnings(self) -> int:
        return self.count("warning")

    @property
    def hints(self) -> int:
        return self.count("hint")

    def next_three(self) -> tuple[Fix, ...]:
        """The three fixes that raise the score most per minute."""
        return self.fixes[:3]

    def as_dict(self) -> dict[str, Any]:
        """What `fondly check --json` prints; `skipped` only when the file skips something."""
        skipped = [{"rule": s.rule, "path": s.path, "message": s.message, "reason": s.reason} for s in self.skipped]
        return {
            "errors": self.errors,
            "warnings": self.warnings,
            "hints": self.hints,
            "score": {"overall": self.score.overall, "areas": dict(self.score.areas)},
            "findings": [finding.as_dict() for finding in self.findings],
            **({"skipped": skipped} if skipped else {}),
        }


def check(playbook: Playbook, today: date | None = None) -> Report:
    """Every rule applied. today: for the yearly review; None leaves its age out."""
    judged = {rule.id: tuple(rule.judge(playbook, today)) for rule in RULES.values()}
    kept: dict[str, tuple[Verdict, ...]] = {}
    skipped: list[Skipped] = []
    for id, verdicts in judged.items():
        reasons = {verdict: _reason(playbook, id, verdict) for verdict in verdicts}
        kept[id] = tuple(verdict for verdict in verdicts if not reasons[verdict])
        skipped += [Skipped(id, v.path, v.message, reasons[v]) for v in verdicts if reasons[v] and not v.ok]
    findings = tuple(sorted(_findings(playbook, kept), key=_order))
    return Report(findings, tuple(skipped), _score(kept), _fixes(kept, findings))


def _order(finding: Finding) -> tuple[int, str, int, str]:
    return (-WEIGHT[finding.severity], finding.source, finding.line, finding.rule)


def _reason(playbook: Playbook, id: str, verdict: Verdict) -> str:
    """The reason in `skip:` for the rule as a whole or for this one case."""
    for key in (id, f"{id} {verdict.subject}", f"{id} {verdict.path}"):
        if key in playbook.skip:
            return playbook.skip[key] or ""
    return ""


def _findings(playbook: Playbook, kept: Mapping[str, tuple[Verdict, ...]]) -> list[Finding]:
    return [_finding(playbook, RULES[id], v) for id, verdicts in kept.items() for v in verdicts if not v.ok]


def _finding(playbook: Playbook, rule: Rule, verdict: Verdict) -> Finding:
    severity, advice = verdict.severity or rule.severity, verdict.advice or rule.advice
    line, source = place(playbook, verdict.path)
    return Finding(rule.id, severity, rule.area, verdict.path, line, verdict.message, advice, rule.article,
                   rule.minutes, source, verdict.subject)  # fmt: skip


def place(playbook: Playbook, path: str) -> tuple[int, str]:
    """(line, file) of the path, or of the nearest thing around it; the file is "" for the main one."""
    while path and path not in playbook.marks:
        path = path.rpartition(".")[0]
    parts = path.split(".")
    return playbook.marks.get(path, (1, 1))[0], playbook.sources.get(".".join(parts[:2]), "")


def _weight(rule: Rule, verdict: Verdict) -> int:
    return WEIGHT[verdict.severity or rule.severity]


def _worth(id: str, verdicts: tuple[Verdict, ...]) -> tuple[float, float]:
    """(passed, applicable) weight of one rule: its heaviest verdict, times the share that passed."""
    if not verdicts:
        return 0.0, 0.0
    weights = [_weight(RULES[id], verdict) for verdict in verdicts]
    passed = sum(weight for weight, verdict in zip(weights, verdicts, strict=True) if verdict.ok)
    return max(weights) * passed / sum(weights), float(max(weights))


def _score(kept: Mapping[str, tuple[Verdict, ...]]) -> Score:
    worth = {id: _worth(id, verdicts) for id, verdicts in kept.items()}
    areas: dict[str, int] = {area: _hundred([w for id, w in worth.items() if RULES[id].area == area]) for area in AREAS}
    return Score(_hundred(list(worth.values())), MappingProxyType(areas))


def _hundred(worth: list[tuple[float, float]]) -> int:
    passed, applicable = sum(w[0] for w in worth), sum(w[1] for w in worth)
    score = 100 * passed / applicable if applicable else 100.0
    return min(99, round(score)) if 99 < score < 100 else round(score)


def _fixes(kept: Mapping[str, tuple[Verdict, ...]], findings: tuple[Finding, ...]) -> tuple[Fix, ...]:
    worth = {id: _worth(id, verdicts) for id, verdicts in kept.items()}
    total = sum(applicable for _, applicable in worth.values()) or 1.0
    fixes = []
    for id, (passed, applicable) in worth.items():
        found = tuple(finding for finding in findings if finding.rule == id)
        if found:
            points = 100 * (applicable - passed) / total
            fixes.append(Fix(id, RULES[id].title, found, round(points, 1), RULES[id].minutes * len(found)))
    return tuple(sorted(fixes, key=lambda fix: (-fix.points / fix.minutes, -fix.points, fix.rule)))
