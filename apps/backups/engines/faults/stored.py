"""Faults of the stored bytes: an artefact or a manifest that is cut, changed, swapped, or gone."""

from collections.abc import Callable
from dataclasses import replace

from apps.backups.engines import findings
from apps.backups.engines.artefact import hash_file
from apps.backups.engines.manifest import MANIFEST_NAME
from apps.common.postgresql.throwaway import throwaway_folder

from .case import Case
from .fault import Fault, NotApplicable, drilled, make_fault

ERROR_PAGE = b"<!doctype html><title>403 Forbidden</title><h1>Forbidden</h1>\n"
NEWER_FORMAT = b'{"format": 999}'
BLOCK_BYTES = 1 << 16

Damage = Callable[[Case], None]


def cut(share: float = 1.0, *, fewer: int = 0) -> Damage:
    """Keep a share of the artefact, and of that all but the last bytes."""

    def damage(case: Case) -> None:
        data = case.artefact.read_bytes()
        case.artefact.write_bytes(data[: max(0, int(len(data) * share) - fewer)])

    return damage


def cut_at_block(case: Case) -> None:
    """Keep whole blocks of 64 KiB, as encryption and uploads write them, and at least one fewer than there are."""
    data = case.artefact.read_bytes()
    case.artefact.write_bytes(data[: (len(data) - 1) // BLOCK_BYTES * BLOCK_BYTES])


def lose_part(case: Case) -> None:
    """One block in the middle is missing, and what follows stands in its place."""
    data = case.artefact.read_bytes()
    middle = len(data) // 2
    case.artefact.write_bytes(data[:middle] + data[middle + BLOCK_BYTES :])


def flip(place: float) -> Damage:
    """One bit of the artefact is the other one."""

    def damage(case: Case) -> None:
        case.artefact.write_bytes(_flipped(case.artefact.read_bytes(), place))

    return damage


def fill(pattern: bytes) -> Damage:
    """The artefact is as long as it was, and holds something else."""

    def damage(case: Case) -> None:
        size = case.artefact.stat().st_size
        case.artefact.write_bytes((pattern * (size // len(pattern) + 1))[:size])

    return damage


def store(content: bytes) -> Damage:
    """The artefact is something else, and the manifest has the size and the checksum of that."""

    def damage(case: Case) -> None:
        case.artefact.write_bytes(content)
        manifest = case.read_manifest()
        written = replace(manifest.artefact, size_bytes=len(content), sha256=hash_file(case.artefact))
        case.publish(replace(manifest, artefact=written))

    return damage


def empty(case: Case) -> None:
    """The artefact is a whole one of nothing, and the manifest has its checksum."""
    length = case.read_manifest().artefact.content_bytes
    case.pack(b"")
    manifest = case.read_manifest()
    case.publish(replace(manifest, artefact=replace(manifest.artefact, content_bytes=length)))


def flip_content(case: Case) -> None:
    """One bit of the dump is the other one, and everything around it has the right checksum."""
    with throwaway_folder() as folder:
        case.pack(_flipped(case.healthy.decode(folder).read_bytes(), 0.5))


def lose_artefact(case: Case) -> None:
    """The artefact is gone."""
    case.artefact.unlink()


def lose_manifest(case: Case) -> None:
    """The manifest is gone."""
    case.manifest_file.unlink()


def write_manifest(content: bytes) -> Damage:
    """The manifest holds something else."""
    return lambda case: _write(case, content)


def swap(case: Case) -> None:
    """The artefact of another backup lies beside the manifest."""
    other = (case.healthy.older_folder / case.artefact.name).read_bytes()
    if other == case.artefact.read_bytes():
        raise NotApplicable("Two backups, one after the other, are the same: nothing was written in between.")
    case.artefact.write_bytes(other)


def replay(case: Case) -> None:
    """An older backup lies under the key, whole, with its own manifest."""
    swap(case)
    case.manifest_file.write_bytes((case.healthy.older_folder / MANIFEST_NAME).read_bytes())
    case.job = replace(case.job, manifest_sha256=case.healthy.manifest.sha256)


def _write(case: Case, content: bytes) -> None:
    case.manifest_file.write_bytes(content)


def _flipped(data: bytes, place: float) -> bytes:
    flipped = bytearray(data)
    flipped[min(int(len(data) * place), len(data) - 1)] ^= 0b1000
    return bytes(flipped)


def fault(mode: int, identifier: str, sentence: str, expected: str | tuple[str, ...], damage: Damage) -> Fault:
    """A fault that a drill of the damaged copy must name."""
    return make_fault(mode, identifier, sentence, expected, drilled(damage))


CHANGED = (findings.ARTEFACT_TRUNCATED, findings.ARTEFACT_CHECKSUM_DIFFERS)

STORED_FAULTS = [
    fault(1, "cut-to-99-percent", "The last hundredth of the artefact is missing.", CHANGED[:1], cut(0.99)),
    fault(1, "cut-to-half", "Half of the artefact is missing.", CHANGED[:1], cut(0.5)),
    fault(1, "cut-by-one-byte", "The last byte of the artefact is missing.", CHANGED[:1], cut(fewer=1)),
    fault(1, "cut-at-a-boundary", "The artefact ends where a block of its encryption ends.", CHANGED[:1], cut_at_block),
    fault(1, "cut-to-nothing", "The artefact is there, and empty.", CHANGED[:1], cut(0)),
    fault(2, "flipped-first-bit", "One bit at the artefact's beginning is another.", CHANGED[1:], flip(0)),
    fault(2, "flipped-bit", "One bit in the middle of the artefact is another.", CHANGED[1:], flip(0.5)),
    fault(2, "flipped-last-bit", "One bit at the artefact's end is another.", CHANGED[1:], flip(1)),
    fault(
        2,
        "flipped-content",
        "One bit of the dump was another before it was compressed.",
        (findings.CONTENT_DIFFERS, findings.RESTORE_FAILED, findings.ROW_COUNT_DIFFERS),
        flip_content,
    ),
    fault(2, "zeroed-artefact", "The artefact is as long as it was, and all zeros.", CHANGED[1:], fill(b"\0")),
    fault(3, "swapped-artefact", "The artefact of another backup lies under the key.", CHANGED, swap),
    fault(4, "replayed-backup", "An older backup lies under the key, whole.", findings.MANIFEST_DIFFERS, replay),
    fault(5, "error-page", "An error page lies under the key.", CHANGED[1:], fill(ERROR_PAGE)),
    fault(
        5,
        "error-page-with-checksum",
        "An error page was stored as the artefact, with the right checksum.",
        findings.ARTEFACT_UNREADABLE,
        store(ERROR_PAGE),
    ),
    fault(
        5,
        "empty-archive-with-checksum",
        "An empty archive was stored as the artefact, with the right checksum.",
        findings.ARTEFACT_UNREADABLE,
        empty,
    ),
    fault(6, "missing-artefact", "The artefact is gone.", findings.ARTEFACT_MISSING, lose_artefact),
    fault(6, "missing-part", "One part of the artefact is missing.", CHANGED[:1], lose_part),
    fault(7, "missing-manifest", "The manifest is gone.", findings.MANIFEST_MISSING, lose_manifest),
    fault(7, "empty-manifest", "The manifest is empty.", findings.MANIFEST_UNREADABLE, write_manifest(b"")),
    fault(
        7, "error-page-as-manifest", "The manifest is an error page.", findings.MANIFEST_UNREADABLE,
        write_manifest(ERROR_PAGE),
    ),
    fault(
        7, "manifest-of-the-future", "A newer version wrote the manifest.", findings.MANIFEST_UNREADABLE,
        write_manifest(NEWER_FORMAT),
    ),
]  # fmt: skip
