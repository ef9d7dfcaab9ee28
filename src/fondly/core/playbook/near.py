"""The name somebody probably meant."""

from collections.abc import Iterable


def near(word: str, names: Iterable[str]) -> str:
    """The name that `word` is probably a slip of: at most one slip in a short word, two in a long one; "" if none."""
    allowed = 1 if len(word) < 6 else 2
    best, fewest, letters = "", allowed + 1, set(word.casefold())
    for name in names:
        close = name != word and abs(len(name) - len(word)) <= allowed
        if close and len(letters ^ set(name.casefold())) <= 2 * allowed:
            slips = _slips(word.casefold(), name.casefold())
            if slips < fewest:
                best, fewest = name, slips
    return best


def _slips(a: str, b: str) -> int:
    """Letters added, lost, changed, or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, last, row = row, before, [i] + [0] * len(b)
        for j, y in enumerate(b, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]
