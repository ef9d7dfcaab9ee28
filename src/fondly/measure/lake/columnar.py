"""Sealed facts as columns sorted by client and time, written to the disk once and mapped into memory by every reader.

One folder holds every fact up to one id, as it was under one state of the sealed rows; it is never changed.
"""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fondly.core.metrics.kernels.columns import Ints
from fondly.measure.lake.catalogue import INTERACTIONS
from fondly.measure.lake.manifest import Manifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOLDER = "columns"  # below the lake's
BEHIND = 20_000  # facts that a reader adds itself; of a large log one in
FOR_READERS, FOR_WORKERS = 50, 500  # of all: a reader that waits gives way to a worker
_AT_ONCE = 4_000_000  # rows held in memory while writing
_SPAN = 1024  # clients counted together for that
_WORDS = "words.json"
# Of a fact without a name its kind is what happened; the stage "" is none.
_TEXTS = {"what": "coalesce(name, kind)", "kind": "kind", "stage": "coalesce(stage, '')"}


@dataclass(frozen=True, slots=True)
class Facts:
    """Sorted by client, at, id. what, kind and stage are places in the words of the same name; at is microseconds."""

    client: Ints
    at: Ints
    what: Ints
    kind: Ints
    stage: Ints
    words: dict[str, tuple[str, ...]]


def nothing() -> Facts:
    none: NDArray[np.int64] = np.empty(0, np.int64)
    return Facts(none.astype(np.int32), none, none, none, none, {"what": (), "kind": (), "stage": ("",)})


def newest(lake: Path, manifest: Manifest) -> Path | None:
    """The folder that holds most of what is sealed and is still true; None when there is none."""
    found = [path for path in (lake / FOLDER).glob(f"{manifest.state}-*") if last_id_of(path) <= manifest.last_id]
    return max(found, key=last_id_of, default=None)


def last_id_of(path: Path | None) -> int:
    return int(path.name.rpartition("-")[2]) if path is not None else 0


def is_behind(path: Path | None, manifest: Manifest, share: int) -> bool:
    """Whether so much was sealed since that it should be written anew."""
    return manifest.last_id - last_id_of(path) > max(BEHIND, manifest.last_id // share)


def load(path: Path) -> Facts:
    """Raises OSError when it was removed meanwhile."""
    words = {key: tuple(told) for key, told in json.loads((path / _WORDS).read_text("utf-8")).items()}
    client, at, what, kind, stage = (
        np.load(path / f"{name}.npy", mmap_mode="r").view(np.ndarray) for name in ("client", "at", *_TEXTS)
    )
    return Facts(client, at, what, kind, stage, words)


def write(lake: Path, manifest: Manifest, *, modest: bool = False) -> Path:
    """Write all that is sealed, and remove what was written before; the folder. modest: see tabling.connect."""
    from fondly.measure.lake import tabling

    target = lake / FOLDER / f"{manifest.state}-{manifest.last_id}"
    part = target.with_name(f"part-{secrets.token_hex(4)}")
    part.mkdir(parents=True, mode=0o700)
    with tabling.connect(modest=modest) as duck:
        tabling.create(duck, "facts_here", INTERACTIONS.stored)
        files = [lake / path for path in manifest.paths]
        tabling.unite(duck, "facts", INTERACTIONS.stored, files, manifest.alike, manifest.untrue)
        _write_columns(duck, part)
    with suppress(OSError):  # another reader was faster
        part.rename(target)
    for other in (lake / FOLDER).iterdir():
        if other != target and not other.name.startswith("part-"):
            shutil.rmtree(other, ignore_errors=True)  # who has mapped it keeps it
    shutil.rmtree(part, ignore_errors=True)
    return target


def _write_columns(duck: "DuckDBPyConnection", folder: Path) -> None:
    words = {}
    for name, text in _TEXTS.items():
        blank = "SELECT '' UNION " if name == "stage" else ""
        told = f"SELECT word FROM ({blank}SELECT DISTINCT {text} FROM facts) t(word) ORDER BY word"
        words[name] = [word for (word,) in duck.execute(told).fetchall()]
        duck.execute(f"CREATE TYPE word_of_{name} AS ENUM ({told})")
    (folder / _WORDS).write_text(json.dumps(words), "utf-8")
    rows, most = duck.execute("SELECT count(*), coalesce(max(client), 0) FROM facts").fetchall()[0]
    small = np.int32 if most < 2**31 - 2**24 else np.int64  # with room for clients who come later
    kinds = {"client": small, "at": np.int64} | {name: np.min_scalar_type(len(words[name])) for name in _TEXTS}
    files = {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", kind, (rows,)) for name, kind in kinds.items()
    }
    start = 0
    for part in _parts(duck):
        end = start + len(part["client"])
        for name, file in files.items():
            file[start:end] = part[name]
        start = end


def _parts(duck: "DuckDBPyConnection") -> Iterator[dict[str, NDArray[Any]]]:
    """The rows in their order, some millions at a time; a client is never split."""
    codes = ", ".join(f"enum_code(CAST({text} AS word_of_{name})) AS {name}" for name, text in _TEXTS.items())
    for low, high in _spans(duck):
        rows = f'SELECT client, epoch_us(facts.at) AS "at", {codes} FROM facts WHERE client BETWEEN {low} AND {high}'
        yield duck.execute(f"{rows} ORDER BY client, facts.at, id").fetchnumpy()


def _spans(duck: "DuckDBPyConnection") -> Iterator[tuple[int, int]]:
    """First and last client of parts of about the same size."""
    counts = duck.execute(f"SELECT client // {_SPAN}, count(*) FROM facts GROUP BY 1 ORDER BY 1").fetchall()
    low, rows = 0, 0
    for place, (span, count) in enumerate(counts):
        rows += count
        if rows >= _AT_ONCE or place == len(counts) - 1:
            yield low, (span + 1) * _SPAN - 1
            low, rows = (span + 1) * _SPAN, 0
