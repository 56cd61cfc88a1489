"""Bytes to text and back, exactly, with the line starts every position is counted from."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from apps.roadmap.exceptions import DocumentRefused

Span = tuple[int, int]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
LINE_END = re.compile(r"\r\n|\r|\n")  # exactly what CommonMark calls a line ending; str.splitlines knows more
LINE_THAT_OPENS_A_BLOCK = re.compile(r"^[ \t>]*(?:[-*+]|\d{1,9}[.)]|#{1,6})[ \t]", re.MULTILINE)


@dataclass(frozen=True)
class Limits:
    """How large a document may be before it is refused."""

    size_bytes: int = 5 * 1024 * 1024
    blocks: int = 20_000

    @property
    def lines(self) -> int:
        return 5 * self.blocks

    @property
    def cells(self) -> int:
        """Of tables: by the pipes between them, which is how they can be counted before anything is parsed."""
        return 10 * self.blocks


UNLIMITED = Limits(size_bytes=2**62, blocks=2**62)  # what was once imported is read, whatever the limits are now


@dataclass(frozen=True)
class Source:
    """A document's text, from which its bytes can be made again."""

    text: str
    encoding: str
    line_starts: tuple[int, ...] = field(repr=False)

    @cached_property
    def newline(self) -> str:
        """The line ending used throughout, "mix" where there are several, "" where there is none."""
        found = set(LINE_END.findall(self.text))
        return found.pop() if len(found) == 1 else ("mix" if found else "")

    @property
    def final_newline(self) -> bool:
        """Whether the last line is ended."""
        return self.text.endswith(("\n", "\r"))

    @property
    def line_count(self) -> int:
        """Lines as an editor counts them: a final line ending opens no further line."""
        return len(self.line_starts)

    def line_span(self, line: int) -> Span:
        """Where the 1-based line lies, without its line ending."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < self.line_count else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return start, end

    def line_at(self, position: int) -> int:
        """The 1-based line that holds the character position."""
        return bisect_right(self.line_starts, position)

    def encode(self, text: str) -> bytes:
        """The bytes of the text, in this document's encoding."""
        return text.encode(self.encoding)


def read_source(raw: bytes, limits: Limits | None = None) -> Source:
    """Decode the document, or refuse it with the line and the reason."""
    limits = limits or Limits()
    _refuse_oversize(raw, limits)
    encoding = "utf-8-sig" if raw.startswith(BYTE_ORDER_MARK) else "utf-8"
    text = _decode(raw, encoding)
    _refuse_null_characters(text)
    _refuse_too_many_blocks(text, limits)
    line_starts = _line_starts(text)
    if len(line_starts) > limits.lines:
        raise too_many(limits.lines, "lines", limits.lines + 1)
    return Source(text=text, encoding=encoding, line_starts=line_starts)


def _refuse_oversize(raw: bytes, limits: Limits) -> None:
    if len(raw) > limits.size_bytes:
        allowed = limits.size_bytes / 1024 / 1024
        raise DocumentRefused(f"The document is larger than the limit of {allowed:.0f} MB: split it.")


def _decode(raw: bytes, encoding: str) -> str:
    if raw.startswith(UTF_16_MARKS):
        raise DocumentRefused("Line 1: the document is UTF-16. Save it as UTF-8 and import it again.")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = len(LINE_END.findall(raw[: error.start].decode("latin-1"))) + 1
        raise DocumentRefused(f"Line {line}: a byte is not UTF-8. Save the document as UTF-8.") from error


def _refuse_null_characters(text: str) -> None:
    position = text.find("\0")
    if position >= 0:
        raise DocumentRefused(
            f"Line {_line_of(text, position)}: there is a NUL character. The file is not plain UTF-8 text."
        )


def _refuse_too_many_blocks(text: str, limits: Limits) -> None:
    if text.count("|") > limits.cells:
        nth = next(islice(re.finditer(r"\|", text), limits.cells, None))
        raise too_many(limits.cells, "cells of tables", _line_of(text, nth.start()))
    # Counted before the Markdown is parsed, since parsing is what costs time. Four times the limit,
    # because such lines inside a code fence open no block; the exact count is checked afterwards.
    for number, found in enumerate(LINE_THAT_OPENS_A_BLOCK.finditer(text)):
        if number >= 4 * limits.blocks:
            raise too_many_blocks(_line_of(text, found.start()), limits)


def too_many_blocks(line: int, limits: Limits) -> DocumentRefused:
    """The refusal of a document with more blocks than a roadmap can have."""
    return too_many(limits.blocks, "blocks", line)


def too_many(limit: int, things: str, line: int) -> DocumentRefused:
    """The refusal of a document that has more of something than a roadmap can have."""
    return DocumentRefused(f"Line {line}: the document has more than {limit:,} {things}: split it.")


def _line_of(text: str, position: int) -> int:
    return len(LINE_END.findall(text[:position])) + 1


def _line_starts(text: str) -> tuple[int, ...]:
    starts = [0, *(found.end() for found in LINE_END.finditer(text))]
    return tuple(starts[:-1] if starts[-1] == len(text) else starts)
