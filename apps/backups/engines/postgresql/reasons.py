"""Why a source could not be dumped, in a sentence that says what to do."""

import re
from collections.abc import Mapping

UNTRUSTED = {
    r"certificate verify failed|does not match host name|root certificate file|certificate has expired": (
        "The server's certificate is not trusted: it expired, or is of another name or authority. Correct the host, "
        "sslrootcert or sslmode in the connection URL, or the certificate."
    ),
}
REASONS = {
    **UNTRUSTED,
    r"conflict with recovery": (
        "The standby ended the dump, since it had to replay a change of what was being read. Raise "
        "max_standby_streaming_delay there, or back up the primary."
    ),
    r"SSL support is not compiled in": (
        "The installed pg_dump was built without TLS. Install that of the system, such as by apt-get install "
        "postgresql-client."
    ),
    r"pg_dump was killed by signal 9": (
        "Somebody killed pg_dump, such as the kernel when memory ran out. The next backup tries again."
    ),
    r"lock timeout|could not obtain lock": (
        "Somebody holds a lock on a table, and the backup does not wait longer for it. Back up when it is released."
    ),
    r"permission denied|must be (owner|superuser)": (
        "The backup's user may not read everything. GRANT pg_read_all_data to it, or make it the owner."
    ),
    r"row-level security|row_security": (
        "Row security hides rows from the backup's user. Give it BYPASSRLS, or make it the owner of the tables."
    ),
    r"no password supplied|password authentication failed|authentication failed": (
        "The server does not accept the password. Put the right one into the connection URL."
    ),
    r"server version mismatch": "The installed pg_dump is older than the server. Install a newer client.",
    r"invalid page in block|page verification failed|missing chunk number|invalid memory alloc": (
        "The source's own data is damaged. Restore it from the newest proven backup, before that is too old."
    ),
    r"server closed the connection|terminating connection|the database system is|connection to server .* failed": (
        "The server went away during the dump, so nothing was stored. The next backup tries again."
    ),
}


def reason_for(words: str, reasons: Mapping[str, str] = REASONS) -> str:
    """The sentence for what a tool or the driver said. Empty when there is none."""
    return next((reason for pattern, reason in reasons.items() if re.search(pattern, words)), "")
