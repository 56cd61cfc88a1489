"""Which stanza of which configuration, and how its server is asked what it holds."""

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlencode

from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.exceptions import AddressInvalid
from apps.common.postgresql import placement

SCHEME = "pgbackrest://"
CONFIG = "/etc/pgbackrest/pgbackrest.conf"
FULL_EVERY_DAYS = 7
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
OWN_PARAMETERS = {"stanza", "config", "full_every_days", "os_user", "verify"}


@dataclass(frozen=True)
class Stanza:
    """A stanza, and the server that it backs up."""

    name: str
    config: Path
    source: PostgreSQLSource
    full_every: timedelta
    os_user: str | None
    is_verified: bool

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read pgbackrest://USER:PASSWORD@HOST:PORT/NAME?stanza=NAME. Raises AddressInvalid."""
        if not url.startswith(SCHEME):
            raise AddressInvalid(f"The connection URL should begin with {SCHEME} and name a stanza: ...?stanza=main")
        target, _, query = url.removeprefix(SCHEME).partition("?")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        own = {name: parameters.pop(name) for name in OWN_PARAMETERS & parameters.keys()}
        return cls(
            name=_name(own, "stanza"),
            config=_absolute(own.get("config", CONFIG)),
            source=PostgreSQLSource.from_url(f"postgresql://{target}?{urlencode(parameters)}"),
            full_every=timedelta(days=_days(own.get("full_every_days", str(FULL_EVERY_DAYS)))),
            os_user=_name(own, "os_user") if "os_user" in own else None,
            is_verified=own.get("verify") == "yes",
        )

    @property
    def address(self) -> Address:
        return self.source.address

    @property
    def user(self) -> str | None:
        """Whom pgBackRest runs as. Only root can be somebody else, and as root it would make files of its own."""
        return (self.os_user or placement.server_user()) if os.geteuid() == 0 else None


def _name(parameters: dict[str, str], key: str) -> str:
    value = parameters.get(key, "")
    if not NAME.fullmatch(value):
        raise AddressInvalid(f"The connection URL needs {key}=NAME, of letters, digits, dots and dashes")
    return value


def _absolute(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise AddressInvalid("The config in the connection URL is not an absolute path, such as " + CONFIG)
    return path


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 365:
        raise AddressInvalid("The full_every_days in the connection URL is not a number of days from 1 to 365")
    return int(text)
