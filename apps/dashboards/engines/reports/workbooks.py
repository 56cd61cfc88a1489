"""Tables as the sheets of an XLSX workbook."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from apps.dashboards.engines.reports.guarding import guarded
from apps.dashboards.engines.reports.values import Column, Shape, Table, Value

WIDEST = 60  # characters; longer texts are wrapped
LONGEST_CELL = 32_767  # what the format takes
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def make_workbook(tables: Iterable[Table]) -> bytes:
    """A sheet for each table."""
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
