"""Files: whatever a tar can carry comes back, and every loss is named by file."""

import io
import os
import socket
import subprocess
import tarfile
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.backups.engines.artefact import ARTEFACT_NAME
from apps.backups.engines.backup import take_backup
from apps.backups.engines.files import archive, fingerprint
from apps.backups.engines.files.entry import Entry, format_seconds, parse_seconds
from apps.backups.engines.files.source import FilesSource
from apps.backups.engines.findings import Verdict
from apps.backups.engines.manifest import Manifest
from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import AddressInvalid, SourceUnreachable
from tests.backups.sources import doctored, drill_of, found_in, unpacked

Change = Callable[[Path], object]


def make_tree(root: Path) -> None:
    """A bit of everything that a folder may hold."""
    (root / "photos" / "2026").mkdir(parents=True)
    (root / "empty").mkdir(mode=0o700)
    (root / "photos" / "2026" / "a.jpg").write_bytes(os.urandom(700_000))
    (root / "photos" / "b ü 🚢.jpg").write_bytes(b"b" * 513)
    (root / "photos" / ("long " * 40)).write_bytes(b"")
    Path(os.fsdecode(os.fsencode(root / "photos") + b"/latin-\xe9")).write_bytes(b"no UTF-8")
    (root / "script.sh").write_text("#!/bin/sh\n")
    (root / "script.sh").chmod(0o4750)
    os.link(root / "script.sh", root / "zz-same.sh")
    (root / "to-folder").symlink_to("photos")
    (root / "to-nowhere").symlink_to("/nowhere")
    os.utime(root / "script.sh", ns=(0, 1_700_000_000_123_456_789))
    with (root / "sparse").open("wb") as file:
        file.truncate(3_000_000)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("media")
    make_tree(root)
    return root


@pytest.fixture(scope="module")
def kept(tree: Path, storage: LocalStorage) -> Manifest:
    return take_backup(source=FilesSource(tree), storage=storage, prefix="files")


def test_a_healthy_backup_is_proven(storage: LocalStorage, kept: Manifest) -> None:
    report = drill_of(storage, "files")

    assert (report.findings, report.warnings) == ([], [])
    assert report.verdict == Verdict.PROVEN
    assert (report.tables, report.rows) == (4, 9)
    assert report.size_bytes == 700_000 + 513 + 8 + 10 + 3_000_000


def test_any_tar_restores_it(tree: Path, storage: LocalStorage, kept: Manifest, tmp_path: Path) -> None:
    dump = unpacked(storage, "files", tmp_path / "dump.tar")
    restored = tmp_path / "restored"
    restored.mkdir()
    subprocess.run(["tar", "-xpf", dump, "-C", restored], check=True)

    subprocess.run(["diff", "-r", "--no-dereference", tree, restored], check=True)
    assert os.stat(restored / "script.sh").st_mtime_ns == 1_700_000_000_123_456_789
    assert os.stat(restored / "script.sh").st_mode & 0o7777 == 0o4750
    assert os.path.samefile(restored / "script.sh", restored / "zz-same.sh")


def test_the_same_tree_gives_the_same_bytes(tree: Path, storage: LocalStorage, kept: Manifest) -> None:
    again = take_backup(source=FilesSource(tree), storage=storage, prefix="files-again")

    assert again.artefact.sha256 == kept.artefact.sha256
    assert again.fingerprint == kept.fingerprint


def rewritten(change: Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes] | None]) -> Change:
    """Another tar, in which each member was changed or left out."""

    def apply(path: Path) -> None:
        result = io.BytesIO()
        with tarfile.open(path) as old, tarfile.open(fileobj=result, mode="w", format=tarfile.PAX_FORMAT) as new:
            for member in old:
                content = (old.extractfile(member) or io.BytesIO()).read() if member.isreg() else b""
                if changed := change(member, content):
                    changed[0].size = len(changed[1])
                    new.addfile(changed[0], io.BytesIO(changed[1]))
        path.write_bytes(result.getvalue())

    return apply


def where(path: str, /, **changes: object) -> Change:
    """One member has other attributes, or another content."""

    def change(member: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if member.name != path:
            return member, content
        data = changes.get("content", content)
        assert isinstance(data, bytes)
        for attribute, value in changes.items():
            if attribute not in {"content", "pax_headers"}:
                setattr(member, attribute, value)
        member.pax_headers = {**member.pax_headers, **changes.get("pax_headers", {})}  # type: ignore[dict-item]
        return member, data

    return rewritten(change)


def without(*names: str) -> Change:
    return rewritten(lambda member, content: None if member.name.startswith(names) else (member, content))


FAULTS = {
    "a missing file": (without("photos/b"), "object-missing", "The file photos/b ü 🚢.jpg is missing after the"),
    "a missing folder": (without("photos/2026"), "table-missing", "The folder photos/2026 is missing"),
    "a lost link": (without("to-nowhere"), "object-missing", "The symbolic link to-nowhere is missing"),
    "a lost name": (without("zz-same"), "object-missing", "The hard link zz-same.sh is missing after the restore."),
    "other bytes": (where("script.sh", content=b"#!/bin/SH\n"), "content-differs", "content of the file script.sh"),
    "shorter": (where("sparse", content=b""), "content-differs", "The content of the file sparse differs from"),
    "another mode": (where("script.sh", mode=0o755), "privileges-differ", "The mode of the file script.sh differs"),
    "another owner": (
        where("script.sh", uid=4711, uname="mallory"),
        "owner-differs",
        "The owner of the file script.sh is mallory(4711):",
    ),
    "another time": (where("sparse", pax_headers={"mtime": "1.5"}), "schema-differs", "The time of change of the file"),
    "another target": (where("to-folder", linkname="/etc"), "schema-differs", "The target of the symbolic link to-"),
    "something more": (where("sparse", name="smuggled"), "object-unexpected", "The file smuggled is there after"),
    "a way out": (where("sparse", name="../sparse"), "path-escapes", "leads out of the folder"),
    "an absolute way out": (where("sparse", name="/etc/cron.d/x"), "path-escapes", "'/etc/cron.d/x', which leads out"),
    "a link out": (where("zz-same.sh", linkname="../../x"), "path-escapes", "'../../x', which leads out"),
    "a device": (where("sparse", type=tarfile.CHRTYPE, content=b""), "path-escapes", "'sparse', a device or a pipe"),
    "a link to nothing": (where("zz-same.sh", linkname="gone"), "restore-failed", "which is not in the artefact"),
    "no tar": (lambda path: path.write_bytes(b"<html>Forbidden" * 100), "restore-failed", "is no whole tar"),
    "an empty tar": (lambda path: path.write_bytes(bytes(10240)), "table-missing", "The folder photos is missing"),
    "half a tar": (lambda path: path.write_bytes(path.read_bytes()[:400_000]), "restore-failed", "is no whole tar"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named(fault: str, storage: LocalStorage, kept: Manifest, tmp_path: Path) -> None:
    damage, identifier, words = FAULTS[fault]
    found = found_in(storage, doctored(storage, kept, "files", tmp_path, damage))

    assert [message for id_, message in found if id_ == identifier and words in message], found
    assert not Path("/etc/cron.d/x").exists()


@pytest.mark.parametrize(("end", "identifier"), [(-1, "artefact-truncated"), (None, "artefact-checksum-differs")])
def test_damaged_bytes_are_found(
    end: int | None, identifier: str, storage: LocalStorage, kept: Manifest, tmp_path: Path
) -> None:
    prefix = doctored(storage, kept, "files", tmp_path, lambda path: None)
    artefact = storage.folder / prefix / ARTEFACT_NAME
    raw = bytearray(artefact.read_bytes())
    raw[len(raw) // 2] ^= 8 if end is None else 0
    artefact.write_bytes(raw[:end])

    assert [id_ for id_, _ in found_in(storage, prefix)] == [identifier]


def test_where_files_are_too_many_their_folders_are_named(
    storage: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "LISTED_ENTRIES", 3)
    root = tmp_path / "many"
    make_tree(root)
    manifest = take_backup(source=FilesSource(root), storage=storage, prefix="files-many")
    assert manifest.fingerprint["objects"] == {}
    assert drill_of(storage, "files-many").verdict == Verdict.PROVEN

    def found(change: Change, name: str) -> list[tuple[str, str]]:
        folder = tmp_path / name
        folder.mkdir()
        return found_in(storage, doctored(storage, manifest, "files-many", folder, change))

    assert found(without("photos/b"), "one")[0] == (
        "row-count-differs",
        "The folder photos holds 2 files; at backup time it held 3.",
    )
    assert found(where("sparse", content=b"1" * 3_000_000), "two")[0][0] == "content-differs"
    assert "table-missing" in dict(found(without("photos/2026"), "three"))


def test_a_file_that_changes_while_it_is_read_is_read_again(
    storage: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "busy"
    root.mkdir()
    (root / "log").write_bytes(b"x" * 1000)
    (root / "restless").write_bytes(b"y" * 1000)
    header, reads = archive.make_header, list[str]()

    def header_before_somebody_writes(entry: Entry) -> bytes:
        made = header(entry)
        if entry.path == "restless" or (entry.path == "log" and "log" not in reads):
            (root / entry.path).write_bytes(b"z" * (900 - len(reads)))
        reads.append(entry.path)
        return made

    monkeypatch.setattr(archive, "make_header", header_before_somebody_writes)
    manifest = take_backup(source=FilesSource(root), storage=storage, prefix="files-busy")

    assert reads == [".", "log", "restless", "log", "restless", "restless"]
    assert [(w.id, w.message[:8]) for w in manifest.warnings] == [("content-unsettled", "restless")]
    assert drill_of(storage, "files-busy").findings == []


def test_backups_while_others_write_are_proven(storage: LocalStorage, tmp_path: Path) -> None:
    root, stop = tmp_path / "inbox", threading.Event()
    root.mkdir()

    def write() -> None:
        number = 0
        while not stop.wait(0.0005):
            number += 1
            (root / f"{number % 50}").write_bytes(os.urandom(number % 5000))
            (root / f"{(number * 7) % 50}").unlink(missing_ok=True)
            (root / f"folder-{number % 3}").mkdir(exist_ok=True)
            (root / f"folder-{number % 3}" / f"{number % 20}").write_bytes(b"x" * number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(20):
            take_backup(source=FilesSource(root), storage=storage, prefix=f"files-{number}")
            assert drill_of(storage, f"files-{number}").findings == []
    finally:
        stop.set()
        writer.join()


def test_what_vanishes_and_what_is_no_file_is_said(
    storage: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / "odd" / name).mkdir(parents=True)
        (tmp_path / "odd" / name / "gone").write_bytes(b"")
    os.mkfifo(tmp_path / "odd" / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "odd" / "socket"))
        put = archive.Archive._members

        def after_a_removal(self: archive.Archive, folder: str, *rest: object) -> Generator[bytes, None, None]:
            (tmp_path / "odd" / folder / "gone").unlink(missing_ok=True)
            return put(self, folder, *rest)  # type: ignore[arg-type, return-value]

        monkeypatch.setattr(archive.Archive, "_members", after_a_removal)
        manifest = take_backup(source=FilesSource(tmp_path / "odd"), storage=storage, prefix="files-odd")

    assert {warning.id: warning.message for warning in manifest.warnings} == {
        "files-left-out": "pipe, socket: each is a socket, a pipe or a device, and was left out.",
        "files-vanished": "a/gone, b/gone: each was there when its folder was listed, and gone when it was read.",
    }
    assert drill_of(storage, "files-odd").findings == []


def test_extended_attributes_are_kept(storage: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_bytes(b"x")
    try:
        os.setxattr(tmp_path / "tree" / "file", "user.colour", b"bl\xffue\n")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    take_backup(source=FilesSource(tmp_path / "tree"), storage=storage, prefix="files-attributes")
    dump = unpacked(storage, "files-attributes", tmp_path / "dump.tar")
    (tmp_path / "restored").mkdir()
    subprocess.run(["tar", "--xattrs", "-xf", dump, "-C", tmp_path / "restored"], check=True)

    assert os.getxattr(tmp_path / "restored" / "file", "user.colour") == b"bl\xffue\n"
    assert drill_of(storage, "files-attributes").verdict == Verdict.PROVEN


def test_what_cannot_be_backed_up_says_why(storage: LocalStorage, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="is no folder, or is not there"):
        take_backup(source=FilesSource(tmp_path / "absent"), storage=storage, prefix="files-none")
    settings.BACKUP_SOURCE_DIRECTORIES = [str(tmp_path / "inside")]
    with pytest.raises(AddressInvalid, match="lies outside the folders"):
        FilesSource.from_url(f"file://{tmp_path}/inside/../outside")


@pytest.mark.parametrize("nanoseconds", [0, 1, -1, 1_700_000_000_123_456_789, -1_500_000_000])
def test_times_are_exact(nanoseconds: int) -> None:
    assert parse_seconds(format_seconds(nanoseconds)) == nanoseconds
