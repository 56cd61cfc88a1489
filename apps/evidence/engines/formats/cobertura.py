"""Cobertura's XML, as coverage tools of many languages write it."""

from xml.etree.ElementTree import Element

from apps.evidence.engines.reading import Reading, percent_of
from apps.evidence.engines.xml_reading import number_of, read_xml
from apps.evidence.exceptions import EvidenceRefused


def read(report: bytes) -> Reading:
    """The share of lines, and of branches where they were measured."""
    root = read_xml(report, "coverage")
    lines, branches = _share(root, "lines", "line-rate"), _share(root, "branches", "branch-rate")
    if lines is None:
        lines = _counted(root)
    return Reading({"line_percent": lines} | ({} if branches is None else {"branch_percent": branches}))


def _share(root: Element, counts: str, rate: str) -> float | None:
    valid, covered = number_of(root, f"{counts}-valid"), number_of(root, f"{counts}-covered")
    if valid is not None and covered is not None:
        return percent_of(covered, valid, f"<coverage> {counts}-covered") if valid else None
    share = number_of(root, rate)
    return None if share is None else percent_of(share, 1, f"<coverage> {rate}")


def _counted(root: Element) -> float:
    hits = [number_of(line, "hits", 0) or 0 for line in root.iter("line")]
    if not hits:
        raise EvidenceRefused("<coverage> has neither line-rate nor lines: nothing was measured.")
    return percent_of(sum(hit > 0 for hit in hits), len(hits), "<line> hits")
