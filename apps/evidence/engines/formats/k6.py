"""k6's summaries: of --summary-export, of handleSummary, and the machine-readable one of k6 1.x and 2."""

from typing import Any

from apps.evidence.engines.reading import (
    Reading,
    percent_of,
    read_json,
    refuse,
    require_list,
    require_number,
    require_object,
)

_PERCENTILES = {"med": "p50", "p(50)": "p50", "p(90)": "p90", "p(95)": "p95", "p(99)": "p99"}


def read(report: bytes) -> Reading:
    """The share of requests that failed, how many there were a second, and the percentiles of their duration."""
    summary = require_object(read_json(report), "The report")
    metrics = _metrics(summary)
    durations, failed = _values(metrics, "http_req_duration"), _values(metrics, "http_req_failed")
    requests = _values(metrics, "http_reqs")
    count = require_number(requests.get("count"), "http_reqs count")
    if not count:
        refuse("http_reqs count", "is 0: no request was made")
    share = require_number(failed.get("rate", failed.get("value")), "http_req_failed rate")
    percentiles = {
        f"{_PERCENTILES[name]}_milliseconds": round(require_number(value, f"http_req_duration {name}"), 3)
        for name, value in durations.items()
        if name in _PERCENTILES
    }
    return Reading(
        {
            **percentiles,
            "error_percent": percent_of(share, 1, "http_req_failed rate"),
            "requests": int(count),
            "requests_per_second": round(_rate(requests, count, summary), 3),
        }
    )


def _metrics(summary: dict[str, Any]) -> dict[str, Any]:
    if "results" not in summary:
        return require_object(summary.get("metrics"), "metrics")
    listed = require_list(require_object(summary["results"], "results").get("metrics"), "results.metrics")
    named = [require_object(each, "results.metrics") for each in listed]
    return {str(each.get("name")): each for each in named}


def _values(metrics: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in metrics:
        refuse(name, "is missing: the summary is about no HTTP requests")
    metric = require_object(metrics[name], name)
    return require_object(metric.get("values", metric), f"{name} values")


def _rate(requests: dict[str, Any], count: float, summary: dict[str, Any]) -> float:
    if "rate" in requests:
        return require_number(requests["rate"], "http_reqs rate")
    seconds = require_number(require_object(summary.get("config"), "config").get("duration"), "config.duration")
    return count / seconds if seconds else refuse("config.duration", "must be above 0")
