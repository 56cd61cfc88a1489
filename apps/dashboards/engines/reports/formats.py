"""The formats of reports, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.http import HttpResponse

from apps.dashboards.engines.reports.page import as_html
from apps.dashboards.engines.reports.spreadsheets import report_as_csv, report_as_xlsx, table_as_csv, table_as_xlsx
from apps.dashboards.engines.reports.texts import as_json, as_markdown
from apps.dashboards.engines.reports.values import Report, Table
from apps.dashboards.exceptions import FormatUnknown


class Format(StrEnum):
    """What a report may become."""

    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"

    @classmethod
    def named(cls, name: str) -> "Format":
        """The format of that name. Raises FormatUnknown."""
        try:
            return cls(name)
        except ValueError as error:
            raise FormatUnknown(f"There is no format {name!r}. There are: {', '.join(cls)}.") from error

    @property
    def label(self) -> str:
        """The format as people name it."""
        return "Markdown" if self is Format.MARKDOWN else self.value.upper()

    @property
    def suffix(self) -> str:
        """How the names of its files end."""
        return "md" if self is Format.MARKDOWN else self.value

    @property
    def media_type(self) -> str:
        return _TYPES[self]


_TYPES = {
    Format.HTML: "text/html; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
    Format.MARKDOWN: "text/markdown; charset=utf-8",
}
_MAKERS: Mapping[Format, Callable[[Report], bytes]] = {
    Format.HTML: as_html,
    Format.XLSX: report_as_xlsx,
    Format.CSV: report_as_csv,
    Format.JSON: as_json,
    Format.MARKDOWN: as_markdown,
}
_LIST_MAKERS: Mapping[Format, Callable[[Table], bytes]] = {Format.CSV: table_as_csv, Format.XLSX: table_as_xlsx}
LIST_FORMATS = tuple(_LIST_MAKERS)


@dataclass(frozen=True)
class ReportFile:
    """A report as a file to download or to attach."""

    name: str
    content: bytes
    media_type: str


def as_download(file: ReportFile) -> HttpResponse:
    """The file, to be kept and not shown."""
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(file.content, content_type=file.media_type, headers=headers)


def make_file(report: Report, format: Format) -> ReportFile:
    """The report in the format. Its name says of what it is, and of which day."""
    name = f"{report.name}-{report.at:%Y-%m-%d}.{format.suffix}"
    return ReportFile(name, _MAKERS[format](report), format.media_type)


def make_list_file(table: Table, format: Format, *, at: datetime) -> ReportFile:
    """One table as CSV or XLSX. Raises FormatUnknown."""
    if format not in _LIST_MAKERS:
        raise FormatUnknown(f"A list has no format {format.value!r}. There are: {', '.join(LIST_FORMATS)}.")
    name = f"{table.key}-{at:%Y-%m-%d}.{format.suffix}"
    return ReportFile(name, _LIST_MAKERS[format](table), format.media_type)
