"""Everything out: one JSON line per record and table, the files, the playbooks as YAML, and a list with hashes.

Secrets never leave: passwords, keys, links, sessions and encrypted settings are left out.
"""

import base64
import hashlib
import json
import shutil
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Protocol

from django.apps import apps
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from fondly import __version__
from fondly.design.playbooks.models import PlaybookVersion
from fondly.doors.cli.archive import sha256
from fondly.ground import clock
from fondly.measure.lake import backing

_LEFT_OUT = {"team.Session", "team.SignInLink", "team.ApiToken", "ground.UsedKey"}
_OF_THE_LAKE = "lake"  # an app's label: which rows lie in which file says nothing to anybody else
_SECRET_FIELDS = {"team.User": {"password", "sessions_ended"}}
_ENCRYPTED = "gAAAA"  # how every value kept by ground.secrets begins
_ROWS = 2000


class Place(Protocol):
    """Where an export goes."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]: ...


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("wb")


class Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        return self.archive.open(name, "w", force_zip64=True)


def export(target: Path) -> dict[str, Any]:
    """Write everything to a folder, or to one file when the name ends in .zip; returns the list of contents."""
    if target.exists() and (target.is_file() or any(target.iterdir())):
        sys.exit(f"fondly: {target} exists already. Name a new file or an empty folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix.lower() != ".zip":
        return _write(Folder(target))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        return _write(Zip(archive))


def _write(place: Place) -> dict[str, Any]:
    tables: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    with transaction.atomic():  # one view of the data from the first table to the last
        for model in exported_models():
            table = model._meta.db_table
            rows, digest = _lines(place, f"data/{table}.jsonl", _rows(model))
            tables.append({"table": table, "rows": rows, "sha256": digest, "fields": _schema(model)})
        for version in PlaybookVersion.objects.select_related("playbook").order_by("pk").iterator():
            name = f"playbooks/{version.playbook.slug}/version-{version.number}-{version.state}.yaml"
            files.append({"file": name, "sha256": _text(place, name, version.text)})
    files += [{"file": name, "sha256": _copy(place, name, path)} for name, path in _stored_files()]
    manifest = {"fondly": __version__, "at": clock.now().isoformat(), "tables": tables, "files": files}
    _text(place, "manifest.json", json.dumps(manifest, indent=1))
    return manifest


def exported_models() -> list[type[models.Model]]:
    """Every table of Fondly itself, but for those that only hold keys; many-to-many tables too."""
    ours = [m for c in apps.get_app_configs() if c.name.startswith("fondly.") for m in c.get_models(True)]
    told = [model for model in ours if model._meta.app_label != _OF_THE_LAKE]
    return [model for model in told if model._meta.label not in _LEFT_OUT]


def _rows(model: type[models.Model]) -> Iterator[dict[str, Any]]:
    for row in model._default_manager.order_by("pk").values(*_schema(model)).iterator(chunk_size=_ROWS):
        if not (model._meta.label == "ground.Setting" and row["value"].startswith(_ENCRYPTED)):
            yield row


def _lines(place: Place, name: str, rows: Iterable[dict[str, Any]]) -> tuple[int, str]:
    count, digest = 0, hashlib.sha256()
    with place.open(name) as file:
        for row in rows:
            line = json.dumps(row, cls=_Encoder, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            file.write(line)
            count += 1
    return count, digest.hexdigest()


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        if isinstance(o, (bytes, memoryview)):
            return base64.b64encode(bytes(o)).decode("ascii")
        return super().default(o)


def _schema(model: type[models.Model]) -> dict[str, str]:
    hidden = _SECRET_FIELDS.get(model._meta.label, set())
    fields = [field for field in model._meta.concrete_fields if field.attname not in hidden]
    return {field.attname: field.get_internal_type() for field in fields}


def _text(place: Place, name: str, text: str) -> str:
    with place.open(name) as file:
        file.write(text.encode())
    return hashlib.sha256(text.encode()).hexdigest()


def _stored_files() -> Iterator[tuple[str, Path]]:
    root = Path(settings.HOME) / "files"
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"files/{path.relative_to(root).as_posix()}", path
    yield from ((path.relative_to(settings.HOME).as_posix(), path) for path in backing.to_keep())


def _copy(place: Place, name: str, path: Path) -> str:
    with path.open("rb") as source, place.open(name) as target:
        shutil.copyfileobj(source, target)
    return sha256(path)
