"""What `findings` finds: `python bench/findings.py [--seeds 10] [--clean 200] [--rows 1e6] [--small]`.

Recall and precision on logs with planted incidents of every kind, for everybody and for one segment; false alarms on
logs without any (a log with one finding counts); CPU seconds on a big log. The logs are made by
`tests/core/metrics/findings/planted.py`: clients who differ, hours, weekdays, growth, bursts, heavy-tailed gaps.
Found: the finding overlaps the planted window by half (intersection over union), at its step and in its segment.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.core.metrics.findings import planted

from fondly.core.metrics.findings import Finding, findings

WORLDS = ("shop", "service")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--clean", type=int, default=200)
    parser.add_argument("--rows", type=lambda text: int(float(text)), default=1_000_000)
    parser.add_argument("--several", type=int, default=0, help="also logs with so many incidents at once")
    parser.add_argument("--small", action="store_true", help="one seed, four clean logs, 20,000 events")
    parser.add_argument("--show", action="store_true", help="print what was missed and what was found wrongly")
    given = parser.parse_args()
    seeds, clean, rows = (1, 4, 20_000) if given.small else (given.seeds, given.clean, given.rows)
    planted_table(range(seeds), WORLDS[:1] if given.small else WORLDS, given.show)
    if given.several:
        several_table(range(seeds), given.several, given.show)
    clean_table(range(1_000, 1_000 + clean), given.show)
    speed(rows)
    return 0


def planted_table(seeds: range, worlds: tuple[str, ...], show: bool) -> None:
    print(f"{'planted':<12}{'logs':>6}{'found':>8}{'segment':>9}{'kind':>8}{'more':>6}")
    total: Counter[str] = Counter()
    for kind in planted.KINDS:
        count: Counter[str] = Counter()
        for seed in seeds:
            for world in worlds:
                for narrow in (False, True)[: 1 if kind in ("bot", "crowd", "segment") else 2]:
                    one = planted.an_incident(seed, kind, world, narrow)
                    count += judged(planted.made(seed, world, *size(seed), [one]), show)
        total += count
        print_row(kind, count)
    print_row("all", total)
    print(
        f"recall {total['found'] / max(1, total['planted']):.3f}, precision {total['found'] / max(1, total['found'] + total['more']):.3f}"
    )


def several_table(seeds: range, at_once: int, show: bool) -> None:
    count: Counter[str] = Counter()
    for seed in seeds:
        for world in WORLDS:
            dice = np.random.default_rng(seed)
            kinds = dice.choice(planted.KINDS, at_once, replace=False)
            incidents = [
                planted.an_incident(seed * 100 + n, str(kind), world, n % 2 == 1) for n, kind in enumerate(kinds)
            ]
            count += judged(planted.made(seed, world, *size(seed), incidents), show)
    print_row(f"{at_once} at once", count)


def print_row(name: str, count: Counter[str]) -> None:
    print(
        f"{name:<12}{count['planted']:>6}"
        + "".join(f"{count[part]:>{width}}" for part, width in (("found", 8), ("segment", 9), ("kind", 8), ("more", 6)))
    )


def size(seed: int) -> tuple[int, float]:
    """Clients and days."""
    dice = np.random.default_rng((seed, 7))
    return int(dice.integers(2_500, 6_000)), float(dice.choice([28, 60, 90, 180]))


def judged(made: planted.Made, show: bool) -> Counter[str]:
    """planted, found (at its step and time), segment and kind (also right), more (findings that are none of them)."""
    told = list(findings(pl.DataFrame(made.events)))
    count: Counter[str] = Counter(planted=len(made.incidents))
    left = list(told)
    for one in made.incidents:
        hit = next((finding for finding in left if is_it(finding, one, made)), None)
        if hit is None:
            if show:
                print("  missed", one)
            continue
        left.remove(hit)
        count += Counter(found=1, segment=int(hit.segment == one.segment), kind=int(hit.kind in NAMES[one.kind]))
    count["more"] += len(left)
    if show:
        for finding in left:
            print(
                "  more",
                finding.kind,
                finding.sentence,
                "beside",
                [(i.kind, i.a, i.b, round(i.begins, 2), round(i.ends, 2), i.segment) for i in made.incidents],
            )
    return count


NAMES = {
    "fall": {"fall", "drop"}, "rise": {"rise"}, "drop": {"drop", "fall"}, "slow": {"slower"}, "stop": {"stop", "fall"}, "bot": {"bot"},
    "crowd": {"surge"}, "loop": {"loop"}, "new": {"new"}, "segment": {"different"},
}  # fmt: skip


def is_it(finding: Finding, one: planted.Incident, made: planted.Made) -> bool:
    names = {*finding.step, finding.instead}
    at_it = (one.a in names and one.kind != "stop") or one.b in names
    if finding.begins_at is None or finding.ends_at is None:
        return at_it and one.kind == "segment"
    if one.kind == "segment":
        return False
    begins, ends = made.instant(one.begins), made.instant(one.ends)
    low, high = finding.begins_at / 1e6, finding.ends_at / 1e6
    both = max(0.0, min(ends, high) - max(begins, low))
    return at_it and both / (max(ends, high) - min(begins, low)) >= 0.5


def clean_table(seeds: range, show: bool) -> None:
    alarms = 0
    for seed in seeds:
        dice = np.random.default_rng(seed)
        clients, days = int(dice.integers(300, 6_000)), float(dice.choice([10, 28, 60, 120, 365]))
        told = findings(pl.DataFrame(planted.made(seed, WORLDS[seed % 2], clients, days).events))
        alarms += bool(told)
        if show:
            for finding in told:
                print("  alarm", seed, clients, days, finding.kind, finding.sentence, finding.certainty)
    print(f"clean logs {len(seeds)}, with a finding {alarms} ({alarms / max(1, len(seeds)):.1%}; limit 5 %)")


def speed(rows: int) -> None:
    incident = planted.Incident("fall", "delivery", "payment", 0.3, 0.5, 0.6, ("device", "phone"))
    made = planted.made(1, "shop", max(rows // 9, 500), 90, [incident])
    frame = pl.DataFrame(made.events)
    start = time.process_time()
    told = findings(frame)
    print(f"{len(frame):,} events: {time.process_time() - start:.2f} CPU s, {len(told)} findings")


if __name__ == "__main__":
    sys.exit(main())
