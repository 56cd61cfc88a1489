"""The difference of two texts as `git apply` takes it."""

import re
from collections.abc import Iterable, Iterator
from difflib import unified_diff

LINE = re.compile(rb"[^\n]*\n|[^\n]+")  # as git counts lines
NO_FINAL_NEWLINE = b"\n\\ No newline at end of file\n"
PLAIN_NAME = re.compile(rb"[ !#-\[\]-~]+")
ESCAPES = {ord("\t"): b"\\t", ord("\n"): b"\\n", ord("\r"): b"\\r", ord('"'): b'\\"', ord("\\"): b"\\\\"}


def make_patch(before: bytes, after: bytes, path: str) -> bytes:
    """A unified diff of the file at a path; empty where nothing differs."""
    # difflib compares text; Latin-1 stands for any bytes, and gives them back.
    lines = unified_diff(_lines(before), _lines(after), lineterm="\n")
    hunks = [line.encode("latin-1") for line in lines][2:]
    if not hunks:
        return b""
    old, new = (_name(prefix + path.encode()) for prefix in (b"a/", b"b/"))
    return b"".join([b"--- ", old, b"\n+++ ", new, b"\n", *_ended(hunks)])


def _lines(text: bytes) -> list[str]:
    return [line.decode("latin-1") for line in LINE.findall(text)]


def _ended(hunks: Iterable[bytes]) -> Iterator[bytes]:
    for line in hunks:
        yield line if line.endswith(b"\n") else line + NO_FINAL_NEWLINE


def _name(path: bytes) -> bytes:
    """A path as git writes it: quoted where it holds more than plain characters, ended by a tab where it has spaces."""
    if not PLAIN_NAME.fullmatch(path):
        escaped = b"".join(
            ESCAPES.get(byte) or (bytes([byte]) if 32 <= byte < 127 else b"\\%03o" % byte) for byte in path
        )
        return b'"' + escaped + b'"'
    return path + b"\t" if b" " in path else path
