"""A report as one page of HTML that needs nothing else: to read, to print, to attach."""

from collections.abc import Sequence

from django.template.loader import render_to_string

from apps.dashboards.engines.reports.values import Report


def as_html(report: Report, *, nonce: str = "", links: Sequence[tuple[str, str]] = ()) -> bytes:
    """The page. With a nonce it may be shown under a strict policy; the links stand above it, and are not printed."""
    context = {"report": report, "nonce": nonce, "links": links}
    return render_to_string("dashboards/reports/report.html", context).encode()
