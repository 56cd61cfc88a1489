"""Reports and lists as CSV and XLSX. No cell of them is ever a formula."""

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from apps.dashboards.engines.reports.values import Column, Report, Shape, Table, Value

WIDEST = 60  # characters; longer texts are wrapped
LONGEST_CELL = 32_767  # what the format takes
_PART = Column("part", "Part")
# What a spreadsheet would take for the beginning of a formula, in either width of Asian letters.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def guarded(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would compute."""
    return f"'{text}" if _FORMULA.match(text) else text


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
    book = Workbook(write_only=True)
    for table in tables:
        _write_sheet(book, table)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _write_sheet(book: Workbook, table: Table) -> None:
    sheet = book.create_sheet(table.title[:31])
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table.rows) + 1}"
    for number, column in enumerate(table.columns):
        sheet.column_dimensions[get_column_letter(number + 1)].width = _width(
            column, [row[number] for row in table.rows]
        )
    sheet.append([_cell(sheet, column.title, Font(bold=True)) for column in table.columns])
    for row in table.rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: object, value: Value, font: Font | None = None) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, _typed(value))
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if font:
        cell.font = font
    if isinstance(value, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
    return cell


def _typed(value: Value) -> Value:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)  # the format knows no time zones
    return _NOT_IN_XML.sub("�", guarded(str(value)))[:LONGEST_CELL] if isinstance(value, str) else value


def _width(column: Column, values: Sequence[Value]) -> int:
    if column.shape is Shape.INSTANT:
        return 20
    return min(WIDEST, 2 + max(len(str(value or "")) for value in [column.title, *values]))
