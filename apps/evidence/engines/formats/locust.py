"""Locust's statistics: the JSON of --json, and the CSV whose name ends in _stats.csv."""

import csv
from collections import Counter
from typing import Any, NoReturn

from apps.evidence.engines.reading import (
    Reading,
    percent_of,
    read_json,
    refuse,
    require_count,
    require_list,
    require_number,
    require_object,
)
from apps.evidence.exceptions import EvidenceRefused

_PERCENTILES = (50, 90, 95, 99)


def read_statistics(report: bytes) -> Reading:
    """The JSON: all entries together. Locust keeps response times rounded, so percentiles are as exact as its own."""
    entries = require_list(read_json(report), "The report")
    rows = [require_object(entry, f"[{number}]") for number, entry in enumerate(entries)]
    requests = _sum(rows, "num_requests")
    failures = _sum(rows, "num_failures")
    if not requests:
        refuse("num_requests", "is 0: no request was made")
    times = _response_times(rows)
    percentiles = {f"p{each}_milliseconds": _percentile(times, each) for each in _PERCENTILES} if times else {}
    return _reading(percentiles, requests, failures, requests / _seconds(rows))


def read_table(report: bytes) -> Reading:
    """The CSV: its line of totals."""
    try:
        rows = list(csv.DictReader(report.decode("utf-8-sig").splitlines()))
    except UnicodeDecodeError as error:
        raise EvidenceRefused(f"The report is not UTF-8: byte {error.start + 1}.") from error
    except csv.Error as error:
        raise EvidenceRefused(f"The report is not CSV: {error}.") from error
    total = next((row for row in rows if row.get("Name") == "Aggregated"), None)
    if total is None:
        raise EvidenceRefused("The report has no line Aggregated: it is not the _stats.csv of Locust.")
    requests = int(_cell(total, "Request Count"))
    if not requests:
        refuse("Request Count", "is 0: no request was made")
    percentiles = {f"p{each}_milliseconds": _cell(total, f"{each}%") for each in _PERCENTILES if total.get(f"{each}%")}
    return _reading(percentiles, requests, int(_cell(total, "Failure Count")), _cell(total, "Requests/s"))


def _reading(percentiles: dict[str, float], requests: int, failures: int, rate: float) -> Reading:
    error_percent = percent_of(failures, requests, "failures")
    return Reading(
        {
            **percentiles,
            "error_percent": error_percent,
            "requests": requests,
            "requests_per_second": round(rate, 3),
        }
    )


def _sum(rows: list[dict[str, Any]], name: str) -> int:
    return sum(require_count(row.get(name), f"[{number}].{name}") for number, row in enumerate(rows))


def _response_times(rows: list[dict[str, Any]]) -> Counter[float]:
    times: Counter[float] = Counter()
    for number, row in enumerate(rows):
        name = f"[{number}].response_times"
        for milliseconds, count in require_object(row.get("response_times"), name).items():
            times[_number(milliseconds, name)] += require_count(count, name)
    return +times


def _percentile(times: Counter[float], percent: int) -> float:
    wanted, reached = sum(times.values()) * percent / 100, 0
    for milliseconds in sorted(times):
        reached += times[milliseconds]
        if reached >= wanted:
            return milliseconds
    return max(times)


def _seconds(rows: list[dict[str, Any]]) -> float:
    begun = min(require_number(row.get("start_time"), "start_time") for row in rows)
    ended = max(require_number(row.get("last_request_timestamp"), "last_request_timestamp") for row in rows)
    return ended - begun if ended > begun else refuse("last_request_timestamp", "must be after start_time")


def _cell(row: dict[str, Any], name: str) -> float:
    return _number(row.get(name), name)


def _number(text: Any, name: str) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return _refuse_number(name)
    return value if 0 <= value < 1e12 else _refuse_number(name)


def _refuse_number(name: str) -> NoReturn:
    refuse(name, "must hold a number, 0 or more")
