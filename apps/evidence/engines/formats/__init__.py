"""The formats of reports, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.evidence.engines.formats import (
    cobertura,
    coverage_json,
    cyclonedx,
    in_toto,
    junit,
    k6,
    lcov,
    locust,
    native,
    sarif,
)
from apps.evidence.engines.reading import Reading
from apps.evidence.exceptions import EvidenceRefused

IN_TOTO = "in-toto"
_TESTS, _COVERAGE, _VULNERABILITIES, _LOAD = "ci.tests", "ci.coverage", "ci.vulnerabilities", "ci.load"


@dataclass(frozen=True)
class Format:
    """A kind of report: how it is read, and whose facts it holds. Without a verifier the report itself may say."""

    read: Callable[[bytes], Reading]
    verifier_key: str = ""


FORMATS = {
    "native": Format(native.read),
    "junit": Format(junit.read, _TESTS),
    "cobertura": Format(cobertura.read, _COVERAGE),
    "coverage-json": Format(coverage_json.read, _COVERAGE),
    "lcov": Format(lcov.read, _COVERAGE),
    "sarif": Format(sarif.read, _VULNERABILITIES),
    "cyclonedx": Format(cyclonedx.read, _VULNERABILITIES),
    "k6": Format(k6.read, _LOAD),
    "locust-json": Format(locust.read_statistics, _LOAD),
    "locust-csv": Format(locust.read_table, _LOAD),
    IN_TOTO: Format(in_toto.read),
}


def read_report(report: bytes, *, format_name: str, verifier_key: str) -> Reading:
    """What the report says. Raises EvidenceRefused for a format that is unknown or speaks of something else."""
    found = FORMATS.get(format_name)
    if found is None:
        raise EvidenceRefused(f"There is no format {format_name[:40]!r}. There are: {', '.join(FORMATS)}.")
    _require(found.verifier_key, verifier_key, format_name)
    reading = found.read(report)
    _require(reading.verifier_key, verifier_key, format_name)
    return reading


def _require(spoken_of: str, verifier_key: str, format_name: str) -> None:
    if spoken_of not in {"", verifier_key}:
        raise EvidenceRefused(f"This report of format {format_name} is evidence of {spoken_of}, not of {verifier_key}.")
