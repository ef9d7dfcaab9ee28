"""Risk of leaving on clients not seen: `python bench/churn.py [--table FILE] [--small]`; AUC and calibration error.

FILE: a CSV with a header, a column Churn (Yes or No) and one of identities that is left out of the model. A third of the
rows, drawn by the md5 of the identity, is judged; the model, its penalty and its calibration see the others only.
Without a file: simulated clients, beside the best that anybody could say of them.
"""

import argparse
import csv
import hashlib
import sys
import time
from pathlib import Path

import numpy as np

from fondly.core.metrics import churn


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--outcome", default="Churn")
    parser.add_argument("--identity", default="customerID")
    parser.add_argument("--small", action="store_true", help="1,500 simulated clients")
    given = parser.parse_args()
    if given.table:
        columns, left, judged = _read(given.table, given.outcome, given.identity)
        _compare(columns, left, judged, None)
    else:
        _compare(*_simulated(1_500 if given.small else 20_000))
    return 0


def _read(path: Path, outcome: str, identity: str) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    absent = [name for name in (outcome, identity) if name not in rows[0]]
    if absent:
        sys.exit(f"{path}: no column {', '.join(absent)} in its first line")
    judged = np.array([hashlib.md5(row[identity].encode()).digest()[1] % 3 == 0 for row in rows])
    left = np.array([row[outcome].strip().lower() in ("yes", "1", "true") for row in rows]).astype(int)
    names = [name for name in rows[0] if name not in (outcome, identity)]
    return {name: _column([row[name] for row in rows]) for name in names}, left, judged


def _column(texts: list[str]) -> np.ndarray:
    """Numbers where all that is filled in is one."""
    try:
        return np.array([float(text) if text.strip() else np.nan for text in texts])
    except ValueError:
        return np.array(texts)


def _simulated(count: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    dice = np.random.default_rng(1)
    months, calls = dice.integers(0, 72, count), dice.poisson(1.5, count)
    contract = dice.choice(["monthly", "yearly"], count, p=[0.6, 0.4])
    logit = -1.2 + 1.5 * (months < 12) - 0.02 * months - (contract == "yearly") + 0.4 * calls
    truth = 1 / (1 + np.exp(-logit))
    columns = {"months": months, "calls": calls, "contract": contract}
    return columns, (dice.random(count) < truth).astype(int), dice.random(count) < 1 / 3, truth


def _compare(columns: dict[str, np.ndarray], left: np.ndarray, judged: np.ndarray, truth: np.ndarray | None) -> None:
    seen = {name: values[~judged] for name, values in columns.items()}
    others = {name: values[judged] for name, values in columns.items()}
    start = time.process_time()
    model = churn.learn(seen, left[~judged])
    taken = time.process_time() - start
    print(
        f"learned from {(~judged).sum():,} clients in {taken:.2f} s CPU, judged on {judged.sum():,}, {left[judged].mean():.1%} left"
    )
    print(f"{'':<34}{'AUC':>8}{'from':>8}{'to':>8}{'ECE':>8}{'Brier':>8}")
    _line("said beforehand (cross-fitted)", model.report)
    _line("on clients not seen", churn.report(churn.risk(model, others), left[judged]))
    if truth is not None:
        _line("by those who know the truth", churn.report(truth[judged], left[judged]))


def _line(name: str, seen: churn.Report) -> None:
    area = seen.auc
    print(
        f"{name:<34}{area.value:>8.4f}{area.low:>8.4f}{area.high:>8.4f}{seen.calibration_error:>8.4f}{seen.brier:>8.4f}"
    )


if __name__ == "__main__":
    sys.exit(main())
