"""Files brought in, kept by their hash until they have been read."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from fondly.ground.action import NotFound
from fondly.people.clients.imports.reading import MAX_BYTES, UnreadableFileError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """id: the SHA-256 of the content; the same file twice is one upload."""

    id: str
    file_name: str
    size: int

    @property
    def path(self) -> Path:
        return folder() / self.id


def folder() -> Path:
    return Path(settings.HOME) / "files" / "imports"


def store(chunks: Iterable[bytes], file_name: str) -> Upload:
    """Keep a file (readable by this user only). Raises UnreadableFileError when it is too large."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    handle, temporary = tempfile.mkstemp(dir=folder(), prefix="part-")
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                _refuse_large(size, file_name)
                digest.update(chunk)
                file.write(chunk)
        Path(temporary).replace(folder() / digest.hexdigest())
    finally:
        Path(temporary).unlink(missing_ok=True)
    return Upload(digest.hexdigest(), _base_name(file_name), size)


def store_file(path: Path) -> Upload:
    """Keep a copy of a file on this machine. Raises UnreadableFileError, also when it cannot be read."""
    try:
        return store(_chunks(path), path.name)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise UnreadableFileError(
            _("%(file)s cannot be opened: %(why)s") % {"file": path, "why": error.strerror}
        ) from error


def find(upload_id: str, file_name: str) -> Upload:
    """An upload kept before. Raises NotFound."""
    path = folder() / upload_id
    if not re.fullmatch(r"[0-9a-f]{64}", upload_id) or not path.is_file():
        raise NotFound(_("This file is no longer here. Choose it again."))
    return Upload(upload_id, _base_name(file_name), path.stat().st_size)


def discard(upload_id: str) -> None:
    """Forget the file's content: what was of use is in the database."""
    if re.fullmatch(r"[0-9a-f]{64}", upload_id):
        (folder() / upload_id).unlink(missing_ok=True)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _refuse_large(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise UnreadableFileError(
            _("%(file)s is larger than %(n)d MB. Split it into several files.") % {"file": name, "n": MAX_BYTES >> 20}
        )


def _base_name(name: str) -> str:
    clean = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable())
    return clean[-200:] or "file"
