"""What a power cut leaves of SQLite's files: a copy in the middle of sending, with the tail of its log torn."""

import random
import shutil
import sqlite3
import struct
from pathlib import Path

import lives

_HEAD, _FRAME = 32, 24  # bytes before the first frame, and before the page of each frame
_DATABASE = "fondly.sqlite3"


def tear(home: Path, folder: Path, log: Path, dice: random.Random) -> int:
    """Copy, tear, open; how many mails the server took of which the copy does not know that they may have gone.

    Its writer must be stopped. Raises RuntimeError when the copy is not whole.
    """
    taken = list(lives.accepted(log))
    folder.mkdir()
    for end in ("", "-wal"):
        shutil.copy(home / (_DATABASE + end), folder / (_DATABASE + end))
    _tear(folder / f"{_DATABASE}-wal", dice)
    connection = sqlite3.connect(folder / _DATABASE)
    try:
        if (answer := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise RuntimeError(f"a torn copy is broken: {answer}")
        sure = connection.execute(
            "SELECT message_id FROM outbox_message "
            "WHERE state IN ('sent', 'uncertain') OR (state = 'sending' AND committed_at IS NOT NULL)"
        )
        known = {row[0] for row in sure}
    finally:
        connection.close()
        shutil.rmtree(folder)
    return sum(message_id not in known for message_id in taken)


def _tear(wal: Path, dice: random.Random) -> None:
    """Behind the last commit anything may be on the disk: half a frame, a page of rubbish, nothing."""
    data = wal.read_bytes()
    end = _last_commit(data)
    tail = bytearray(data[end : dice.randint(end, len(data))])
    for _ in range(min(len(tail), 20)):
        tail[dice.randrange(len(tail))] = dice.randrange(256)
    wal.write_bytes(data[:end] + bytes(tail) + dice.randbytes(dice.randint(0, 5000)))


def _last_commit(data: bytes) -> int:
    """Where the last frame ends that closes a transaction of this log (an older one's frames have another salt)."""
    if len(data) < _HEAD:
        return len(data)
    page, salt, end = struct.unpack(">I", data[8:12])[0], data[16:24], _HEAD
    for start in range(_HEAD, len(data) - _FRAME - page + 1, _FRAME + page):
        if data[start + 8 : start + 16] != salt:
            break
        if struct.unpack(">I", data[start + 4 : start + 8])[0]:
            end = start + _FRAME + page
    return end
