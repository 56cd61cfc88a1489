"""How bad findings are, in the four words that every scanner's findings are counted by."""

from collections import Counter
from collections.abc import Iterable

SEVERITIES = ("critical", "high", "medium", "low")
_FROM_SCORE = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))  # the bands of CVSS


def severity_of_score(score: float) -> str:
    """The word for a score from 0 to 10; none for 0."""
    return next((word for least, word in _FROM_SCORE if score >= least and score > 0), "")


def count_severities(found: Iterable[str], suppressed: int) -> dict[str, int]:
    """How many there are of each severity. Those without a word are no findings."""
    counts = Counter(found)
    return {word: counts[word] for word in SEVERITIES} | {"suppressed": suppressed}
