"""Reports as JSON and as Markdown."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder

from apps.common.wording import instant_in_words
from apps.dashboards.engines.reports.values import Cell, Report, Table


def as_json(report: Report) -> bytes:
    """One object: the facts by name, and each table as a list of objects."""
    values = {
        "title": report.title,
        "answer": report.answer,
        "at": report.at,
        **_object(report.facts),
        **{table.key: [_object(line) for line in table.lines] for table in report.tables},
    }
    return json.dumps(values, indent=2, ensure_ascii=False, cls=_Encoder).encode() + b"\n"


def as_markdown(report: Report) -> bytes:
    """Headings and tables, for a wiki or a pull request."""
    facts = [f"- {_escape(cell.column.title)}: {_escape(cell.words)}" for cell in report.facts if cell.words]
    parts = [f"# {_escape(report.title)}", f"**{_escape(report.answer)}**", "\n".join(facts)]
    parts += [f"## {table.title}\n\n{_table(table)}" for table in report.tables]
    return "\n\n".join([*parts, f"Read {instant_in_words(report.at)}."]).encode() + b"\n"


class _Encoder(DjangoJSONEncoder):
    """Instants to the second."""

    def default(self, value: object) -> object:
        return super().default(value.replace(microsecond=0) if isinstance(value, datetime) else value)


def _object(cells: Iterable[Cell]) -> dict[str, object]:
    return {cell.column.key: cell.value for cell in cells}


def _table(table: Table) -> str:
    if not table.rows:
        return table.nothing
    titles = [_escape(column.title) for column in table.columns]
    rows = [titles, ["---"] * len(titles), *([_escape(cell.words) for cell in line] for line in table.lines)]
    return "\n".join(map(_row, rows))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    return re.sub(r"([\\|<>*_`\[\]])", r"\\\1", " ".join(text.split()))
