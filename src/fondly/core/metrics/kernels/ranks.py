"""Quantiles of groups of numbers that are kept sorted, after a few went and a few came: nothing is sorted again.

Between two numbers that changed, every kept number has moved by the same count of places, so that the number of any
rank is found where it was, moved by that count.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.kernels.columns import Floats, Ints, ordered_in_groups


@dataclass(frozen=True)
class Grouped:
    """Whole numbers >= 0, each in a group."""

    group: Ints
    value: Ints


@dataclass(frozen=True)
class Ranked:
    """value: sorted within each group; those of group g are value[first[g]:first[g + 1]]."""

    value: Ints
    first: NDArray[np.intp]


@dataclass(frozen=True)
class _Net:
    """Numbers that became more or fewer, ascending by group and value, each once.

    moved: by how many, it and the smaller ones of its group; upto: of the group, how many there
    are now up to this value.
    """

    group: Ints
    value: Ints
    moved: Ints
    upto: Ints


def ranked(numbers: Grouped, groups: int) -> Ranked:
    """Sort once what will be asked often."""
    sizes = np.bincount(numbers.group, minlength=groups)
    return Ranked(ordered_in_groups(numbers.group, numbers.value, groups), np.concatenate(([0], np.cumsum(sizes))))


def quantiles(kept: Ranked, gone: Grouped, came: Grouped, shares: tuple[float, ...]) -> Floats:
    """Quantiles per group, linearly interpolated (type 7), of what was kept without `gone` and with `came`.

    Shape (groups, len(shares)); NaN for an empty group. What is gone must be among what was kept.
    """
    groups = len(kept.first) - 1
    net = _net(kept, gone, came)
    sizes = np.diff(kept.first) + np.bincount(came.group, minlength=groups) - np.bincount(gone.group, minlength=groups)
    some = np.flatnonzero(sizes)
    made = np.full((groups, len(shares)), np.nan)
    for column, share in enumerate(shares):
        place = (sizes[some] - 1) * share
        lower = np.floor(place).astype(np.int64)
        low, high = _of_rank(kept, net, some, lower), _of_rank(kept, net, some, np.ceil(place).astype(np.int64))
        made[some, column] = low + (high - low) * (place - lower)
    return made


def _of_rank(kept: Ranked, net: _Net, group: NDArray[np.intp], rank: Ints) -> Ints:
    """The number of that rank (from 0) in each group, which must have so many."""
    if not len(net.group) or not len(group):
        as_it_was: Ints = kept.value[kept.first[group] + rank]
        return as_it_was
    most = int(max(net.upto.max(), rank.max())) + 2
    reached = np.searchsorted(net.group.astype(np.int64) * most + net.upto, group * most + rank + 1)
    begins, ends = np.searchsorted(net.group, group), np.searchsorted(net.group, group, side="right")
    before = np.where(reached > begins, net.moved[reached - 1], 0)
    place = kept.first[group] + rank - before
    inside = (place >= kept.first[group]) & (place < kept.first[group + 1])
    last = reached == ends
    changed = net.value[np.minimum(reached, len(net.value) - 1)]
    if not len(kept.value):
        return changed
    found = kept.value[np.clip(place, 0, len(kept.value) - 1)]
    answer: Ints = np.where(inside & (last | (found < changed)), found, changed)
    return answer


def _net(kept: Ranked, gone: Grouped, came: Grouped) -> _Net:
    groups = len(kept.first) - 1
    group, value, weight = _sorted_with_weights(gone, came, groups)
    fresh = np.flatnonzero(np.concatenate(([True], (group[1:] != group[:-1]) | (value[1:] != value[:-1]))))[
        : len(group)
    ]
    weight = np.add.reduceat(weight, fresh) if len(fresh) else weight
    changed = np.flatnonzero(weight)
    group, value = group[fresh[changed]], value[fresh[changed]]
    moved = _within_groups(group, weight[changed])
    return _Net(group, value, moved, moved + _count_upto(kept, group, value))


def _sorted_with_weights(gone: Grouped, came: Grouped, groups: int) -> tuple[Ints, Ints, Ints]:
    """All numbers by group and value; -1 for one that is gone, 1 for one that came."""
    group = np.concatenate((gone.group, came.group)).astype(np.int64)
    value = np.concatenate((gone.value, came.value)).astype(np.int64)
    weight = np.concatenate((np.full(len(gone.group), -1), np.ones(len(came.group), np.int64)))
    bits = int(value.max()).bit_length() if len(value) else 0
    if bits + groups.bit_length() > 62:
        order = np.lexsort((value, group))
        return group[order], value[order], weight[order]
    packed = ((group << bits | value) << 1) | (weight > 0)
    packed.sort()  # one number sorts many times faster than three keys do
    both = packed >> 1
    return both >> bits, both & ((1 << bits) - 1), (packed & 1) * 2 - 1


def _within_groups(group: Ints, weight: Ints) -> Ints:
    """Running sums that begin anew with each group."""
    total = np.cumsum(weight)
    begins = np.searchsorted(group, group)
    sums: Ints = total - np.where(begins > 0, total[begins - 1], 0)
    return sums


def _count_upto(kept: Ranked, group: Ints, value: Ints) -> Ints:
    """How many kept numbers of its group are not larger than each value, by bisection of all at once."""
    low, high = kept.first[group], kept.first[group + 1]
    while (searching := low < high).any():
        middle = np.where(searching, (low + high) // 2, 0)
        not_larger = kept.value[middle] <= value
        low = np.where(searching & not_larger, middle + 1, low)
        high = np.where(searching & ~not_larger, middle, high)
    return low - kept.first[group]
