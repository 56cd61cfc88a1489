"""Faults of what lies beside the artefact: the roles, without which nothing in it belongs to anybody."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from apps.backups.engines import findings
from apps.backups.engines.artefact import name_for, read_companion, store_companion
from apps.backups.engines.postgresql.roles import GLOBALS_NAME

from .case import Case
from .fault import Fault, NotApplicable, drilled, make_fault

ROLE = re.compile(r"^SELECT 'CREATE ROLE .*? \\gexec\n", re.DOTALL | re.MULTILINE)
RIGHT = re.compile(r"\bNOCREATEDB\b")

Change = Callable[[str], str]


def lose_roles(case: Case) -> None:
    """The script of the roles is gone."""
    _roles_of(case).unlink()


def cut_roles(case: Case) -> None:
    """Half of the script is missing."""
    data = _roles_of(case).read_bytes()
    _roles_of(case).write_bytes(data[: len(data) // 2])


def swap_roles(case: Case) -> None:
    """The script of another backup lies in its place."""
    other = (case.healthy.older_folder / _roles_of(case).name).read_bytes()
    if other == _roles_of(case).read_bytes():
        raise NotApplicable("Two backups, one after the other, have the same roles and are not encrypted.")
    _roles_of(case).write_bytes(other)


def rewritten(change: Change) -> Callable[[Case], None]:
    """The script was written otherwise, and the manifest has the size and the checksum of that."""

    def damage(case: Case) -> None:
        recipients = case.healthy.recipients
        text = read_companion(_roles_of(case), recipients, case.healthy.identities).decode()
        changed = change(text)
        if changed == text:
            raise NotApplicable("The server has no such role.")
        with _roles_of(case).open("wb") as file:
            companion = store_companion(GLOBALS_NAME, changed.encode(), file, recipients=recipients)
        case.publish(replace(case.read_manifest(), companions=(companion,)))

    return damage


def without_a_role(text: str) -> str:
    """The first role is not created."""
    return ROLE.sub("", text, count=1)


def with_a_right_more(text: str) -> str:
    """The first role that may not create databases may."""
    return RIGHT.sub("CREATEDB", text, count=1)


def _roles_of(case: Case) -> Path:
    return case.folder / name_for(case.healthy.recipients, GLOBALS_NAME)


def fault(identifier: str, sentence: str, expected: str | tuple[str, ...], damage: Callable[[Case], None]) -> Fault:
    """A fault that a drill of PostgreSQL must name."""
    return make_fault(36, identifier, sentence, expected, drilled(damage), engines=("postgresql",))


UNCREATED = (findings.ROLE_MISSING, findings.OWNER_DIFFERS, findings.RESTORE_FAILED)

BESIDE_FAULTS = [
    fault("missing-roles", "The script of the roles is gone.", findings.ARTEFACT_MISSING, lose_roles),
    fault("cut-roles", "Half of the script of the roles is missing.", findings.ARTEFACT_TRUNCATED, cut_roles),
    fault(
        "swapped-roles", "The script of the roles is that of another backup.", findings.ARTEFACT_CHECKSUM_DIFFERS,
        swap_roles,
    ),
    fault(
        "unwritten-role", "One role is not in the script, which has the right checksum.", UNCREATED,
        rewritten(without_a_role),
    ),
    fault(
        "changed-role", "One role of the script may do more, and the checksum is right.", findings.ROLE_DIFFERS,
        rewritten(with_a_right_more),
    ),
]  # fmt: skip
