"""Values at the end of a line: "Rotate keys (owner: SRE, due: 2026-03-01)", "— @eli, due: …", "@eli", "by March 5".

A piece at the end is an annotation when nothing else stands in it; then the words of the entry end before it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from apps.roadmap.engines.dates import LEAD, DateStyle, read_date
from apps.roadmap.engines.fields import NAME_BY_LABEL, Field
from apps.roadmap.engines.marks import claim_of_words, mask_code
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.titles import read_tier

NAMES = frozenset({"owner", "target", "status", "priority"})
LABELS = sorted((label for label, name in NAME_BY_LABEL.items() if name in NAMES), key=len, reverse=True)
LABEL = re.compile(
    rf"(?:^|(?<=[\s,;|·•(]))(?:\*\*|__)?(?P<label>{'|'.join(map(re.escape, LABELS))})"
    r"(?:\*\*|__)?[ \t]*:(?:\*\*|__)?[ \t]*",
    re.I,
)
DUE = re.compile(
    r"(?:due(?: by| on| in)?|by|until|eta|target|fällig(?: am| bis| im)?|bis(?: zum)?|pour(?: le)?|avant(?: le)?"
    r"|para(?: el)?|antes del?|📅|🗓️?)[ \t]+",
    re.I,
)
HANDLES = re.compile(r"@\w[\w.-]*(?:/[\w.-]+)?(?:(?:[ \t]*[,+&/][ \t]*|[ \t]+(?:and[ \t]+)?)@\w[\w.-]*(?:/[\w.-]+)?)*")
TRAILING_HANDLES = re.compile(r"(?:^|[ \t])(?P<handles>(?:@\w[\w-]*(?:[ \t,+&]+|$))+)$")
ASKS_FOR_A_NAME = re.compile(r"\b(?:to|with|from|for|of|and|or|ask|cc|via|by|an|mit|von|und|avec|con)$", re.I)
OPENINGS = re.compile(r"[ \t]+[—–-]{1,2}[ \t]+|[ \t]*[\r\n]+[ \t>]*|[ \t]*[,;|·•][ \t]*(?=[^,;|·•]*:)|[ \t]{2,}")
SIGNS_OF_VALUES = re.compile(r"@\w|:[ \t*_]|[\d’']\d|\bdue\b", re.I)
SEPARATORS = " \t\r\n,;|·•"
NO_DATE = frozenset({"tbd", "tba", "tbc", "?", "??", "-", "–", "—", "none", "n/a", "asap", "ongoing", "offen"})
ANY_YEAR = DateStyle(2000)
MOST_PIECES = 6
LONGEST_TAIL = 400  # characters at the end of a line in which annotations are looked for


@dataclass(frozen=True)
class Annotation:
    """Where the words end, and the values behind them."""

    end: int
    fields: tuple[Field, ...] = ()


def read_annotation(text: str, offset: int = 0) -> Annotation:
    """Take values off the end of the text, piece by piece."""
    end = len(text.rstrip())
    start = max(0, end - LONGEST_TAIL)
    if not SIGNS_OF_VALUES.search(text, start, end):  # most lines are done with here
        return Annotation(end)
    tail = mask_code(text)[start:end]
    fields: tuple[Field, ...] = ()
    for _ in range(MOST_PIECES):
        found = _last_piece(tail, is_whole=not start)
        if not found:
            break
        tail, fields = tail[: found[0]], found[1] + fields
    return Annotation(start + len(tail), tuple(_moved(field, offset + start) for field in fields))


def read_values(content: str, offset: int = 0) -> tuple[Field, ...]:
    """The values a piece is made of; none when there is anything else in it."""
    fields: list[Field] = []
    position = 0
    while (position := _skip(content, position)) < len(content):
        field = _value_at(content, position)
        if field is None:
            return ()
        fields.append(field)
        position = field.span[1]
    return tuple(_moved(field, offset) for field in fields)


def _last_piece(text: str, *, is_whole: bool) -> tuple[int, tuple[Field, ...]] | None:
    """Where the last piece begins, and its values. It is never all of the text."""
    for start, content in _candidates(text):
        words = text[:start].rstrip(SEPARATORS + "–—-")
        fields = read_values(text[slice(*content)], content[0]) if words.strip("*_ ") or not is_whole else ()
        if fields:
            return len(words), fields
    return None


def _candidates(text: str) -> Iterator[tuple[int, Span]]:
    for opening, closing in ("()", "[]"):
        if text.endswith(closing) and (start := text.rfind(opening)) > 0:
            yield start, (start + 1, len(text) - 1)
    for found in list(OPENINGS.finditer(text))[-8:]:
        yield found.start(), (found.end(), len(text))
    handles = TRAILING_HANDLES.search(text)
    if handles and not ASKS_FOR_A_NAME.search(text[: handles.start()].rstrip()):
        yield handles.start(), handles.span("handles")
    for found in list(DUE.finditer(text))[-2:]:
        if text[found.start() - 1 : found.start()].isspace():
            yield found.start(), (found.start(), len(text))


def _value_at(content: str, position: int) -> Field | None:
    label = LABEL.match(content, position)
    if label:
        stop = next((found.start() for found in LABEL.finditer(content, label.end())), len(content))
        return _labelled(NAME_BY_LABEL[label["label"].lower()], label["label"], content, label.end(), stop)
    handles = HANDLES.match(content, position)
    if handles:
        return Field("@", "owner", handles.group(), handles.span())
    due = DUE.match(content, position)
    stop = next((found.start() for found in LABEL.finditer(content, position)), len(content))
    return _date(content, due.end() if due else position, stop, "due" if due else "")


def _labelled(name: str, label: str, content: str, start: int, stop: int) -> Field | None:
    if name == "target":
        return _date(content, start, stop, label)
    end = next((at for at in range(start, stop) if content[at] in ";|·•"), stop)
    value = content[start:end].rstrip(SEPARATORS)
    return Field(label, name, value, (start, start + len(value))) if _is_understood(name, value) else None


def _is_understood(name: str, value: str) -> bool:
    if name == "status":
        return claim_of_words(value) is not None
    return bool(read_tier(value) if name == "priority" else value)


def _date(content: str, start: int, stop: int, label: str) -> Field | None:
    """A date and nothing else, up to a handle or the next label."""
    handle = content.find("@", start, stop)
    value = content[start : handle if handle >= 0 else stop].rstrip(SEPARATORS)
    end = start + len(value)
    lead = LEAD.match(value)
    target = read_date(value, style=ANY_YEAR, is_whole=bool(label)).target
    is_all = target and target.span == (lead.end() if lead else 0, len(value))
    if is_all or (label and value.lower() in NO_DATE):
        return Field(label, "target", value, (start, end))
    return None


def _skip(content: str, position: int) -> int:
    while position < len(content) and content[position] in SEPARATORS:
        position += 1
    return position


def _moved(field: Field, offset: int) -> Field:
    start, end = field.span
    return replace(field, span=(start + offset, end + offset))
