"""Where a database is, as its tools and its driver want to hear it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from apps.backups.exceptions import AddressInvalid, SourceUnreachable

from .reasons import UNTRUSTED, reason_for

SECRET_PARAMETERS = {"password": "PGPASSWORD", "sslpassword": "PGSSLPASSWORD"}
CONNECT_SECONDS = 10
# An @ or / that is not percent-encoded ends the password: its rest is taken for the host or the name, and shown so.
CUT_PASSWORD = re.compile(r"postgres(?:ql)?://[^/]*(?:@[^/]*|/[^?]*)@")


@dataclass(frozen=True)
class Address:
    """One database. Secrets travel by environment or inside the driver, never on a command line."""

    parameters: Mapping[str, Any] = field(repr=False)

    @property
    def database(self) -> str:
        return str(self.parameters.get("dbname", ""))

    @property
    def environment(self) -> dict[str, str]:
        """The secrets and limits, as libpq reads them from the environment."""
        secrets = {name: self.parameters.get(key) for key, name in SECRET_PARAMETERS.items()}
        found = {name: str(value) for name, value in secrets.items() if value}
        return {"PGCONNECT_TIMEOUT": str(CONNECT_SECONDS), "PGAPPNAME": "seaworthy", **found}

    @property
    def secrets(self) -> list[str]:
        return [str(self.parameters[key]) for key in SECRET_PARAMETERS if self.parameters.get(key)]

    @property
    def public_conninfo(self) -> str:
        """The connection string without its secrets, fit for an argument list."""
        return make_conninfo(**{key: value for key, value in self.parameters.items() if key not in SECRET_PARAMETERS})

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A new connection, or SourceUnreachable with the server's own words."""
        try:
            settings = {"connect_timeout": CONNECT_SECONDS, "application_name": "seaworthy", **self.parameters}
            return psycopg.connect(**settings, autocommit=autocommit)
        except psycopg.Error as error:
            words = _one_line(error)
            said = f"{reason} ({words})" if (reason := reason_for(words, UNTRUSTED)) else words
            raise SourceUnreachable(f"Cannot connect to the database {self.database}: {said}") from error


def parse_address(url: str) -> Address:
    """Read a postgresql:// URL or a libpq connection string."""
    if CUT_PASSWORD.match(url):
        raise AddressInvalid("The connection URL has an @ or / too many: in a password or name write %40 and %2F")
    try:
        parameters = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # The driver's words may repeat part of the URL, password included, so they are not passed on.
        raise AddressInvalid("The connection URL is not one; write postgresql://USER:PASSWORD@HOST:PORT/NAME") from None
    if not parameters.get("dbname"):
        raise AddressInvalid("The connection URL names no database: it should end in /NAME")
    return Address(parameters)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
