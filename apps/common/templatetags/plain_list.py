"""The table of a list in the admin that is only read: the stock one's cells, at a third of its cost."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django import template
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_list import ResultList, result_headers, result_list
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.utils.html import conditional_escape, escape
from django.utils.safestring import mark_safe
from django.utils.text import capfirst

register = template.Library()
Cell = Callable[[Any], str]


@register.inclusion_tag("admin/change_list_results.html")
def plain_list(changelist: ChangeList) -> dict[str, Any]:
    """What the stock tag shows of a list without fields."""
    headers = list(result_headers(changelist))
    return {
        "cl": changelist,
        "result_hidden_fields": [],
        "result_headers": headers,
        "num_sorted_fields": sum(bool(header["sortable"] and header["sorted"]) for header in headers),
        "results": list(plain_rows(changelist, [str(header["text"]) for header in headers])),
    }


@register.inclusion_tag("admin/change_list_results.html")
def labelled_list(changelist: ChangeList) -> dict[str, Any]:
    """What the stock tag shows, with each column's name for where it is narrow."""
    shown: dict[str, Any] = result_list(changelist)
    labels = [_label(header["text"]) for header in shown["result_headers"]]
    for row in shown["results"]:
        row[: len(labels)] = map(_labelled, row, labels)
    return shown


def plain_rows(changelist: ChangeList, labels: Sequence[str]) -> Iterator[ResultList]:
    """Each row as one piece. What is the same for all rows is found out once; where it is narrow, labels are shown."""
    rows = list(changelist.result_list)
    columns = zip(changelist.list_display, labels, strict=True)
    cells = [_cell(changelist, str(name), label, rows[0]) for name, label in columns] if rows else []
    for row in rows:
        yield ResultList(None, [mark_safe("".join(cell(row) for cell in cells))])  # noqa: S308  each cell escapes


def _cell(changelist: ChangeList, name: str, label: str, first: Any) -> Cell:
    if name == "action_checkbox":
        return _checkbox
    show, more = _value(changelist, name, first)
    attribute = f'class="field-{name}{more}"'
    if name in (changelist.list_display_links or ()):
        before, after = _address(changelist, first)
        return lambda row: f'<th {attribute}><a href="{before}{row.pk}{after}">{show(row)}</a></th>'
    attribute += f" {_label(label)}"
    return lambda row: f"<td {attribute}>{show(row)}</td>"


def _label(header: Any) -> str:
    return f'data-label="{escape(capfirst(header))}"'


def _labelled(cell: str, label: str) -> str:
    if 'class="action-checkbox"' in cell:
        return cell
    return mark_safe(cell.replace("<td ", f"<td {label} ", 1))  # noqa: S308  both are escaped


def _value(changelist: ChangeList, name: str, first: Any) -> tuple[Cell, str]:
    """How the column's value is written, and what its class says besides."""
    column, attribute, _ = lookup_field(name, first, changelist.model_admin)
    empty = str(getattr(attribute, "empty_value_display", changelist.model_admin.get_empty_value_display()))
    if column is None:
        return lambda row: str(conditional_escape(_said(lookup_field(name, row, changelist.model_admin)[2], empty))), ""
    if isinstance(column, models.ForeignKey):
        return lambda row: str(conditional_escape(_or(getattr(row, column.name), empty))), " nowrap"
    words = {value: str(conditional_escape(word)) for value, word in getattr(column, "flatchoices", ())}
    if words:
        return lambda row: words.get(getattr(row, name), empty), ""
    more = " nowrap" if isinstance(column, models.DateField | models.TimeField) else ""
    return lambda row: str(conditional_escape(display_for_field(getattr(row, name), column, empty))), more


def _said(value: Any, empty: str) -> Any:
    return display_for_value("" if isinstance(value, str) and not value.strip() else value, empty)


def _or(value: Any, empty: str) -> Any:
    return empty if value is None else value


def _checkbox(row: Any) -> str:
    label = conditional_escape(f"Select this object for an action - {row}")
    return (
        f'<td class="action-checkbox"><input type="checkbox" name="{ACTION_CHECKBOX_NAME}" value="{row.pk}"'
        f' class="action-select" aria-label="{label}"></td>'
    )


def _address(changelist: ChangeList, row: Any) -> tuple[str, str]:
    """What stands before and after a row's key in the address of its page."""
    context: dict[str, Any] = {"preserved_filters": changelist.preserved_filters, "opts": changelist.opts}
    before, after = add_preserved_filters(context, changelist.url_for_result(row)).rsplit(f"/{row.pk}/change/", 1)
    return str(conditional_escape(f"{before}/")), str(conditional_escape(f"/change/{after}"))
