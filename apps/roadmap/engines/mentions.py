"""Who a text calls by name."""

import re

# A name is an e-mail address or the part before its @, or a full name in quotes. Addresses in a text call nobody.
_MENTION = re.compile(r'(?<![\w.+@-])@(?:"(?P<full_name>[^"\n]{1,200})"|(?P<address>[\w.+-]*\w(?:@[\w.-]*\w)?))')


def read_mentions(text: str) -> list[str]:
    """The names that are called, each once: `@olga`, `@olga@example.org`, `@"Olga Operator"`."""
    found = (mention["full_name"] or mention["address"] for mention in _MENTION.finditer(text))
    return list(dict.fromkeys(name.strip().casefold() for name in found))
