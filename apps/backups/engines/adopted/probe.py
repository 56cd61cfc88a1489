"""Tests whether what another tool makes can be adopted and drilled here, line by line."""

from collections.abc import Iterator
from datetime import datetime

from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.probe import Line, disk_line, fine, missing
from apps.backups.exceptions import AddressInvalid, AdoptionFailed, SourceUnreachable, ToolTooOld
from apps.common.postgresql import placement
from apps.common.postgresql.binaries import Installation, PostgreSQLMissing, installation_for, server_installation_of
from apps.common.wording import duration_in_words

from .dumps import database_of, newest_dump
from .form import Form
from .header import Header
from .location import Location
from .script import require_restricting
from .stored import Dump

INSTALL = "Install it on the worker."


def probe_adopted(url: str, at: datetime) -> list[Line]:
    """Look for the newest backup as a run would, and for what a drill of it needs."""
    try:
        location = Location.from_url(url)
    except AddressInvalid as error:
        return [missing("address", error.message)]
    return [*_newest(location, at), *([_reference(location.reference)] if location.reference else [])]


def _newest(location: Location, at: datetime) -> Iterator[Line]:
    try:
        dump = newest_dump(location, now=at)
        database = database_of(dump, location)
    except (AdoptionFailed, SourceUnreachable) as error:
        yield missing("backup", error.message)
        return
    yield fine("backup", f"The newest is {dump.name}, {duration_in_words(at - dump.created_at)} old, of {database}.")
    yield _server(dump.header)
    yield _disk(dump)


def _server(header: Header) -> Line:
    try:
        installation = _installation(header)
    except (PostgreSQLMissing, ToolTooOld) as error:
        return missing("drill-server", error.message, INSTALL)
    return fine("drill-server", f"It was made by PostgreSQL {header.dump_version}; here is {installation.version}.")


def _installation(header: Header) -> Installation:
    if header.form == Form.BARMAN:
        return server_installation_of(header.major)
    installation = installation_for(header.major, with_server=True)
    if header.form == Form.SCRIPT:
        require_restricting(installation)
    return installation


def _disk(dump: Dump) -> Line:
    return disk_line(placement.temporary_folder(placement.server_user()), dump.size_bytes)


def _reference(address: Address) -> Line:
    try:
        address.connect().close()
    except SourceUnreachable as error:
        return missing("reference", error.message, "Check the address of the reference, or leave it out.")
    return fine("reference", f"The reference {address.database} answers.")
