"""Which event follows which, and whole paths (see metrics.paths)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.answers import Variant, check_top
from fondly.core.metrics.frames import SECOND
from fondly.core.metrics.intervals import wilson
from fondly.core.metrics.kernels.columns import Columns, Floats, Ints, Table, grouped_quantiles

Hashes = NDArray[np.uint64]

# Odd, so that it has an inverse among 64-bit numbers, and 5 more than a multiple of 8, so that its powers repeat last.
_BASE = 0x9E3779B97F4A7C15 - 0x10
_WORD = 1 << 64


@dataclass(frozen=True)
class Pairs:
    """Of each event and the next of the same client, as what * size + next: how many, and their gaps in microseconds.

    counts, sums: shape (size²,); each: the pair and the gap of every single one, if they were asked for.
    """

    size: int
    counts: Ints
    sums: Floats
    each: tuple[Ints, Ints]


def directly_follows(columns: Columns, medians: bool = True) -> Table:
    """what, next, n, mean_gap_s and, unless `medians` is off (it costs a sort), median_gap_s; one entry per pair."""
    pairs = count_pairs(columns, len(columns.names), medians)
    middle = grouped_quantiles(*pairs.each, pairs.size**2, (0.5,))[:, 0] if medians else None
    return pair_table(columns.names, pairs, middle)


def count_pairs(columns: Columns, size: int, each: bool = True) -> Pairs:
    """size: at least the number of names. each: with every single gap."""
    counts, sums = np.zeros(size * size + 1, np.int64), np.zeros(size * size + 1)
    gaps: list[tuple[Ints, Ints]] = [(np.empty(0, np.int32), np.empty(0, np.int64))]
    for rows, _ in columns.blocks():
        pairs, gap = _pairs(columns, rows, size)
        counts += np.bincount(pairs, minlength=size * size + 1)
        sums += np.bincount(pairs, weights=gap, minlength=size * size + 1)
        if each:
            gaps.append(_within(pairs, gap, size * size))
    group, value = (np.concatenate(part) for part in zip(*gaps, strict=True))
    return Pairs(size, counts[:-1], sums[:-1], (group, value))


def pair_table(names: tuple[str, ...], pairs: Pairs, median_us: Floats | None) -> Table:
    """The answer of directly_follows."""
    seen = np.flatnonzero(pairs.counts)
    told = np.array(names, dtype=object)
    table: Table = {
        "what": told[seen // pairs.size],
        "next": told[seen % pairs.size],
        "n": pairs.counts[seen],
        "mean_gap_s": pairs.sums[seen] / pairs.counts[seen] / SECOND,
    }
    if median_us is not None:
        table["median_gap_s"] = median_us[seen] / SECOND
    return table


def _pairs(columns: Columns, rows: slice, size: int) -> tuple[Ints, Ints]:
    """Each event with the next as one number and their gap; size² where the next is another client's."""
    what, client = columns.what[rows], columns.client[rows]
    pairs = what[:-1].astype(np.intp)
    pairs *= size
    pairs += what[1:]
    pairs[client[1:] != client[:-1]] = size * size
    return pairs, np.diff(columns.at[rows])


def _within(pairs: Ints, gap: Ints, elsewhere: int) -> tuple[Ints, Ints]:
    same = pairs != elsewhere
    return pairs[same].astype(np.int32), gap[same]


def variants(columns: Columns, top: int | None = None) -> tuple[Variant, ...]:
    """The complete paths, most frequent first; of equally frequent ones the one of the smaller client first.

    Raises ValueError if `top` is less than 1.
    """
    check_top(top)
    example, clients = grouped(client_paths(columns))
    if top is not None and top < len(clients):
        frequent = clients >= np.partition(clients, -top)[-top]
        example, clients = example[frequent], clients[frequent]
    best = np.lexsort((example, -clients))[:top]
    total = len(columns.starts) - 1
    return tuple(_variant(columns, int(example[i]), int(clients[i]), total) for i in best)


def grouped(prints: Hashes) -> tuple[Ints, Ints]:
    """The first client of each path, and how many took it. (np.unique would sort stably, at four times the cost.)"""
    order = np.argsort(prints)
    ordered = prints[order]
    borders = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))[: len(prints)]
    example = np.minimum.reduceat(order, borders) if len(prints) else order
    return example, np.diff(np.append(borders, len(prints)))


def _variant(columns: Columns, example: int, clients: int, total: int) -> Variant:
    start, end = columns.starts[example], columns.starts[example + 1]
    path = tuple(columns.names[code] for code in columns.what[start:end].tolist())
    name = columns.name_of_client(int(columns.client[start]))
    return Variant(path, clients, wilson(clients, total), name)


def client_paths(columns: Columns) -> Hashes:
    """One 64-bit number per client, equal for equal paths: sum of code_i * BASE^i, i from the client's first event.

    Powers run through the block and are taken back by the inverse power at each client's start, so that no event
    needs to know its place in its path.
    """
    codes = _random_codes(len(columns.names))
    made = np.empty(len(columns.starts) - 1, np.uint64)
    for rows, clients in columns.blocks():
        up, down = _powers(_rounded_up(rows.stop - rows.start))
        starts = columns.starts[clients] - rows.start
        weighed = codes[columns.what[rows]] * up[: rows.stop - rows.start]
        made[clients] = np.add.reduceat(weighed, starts) * down[starts]
    return made


def _random_codes(size: int) -> Hashes:
    return np.random.default_rng(20_260_101).integers(1, _WORD - 1, size, dtype=np.uint64)


def _rounded_up(length: int) -> int:
    """Blocks have many lengths; powers are kept for few."""
    return 1 << max(length - 1, 0).bit_length()


@lru_cache(maxsize=4)
def _powers(length: int) -> tuple[Hashes, Hashes]:
    """BASE^i and BASE^-i modulo 2^64 for i under length."""
    return _powers_of(_BASE, length), _powers_of(pow(_BASE, -1, _WORD), length)


def _powers_of(base: int, length: int) -> Hashes:
    steps = np.full(length, base, np.uint64)
    steps[:1] = 1
    return np.multiply.accumulate(steps)
