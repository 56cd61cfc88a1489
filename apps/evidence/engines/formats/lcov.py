"""LCOV's tracefiles."""

from collections import Counter

from apps.evidence.engines.reading import Reading, percent_of
from apps.evidence.exceptions import EvidenceRefused

_COUNTS = {"LF", "LH", "BRF", "BRH"}


def read(report: bytes) -> Reading:
    """The share of lines, and of branches where there are any, of all files together."""
    totals: Counter[str] = Counter()
    ended = False
    for number, line in enumerate(report.decode(errors="replace").splitlines(), start=1):
        name, _, value = line.strip().partition(":")
        ended = ended or name == "end_of_record"
        if name in _COUNTS:
            totals[name] += _count(value, number)
        elif name == "DA":
            totals.update(_of_line(value, number))
    if not ended:
        raise EvidenceRefused("The report holds no end_of_record: it is no LCOV tracefile, or it was cut off.")
    # Some tools leave the sums out, and only say of each line how often it was reached.
    found, hit = ("LF", "LH") if totals["LF"] else ("found", "hit")
    facts = {"line_percent": percent_of(totals[hit], totals[found], "LH")}
    if totals["BRF"]:
        facts["branch_percent"] = percent_of(totals["BRH"], totals["BRF"], "BRH")
    return Reading(facts)


def _of_line(value: str, number: int) -> dict[str, int]:
    parts = value.split(",")
    if len(parts) < 2:
        raise EvidenceRefused(f"Line {number}: DA needs a line and a count.")
    return {"found": 1, "hit": int(_count(parts[1], number) > 0)}


def _count(text: str, number: int) -> int:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise EvidenceRefused(f"Line {number}: {text[:40]!r} is no count.")
    return int(text)
