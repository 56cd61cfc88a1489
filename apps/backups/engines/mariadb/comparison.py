"""Compares a restored MariaDB database with what its source was. Pure: two fingerprints in, findings out."""

from collections.abc import Iterator

from apps.backups.engines import findings
from apps.backups.engines.differences import compare_contents, compare_objects, compare_position
from apps.backups.engines.findings import Finding

from .fingerprint import Fingerprint
from .structure import PORTABLE_PARTS


def compare(source: Fingerprint, restored: Fingerprint) -> list[Finding]:
    """Everything in which the restored database is not exactly the source."""
    portable = None if source.release == restored.release else PORTABLE_PARTS
    return [
        *_compare_texts(source, restored),
        *compare_objects(source.objects, restored.objects, portable=portable),
        *compare_contents(source.tables, restored.tables),
        *_compare_counters(source, restored),
        *_name_unsettled(source),
    ]


def _compare_texts(source: Fingerprint, restored: Fingerprint) -> Iterator[Finding]:
    if source.encoding != restored.encoding:
        message = f"The encoding is {restored.encoding}; at backup time it was {source.encoding}."
        yield Finding(findings.ENCODING_DIFFERS, message)
    elif source.collation != restored.collation:
        message = f"The collation is {restored.collation}; at backup time it was {source.collation}."
        yield Finding(findings.COLLATION_DIFFERS, message)


def _compare_counters(source: Fingerprint, restored: Fingerprint) -> Iterator[Finding]:
    for name, (low, high) in source.counters.items():
        if name in restored.counters:
            yield from compare_position(name, low, high, restored.counters[name][0])


def _name_unsettled(source: Fingerprint) -> Iterator[Finding]:
    for name, content in source.tables.items():
        if not content.is_settled:
            message = f"The rows of the table {name} were not compared: it moved while the dump began."
            yield Finding(findings.CONTENT_UNSETTLED, message)
