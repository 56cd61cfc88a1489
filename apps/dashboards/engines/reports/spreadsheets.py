"""Reports and lists as CSV and XLSX. No cell of them is ever a formula."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

from apps.dashboards.engines.reports.guarding import guarded
from apps.dashboards.engines.reports.values import Column, Report, Table, Value

_PART = Column("part", "Part")


def report_as_csv(report: Report) -> bytes:
    """All tables below one line of column names; the first column says of which table a row is."""
    tables = _tables_of(report)
    columns = list({column.key: column for table in tables for column in table.columns}.values())
    return table_as_csv(Table(report.name, report.title, (_PART, *columns), list(_in_one(tables, columns))))


def table_as_csv(table: Table) -> bytes:
    """One table, in UTF-8."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([column.key for column in table.columns])
    writer.writerows([_plain(value) for value in row] for row in table.rows)
    return file.getvalue().encode()


def report_as_xlsx(report: Report) -> bytes:
    """A sheet for each table, and one for what stands above them."""
    return _workbook(_tables_of(report))


def table_as_xlsx(table: Table) -> bytes:
    """One sheet."""
    return _workbook([table])


def _tables_of(report: Report) -> list[Table]:
    columns = Column("name", "Name"), Column("value", "Value")
    facts = [(cell.column.title, cell.value) for cell in report.facts]
    return [Table("report", "Report", columns, facts), *report.tables]


def _in_one(tables: Iterable[Table], columns: Sequence[Column]) -> Iterable[list[Value]]:
    for table in tables:
        for row in table.rows:
            values = {column.key: value for column, value in zip(table.columns, row, strict=True)}
            yield [table.key, *(values.get(column.key) for column in columns)]


def _plain(value: Value) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case int() | Decimal():
            return str(value)  # a negative number is one
    return guarded(str(value))


def _workbook(tables: Iterable[Table]) -> bytes:
    from apps.dashboards.engines.reports.workbooks import make_workbook  # late: its library is slow to load

    return make_workbook(tables)
