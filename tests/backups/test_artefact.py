"""Artefacts: compressed, encrypted and hashed in one pass each way, and every damage seen."""

import io
import os
import re
import shutil
import subprocess
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.backups.engines import encryption
from apps.backups.engines.artefact import Written, hash_file, pack, unpack
from apps.backups.engines.stages import Stages
from apps.backups.exceptions import (
    ArtefactDiffers,
    ArtefactTruncated,
    ArtefactUnreadable,
    IdentityInvalid,
    KeyMissing,
    RecipientInvalid,
)
from tests.thoroughness import inputs

HELD, OFFLINE, STRANGER = (encryption.make_identity() for _ in range(3))
RECIPIENTS = [encryption.public_key_of(HELD), encryption.public_key_of(OFFLINE)]
AGE_CHUNK = 65_536 + 16


def packed(folder: Path, content: bytes, *, recipients: list[str] = RECIPIENTS) -> tuple[Path, Written]:
    path = folder / "a"
    with path.open("wb") as file:
        return path, pack(io.BytesIO(content), file, recipients=recipients)


def vouched_for(path: Path, written: Written) -> Written:
    """As if these bytes were the ones that were stored: then only what is inside can tell."""
    return replace(written, size_bytes=path.stat().st_size, sha256=hash_file(path))


def payload_start(data: bytes) -> int:
    found = re.search(rb"--- [^\n]+\n", data)
    assert found
    return found.end() + 16


@settings(max_examples=inputs(50), deadline=None)
@given(content=st.binary(max_size=10_000), repeat=st.integers(1, 500), is_encrypted=st.booleans())
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, repeat: int, is_encrypted: bool
) -> None:
    folder = tmp_path_factory.mktemp("artefact")
    path, written = packed(folder, content * repeat, recipients=RECIPIENTS if is_encrypted else [])

    unpack(path, folder / "b", written, identities=[HELD])

    assert (folder / "b").read_bytes() == content * repeat
    assert written.content_bytes == len(content) * repeat
    assert (written.size_bytes, written.sha256) == (path.stat().st_size, hash_file(path))
    assert Written.from_json(written.as_json()) == written


@pytest.mark.parametrize("identity", [HELD, OFFLINE], ids=["held", "offline"])
def test_each_recipient_alone_can_decrypt(tmp_path: Path, identity: str) -> None:
    path, written = packed(tmp_path, b"rows" * 1000)

    unpack(path, tmp_path / "b", written, identities=[STRANGER, identity])

    assert (tmp_path / "b").read_bytes() == b"rows" * 1000


@pytest.mark.parametrize("identities", [[], [STRANGER]])
def test_without_the_right_key_nothing_is_said_of_the_bytes(tmp_path: Path, identities: list[str]) -> None:
    path, written = packed(tmp_path, b"rows" * 1000)

    with pytest.raises(KeyMissing):
        unpack(path, tmp_path / "b", written, identities=identities)


def test_a_changed_artefact_is_named_as_changed_even_without_a_key(tmp_path: Path) -> None:
    path, written = packed(tmp_path, b"rows" * 1000)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")

    with pytest.raises(ArtefactDiffers):
        unpack(path, tmp_path / "b", written, identities=[STRANGER])


def test_an_unencrypted_artefact_of_an_older_manifest_is_read(tmp_path: Path) -> None:
    path, written = packed(tmp_path, b"rows" * 1000, recipients=[])
    old = {key: vars(written)[key] for key in ("size_bytes", "sha256", "content_bytes")}

    unpack(path, tmp_path / "b", Written.from_json({**old, "compression": "zstd"}))

    assert (tmp_path / "b").read_bytes() == b"rows" * 1000


@settings(max_examples=inputs(100), deadline=None)
@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_flipped_bit_passes_the_decompressor_unseen(
    tmp_path_factory: pytest.TempPathFactory, position: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("artefact")
    content = os.urandom(4000) + b"text " * 4000
    path, written = packed(folder, content, recipients=[])
    flip(path, position % path.stat().st_size, bit)

    try:
        unpack(path, folder / "b", vouched_for(path, written))
    except ArtefactUnreadable:
        return
    # A few bits of a frame's header mean nothing; then the content must be untouched.
    assert (folder / "b").read_bytes() == content


@settings(max_examples=inputs(150), deadline=None)
@given(position=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_flipped_bit_passes_age(tmp_path_factory: pytest.TempPathFactory, position: int, bit: int) -> None:
    """Anywhere: header, stanzas, nonce, body, last chunk, and even when somebody made the checksum fit."""
    folder = tmp_path_factory.mktemp("artefact")
    path, written = packed(folder, os.urandom(100_000))
    flip(path, position % path.stat().st_size, bit)

    with pytest.raises((ArtefactUnreadable, KeyMissing)):
        unpack(path, folder / "b", vouched_for(path, written), identities=[HELD, OFFLINE])


def flip(path: Path, position: int, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(data)


@pytest.mark.parametrize("cut", ["the last byte", "at a chunk", "before the first chunk", "inside the header", "all"])
def test_a_missing_end_is_seen(tmp_path: Path, cut: str) -> None:
    path, written = packed(tmp_path, os.urandom(300_000))
    whole = path.read_bytes()
    body = payload_start(whole)
    kept = {
        "the last byte": len(whole) - 1,
        "at a chunk": body + 2 * AGE_CHUNK,
        "before the first chunk": body,
        "inside the header": 30,
        "all": 0,
    }
    path.write_bytes(whole[: kept[cut]])

    with pytest.raises(ArtefactTruncated):
        unpack(path, tmp_path / "b", written, identities=[HELD])
    with pytest.raises(ArtefactUnreadable):
        unpack(path, tmp_path / "c", vouched_for(path, written), identities=[HELD])


@pytest.mark.parametrize(
    "page", [b"<html><title>403 Forbidden</title></html>", b"age-encryption.org/v1\n", b"\x28\xb5\x2f\xfd", b"\0" * 500]
)
def test_something_else_under_its_name_is_seen(tmp_path: Path, page: bytes) -> None:
    path, written = packed(tmp_path, b"rows" * 1000)
    path.write_bytes(page)

    with pytest.raises(ArtefactUnreadable):
        unpack(path, tmp_path / "b", vouched_for(path, written), identities=[HELD])


def test_more_after_the_end_is_seen(tmp_path: Path) -> None:
    path, written = packed(tmp_path, b"rows" * 1000)
    path.write_bytes(path.read_bytes() + b"\0")

    with pytest.raises(ArtefactDiffers):
        unpack(path, tmp_path / "b", written, identities=[HELD])
    with pytest.raises(ArtefactUnreadable):
        unpack(path, tmp_path / "c", vouched_for(path, written), identities=[HELD])


def test_an_error_of_the_source_stays_what_it_is(tmp_path: Path) -> None:
    class Breaking(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise SystemExit(3)

    with (tmp_path / "a").open("wb") as file, pytest.raises(SystemExit):
        pack(Breaking(), file, recipients=RECIPIENTS)


def test_a_full_disk_is_no_damaged_artefact(tmp_path: Path) -> None:
    path, _ = packed(tmp_path, b"rows" * 100_000)

    with path.open("rb") as file, Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="28"):
        encryption.decrypt(file, full, [HELD])


def test_stages_are_timed_apart(tmp_path: Path) -> None:
    path, written = packed(tmp_path, os.urandom(5_000_000))
    stages = Stages()

    unpack(path, tmp_path / "b", written, identities=[HELD], stages=stages)

    assert list(stages.seconds) == ["decrypt", "decompress"]
    assert stages.seconds["decrypt"] > 0


def test_memory_does_not_grow_with_the_content(tmp_path: Path) -> None:
    def peak(megabytes: int) -> int:
        source = Endless(megabytes << 20)
        tracemalloc.start()
        with (tmp_path / str(megabytes)).open("wb") as file:
            pack(source, file, recipients=RECIPIENTS)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(64) < peak(4) + (4 << 20)


class Endless(io.RawIOBase):
    """So many bytes that do not compress well, made as they are read."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        taken = min(self.left, size)
        self.left -= taken
        return os.urandom(taken)


@pytest.mark.skipif(not shutil.which("age") or not shutil.which("zstd"), reason="age or zstd is not installed")
def test_the_programs_of_the_system_read_an_artefact(tmp_path: Path) -> None:
    path, _ = packed(tmp_path, b"rows" * 100_000)
    (tmp_path / "key").write_text(f"# made by a test\n{OFFLINE}\n")

    compressed = subprocess.run(["age", "-d", "-i", tmp_path / "key", path], check=True, capture_output=True).stdout

    assert (
        subprocess.run(["zstd", "-dc"], input=compressed, check=True, capture_output=True).stdout == b"rows" * 100_000
    )


@pytest.mark.skipif(not shutil.which("age") or not shutil.which("zstd"), reason="age or zstd is not installed")
def test_what_the_programs_of_the_system_wrote_is_read(tmp_path: Path) -> None:
    compressed = subprocess.run(["zstd", "-c"], input=b"rows" * 1000, check=True, capture_output=True).stdout
    to = [word for key in RECIPIENTS for word in ("-r", key)]
    path = tmp_path / "a"
    path.write_bytes(subprocess.run(["age", *to], input=compressed, check=True, capture_output=True).stdout)
    written = Written(path.stat().st_size, hash_file(path), 4000, recipients=tuple(RECIPIENTS))

    unpack(path, tmp_path / "b", written, identities=[HELD])

    assert (tmp_path / "b").read_bytes() == b"rows" * 1000


def test_an_identity_file_may_have_comments() -> None:
    text = f"# created: 2026-11-20\n# public key: {RECIPIENTS[0]}\n{HELD}\n\n"

    assert encryption.read_identities(text) == [HELD]
    assert encryption.public_key_of(HELD) == RECIPIENTS[0]


@pytest.mark.parametrize("text", ["", "# nothing", "AGE-SECRET-KEY-1NOT", "age1public"])
def test_what_is_no_identity_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(IdentityInvalid) as refusal:
        encryption.read_identities(text)

    assert "NOT" not in refusal.value.message


def test_what_is_no_public_key_is_refused() -> None:
    with pytest.raises(RecipientInvalid, match="starts with age1"):
        encryption.check_public_key("age1" + "x" * 58)
