"""Bytes in, the same bytes out, or one sentence that names the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines.source import Limits, read_source
from apps.roadmap.exceptions import DocumentRefused


@given(st.text(), st.booleans())
def test_any_text_gives_its_bytes_back(text, has_byte_order_mark):
    if "\0" in text or text.startswith("\ufeff"):
        return
    raw = text.encode("utf-8-sig" if has_byte_order_mark else "utf-8")
    source = read_source(raw)

    assert source.encode(source.text) == raw


@given(st.text(alphabet="ab\r\n\u2028\x0b", max_size=30))
def test_lines_end_where_markdown_says_they_do(text):
    source = read_source(text.encode())
    held = [source.text[slice(*source.line_span(line))] for line in range(1, source.line_count + 1)]
    expected = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    assert held == (expected[:-1] if expected[-1] == "" else expected)


@pytest.mark.parametrize(
    ("text", "newline", "has_final"),
    [
        ("a\nb\n", "\n", True),
        ("a\r\nb", "\r\n", False),
        ("a\rb\r", "\r", True),
        ("a\nb\r\n", "mix", True),
        ("a", "", False),
    ],
)
def test_it_knows_the_line_endings(text, newline, has_final):
    source = read_source(text.encode())

    assert (source.newline, source.final_newline) == (newline, has_final)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("# title\n".encode("utf-16"), "Line 1: the document is UTF-16. Save it as UTF-8 and import it again."),
        (b"one\ntwo\nth\xffree", "Line 3: a byte is not UTF-8. Save the document as UTF-8."),
        (b"one\r\ntwo\0", "Line 2: there is a NUL character. The file is not plain UTF-8 text."),
        (b"x" * 2_000_000, "The document is larger than the limit of 1 MB: split it."),
        (b"- a\n" * 100, "Line 41: the document has more than 10 blocks: split it."),
    ],
)
def test_it_refuses_hostile_input_in_one_sentence(raw, message):
    with pytest.raises(DocumentRefused) as refusal:
        read_source(raw, Limits(size_bytes=1024 * 1024, blocks=10))

    assert refusal.value.message == message
