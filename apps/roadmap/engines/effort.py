"""How much work something is, from the words of an estimate."""

import re
from decimal import Decimal

HOURS_OF_A_DAY = Decimal(8)
DAYS_OF = {"h": 1 / HOURS_OF_A_DAY, "d": Decimal(1), "w": Decimal(5), "m": Decimal(20)}
_NUMBER = r"(?P<{}>\d{{1,5}}(?:[.,]\d{{1,3}})?)"
_UNIT = r"(?P<unit>h(?:ours?|rs?)?|(?:working |person[- ]|man[- ])?d(?:ays?)?|w(?:eeks?|ks?)?|months?)\b"
_EFFORT = re.compile(
    rf"{_NUMBER.format('low')}(?:\s*(?:-|–|—|to)\s*{_NUMBER.format('high')})?[\s-]*{_UNIT}", re.IGNORECASE
)


def read_effort(text: str) -> Decimal | None:
    """Working days by the upper end of a range: `4h` is 0.5, `2 weeks` 10, `1-2 days` 2; None without a length."""
    lengths = [_days(found) for found in _EFFORT.finditer(text)]
    return sum(lengths, Decimal(0)) if lengths else None


def _days(found: re.Match[str]) -> Decimal:
    numbers = [Decimal(number.replace(",", ".")) for number in found.group("low", "high") if number]
    unit = re.sub(r"^(?:working |person[- ]|man[- ])", "", found["unit"].lower())
    return max(numbers) * DAYS_OF[unit[0]]
