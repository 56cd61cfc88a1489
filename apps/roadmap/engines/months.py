"""The names of the months in English, German, French and Spanish."""

import re
import unicodedata

_NAMES = (
    "january jan januar jänner janvier janv enero ene",
    "february feb februar février févr fév febrero",
    "march mar märz maerz mrz mars marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet juil julio",
    "august aug août agosto ago",
    "september sept sep septembre septiembre setiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre déc diciembre dic",
)


def _without_accents(name: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", name.lower()) if not unicodedata.combining(char))


NUMBER_BY_MONTH = {
    _without_accents(name): number for number, names in enumerate(_NAMES, start=1) for name in names.split()
}
_SPELLINGS = {spelling for names in _NAMES for name in names.split() for spelling in (name, _without_accents(name))}
MONTH = rf"(?P<month>{'|'.join(sorted(map(re.escape, _SPELLINGS), key=len, reverse=True))})(?![^\W\d_])\.?"


def number_of_month(name: str) -> int:
    """The month's number, from 1."""
    return NUMBER_BY_MONTH[_without_accents(name)]
