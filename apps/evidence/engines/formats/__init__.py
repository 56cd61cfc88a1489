"""The formats of reports, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.evidence.engines.formats import junit, native
from apps.evidence.engines.reading import Reading
from apps.evidence.exceptions import EvidenceRefused

TESTS, COVERAGE, VULNERABILITIES, LOAD = "ci.tests", "ci.coverage", "ci.vulnerabilities", "ci.load"


@dataclass(frozen=True)
class Format:
    """A kind of report: how it is read, and whose facts it holds. Without a verifier it may hold any."""

    read: Callable[[bytes], Reading]
    verifier_key: str = ""


FORMATS = {
    "native": Format(native.read),
    "junit": Format(junit.read, TESTS),
}


def read_report(report: bytes, *, format_name: str, verifier_key: str) -> Reading:
    """What the report says. Raises EvidenceRefused for a format that is unknown or speaks of something else."""
    found = FORMATS.get(format_name)
    if found is None:
        raise EvidenceRefused(f"There is no format {format_name[:40]!r}. There are: {', '.join(FORMATS)}.")
    if found.verifier_key not in {"", verifier_key}:
        raise EvidenceRefused(f"A report of format {format_name} is evidence of {found.verifier_key}.")
    return found.read(report)
