"""The YAML header of a document, between two lines of dashes. Read with limits; what is not YAML stays prose."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from apps.roadmap.engines.fields import NAME_BY_LABEL
from apps.roadmap.engines.source import LINE_END, Span

LONGEST_HEADER = 10_000  # characters
MOST_VALUES = 100
LOOKS_LIKE_YAML = re.compile(r"\s*[^\W\d_][\w -]*:(?:\s|$)")
KEY = re.compile(r"(?P<key>[^\s:#][^:#]{0,60}?)[ \t]*:[ \t]+(?P<quote>[\"']?)(?P<value>\S.*?)(?P=quote)[ \t]*$")
NAMES = {
    **NAME_BY_LABEL,
    **dict.fromkeys(("title", "titel", "titre", "título", "name"), "title"),
    **dict.fromkeys(("tags", "labels", "schlagwörter", "étiquettes", "etiquetas", "keywords"), "tags"),
    **dict.fromkeys(("year", "jahr", "année", "año"), "year"),
}


@dataclass(frozen=True)
class HeaderValue:
    """One value: its key as written, the name it goes by ("" if unknown), its words, and their place on its line."""

    key: str
    name: str
    value: str
    line: int
    span: Span | None


@dataclass(frozen=True)
class FrontMatter:
    """How many lines the header takes, what it says, or why it cannot be read."""

    line_count: int
    values: tuple[HeaderValue, ...] = ()
    problem: str = ""
    problem_line: int = field(default=1)


class _Loader(yaml.SafeLoader):
    """Plain values only: an alias could stand for a value of any size."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="an alias", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)


def read_front_matter(text: str) -> FrontMatter | None:
    """The header at the very start of the text; None when what stands there is no header."""
    found = _find(text)
    if not found:
        return None
    content, line_count = found
    if content.count("[") + content.count("{") > MOST_VALUES:  # the pure Python scanner is slow in deep nests
        return _unreadable(content, line_count, None)
    try:
        loaded = yaml.load(content, Loader=_Loader)  # noqa: S506 (a safe loader, made stricter)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return _unreadable(content, line_count, error)
    if not isinstance(loaded, Mapping) or len(loaded) > MOST_VALUES:
        return None
    places = _places(text, line_count)
    return FrontMatter(line_count, tuple(_value(key, value, places) for key, value in loaded.items()))


def _find(text: str) -> tuple[str, int] | None:
    if not text.startswith("---"):
        return None
    from markdown_it import MarkdownIt  # late: most processes read no document
    from mdit_py_plugins.front_matter import front_matter_plugin

    parser = MarkdownIt("commonmark").use(front_matter_plugin)
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.block.ruler.enableOnly(["front_matter", "paragraph"])
    tokens = parser.parse(LINE_END.sub("\n", text[:LONGEST_HEADER]))
    if not tokens or tokens[0].type != "front_matter" or not tokens[0].map:
        return None
    return tokens[0].content, tokens[0].map[1]


def _unreadable(content: str, line_count: int, error: Exception | None) -> FrontMatter | None:
    if not LOOKS_LIKE_YAML.match(content):
        return None
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 2 if mark else 2
    return FrontMatter(line_count, problem="The header is not plain YAML, so it stays prose.", problem_line=line)


def _places(text: str, line_count: int) -> dict[str, tuple[int, Span]]:
    """Where each key's words stand, for those that are on its line."""
    places = {}
    start = 0
    for line, end in enumerate(LINE_END.finditer(text[:LONGEST_HEADER]), start=1):
        found = KEY.match(text, start, end.start())
        if found and line <= line_count:
            places[found["key"].strip("\"'")] = (line, found.span("value"))
        start = end.end()
    return places


def _value(key: Any, value: Any, places: Mapping[str, tuple[int, Span]]) -> HeaderValue:
    line, span = places.get(str(key), (1, None))
    name = NAMES.get(str(key).lower().replace("_", " "), "")
    words = ", ".join(_word(each) for each in value) if isinstance(value, list) else _word(value)
    return HeaderValue(str(key), name, words, line, None if isinstance(value, list | dict) else span)


def _word(value: Any) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value)[:300]
