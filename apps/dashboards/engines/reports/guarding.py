"""No cell of a report is ever a formula."""

import re

# What a spreadsheet would take for the beginning of a formula, in either width of Asian letters.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")


def guarded(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would compute."""
    return f"'{text}" if _FORMULA.match(text) else text
