"""A backup file is not believed: nothing is written outside its own folder."""

import io
import tarfile
from pathlib import Path

import pytest

from fondly.doors.cli import restoring


def _archive(path: Path, entry: tarfile.TarInfo, content: bytes = b"x") -> Path:
    entry.size = len(content) if entry.isfile() else 0
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "files/../../outside", "files/./../../outside"])
def test_no_name_leads_out(tmp_path, name):
    inside = tmp_path / "staged"
    inside.mkdir()
    with pytest.raises(SystemExit):
        restoring._unpack(_archive(tmp_path / "b.tar.gz", tarfile.TarInfo(name)), inside)
    assert not (tmp_path / "outside").exists() and list(inside.iterdir()) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    entry = tarfile.TarInfo("files/link")
    entry.type, entry.linkname = kind, "/etc/passwd"
    with pytest.raises(SystemExit):
        restoring._unpack(_archive(tmp_path / "b.tar.gz", entry), tmp_path)
    assert not (tmp_path / "files").exists()


@pytest.mark.parametrize("name", ["../secret.key", "secret.key", "fondly.sqlite3", "", ".making-1.zip"])
def test_a_download_is_one_of_those_listed(cast, as_user, settings, tmp_path, name):
    settings.HOME = tmp_path
    (tmp_path / "exports").mkdir()
    (tmp_path / "secret.key").write_text("secret")
    (tmp_path / "exports" / ".making-1.zip").write_text("half")
    assert as_user(cast.dana).get(f"/settings/data/exports/{name}").status_code == 404
    from fondly.doors.web import making
    from fondly.ground.action import NotFound

    with pytest.raises(NotFound):
        making.file_of("export", name)
