"""Writes the most frequent form fields without a template for each: a list that is changed in place has hundreds."""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Widget = Mapping[str, Any]
_FOLDER = "django/forms/widgets"
_INPUTS = ("checkbox", "date", "datetime", "email", "hidden", "input", "number", "text", "time", "url")


class PlainFields(DjangoTemplates):
    """The stock renderer; inputs and selects come out the same, only sooner."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        write = _WRITERS.get(template_name)
        return write(context["widget"]) if write else super().render(template_name, context, request)


def _write_input(widget: Widget) -> SafeString:
    value = "" if widget["value"] is None else format_html(' value="{}"', str(widget["value"]))
    attributes = _write_attributes(widget["attrs"])
    return format_html('<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, attributes)


def _write_select(widget: Widget) -> SafeString:
    options = format_html_join("\n", "{}", ((_write_group(name, group),) for name, group, _ in widget["optgroups"]))
    return format_html(
        '<select name="{}"{}>\n{}\n</select>', widget["name"], _write_attributes(widget["attrs"]), options
    )


def _write_group(name: str | None, options: list[Widget]) -> SafeString:
    written = format_html_join(
        "\n",
        '<option value="{}"{}>{}</option>',
        ((str(option["value"]), _write_attributes(option["attrs"]), option["label"]) for option in options),
    )
    return format_html('<optgroup label="{}">\n{}\n</optgroup>', name, written) if name else written


def _write_attributes(attributes: Mapping[str, Any]) -> SafeString:
    shown = ((name, value) for name, value in attributes.items() if value is not False)
    return format_html_join("", "{}", ((_write_attribute(name, value),) for name, value in shown))


def _write_attribute(name: str, value: Any) -> SafeString:
    return format_html(" {}", name) if value is True else format_html(' {}="{}"', name, str(value))


_WRITERS: dict[str, Callable[[Widget], SafeString]] = {
    f"{_FOLDER}/select.html": _write_select,
    **{f"{_FOLDER}/{name}.html": _write_input for name in _INPUTS},
}
