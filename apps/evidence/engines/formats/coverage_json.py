"""The JSON of coverage.py."""

from apps.evidence.engines.reading import Reading, percent_of, read_json, require_number, require_object


def read(report: bytes) -> Reading:
    """The share of statements, and of branches where they were measured."""
    totals = require_object(require_object(read_json(report), "The report").get("totals"), "totals")
    covered, statements = _number(totals, "covered_lines"), _number(totals, "num_statements")
    facts = {"line_percent": percent_of(covered, statements, "totals.covered_lines")}
    if totals.get("num_branches"):
        covered, branches = _number(totals, "covered_branches"), _number(totals, "num_branches")
        facts["branch_percent"] = percent_of(covered, branches, "totals.covered_branches")
    return Reading(facts)


def _number(totals: dict[str, object], name: str) -> float:
    return require_number(totals.get(name), f"totals.{name}")
