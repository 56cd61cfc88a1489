"""An archive of pg_dump, made of what is none: a script, or a whole server's files, by way of a throwaway server.

A script may name other databases, remove and change them. Nothing of it is run on the server that gets the new one.
"""

from pathlib import Path

from apps.backups.engines.postgresql.address import parse_address
from apps.backups.engines.postgresql.isolated import make_session_options
from apps.common import shell
from apps.common.isolation import isolation_for

from .form import Form
from .restored import Copy

CONVERTED = {
    Form.SCRIPT: " A script says nothing of its database's locale: this one sorts text by its bytes, in UTF-8.",
    Form.BARMAN: " Of Barman's whole server, this is the one database.",
}


def owner_of_the_rest(connection_url: str) -> str:
    """To whom belongs what a script gives to nobody: whoever restores it. Raises SourceUnreachable."""
    with parse_address(connection_url).connect() as connection:
        return connection.info.user


def dump_copy(copy: Copy, database: str, target: Path, *, timeout_seconds: float) -> None:
    """Write the archive. Raises ToolFailed."""
    server = copy.server
    parameters = server.connection_parameters(database)
    places = [f"--{option}={parameters[option]}" for option in ("host", "port")]
    where = [*places, f"--username={parameters['user']}", f"--dbname={parameters['dbname']}"]
    shell.run(
        shell.Command(
            [server.installation.program("pg_dump"), "--format=custom", "--no-password", f"--file={target}", *where],
            behind=isolation_for(None).arguments if server.isolation.arguments else (),
            environment={
                "PGPASSWORD": parameters["password"],
                "PGOPTIONS": make_session_options(server.installation.major),
            },
            secrets=[parameters["password"]],
            timeout_seconds=timeout_seconds,
        )
    )
