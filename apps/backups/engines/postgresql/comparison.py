"""Compares a restored database with what its source was. Pure: two fingerprints in, findings out."""

from collections.abc import Iterator, Sequence

from apps.backups.engines import findings
from apps.backups.engines.findings import Finding

from .catalog_queries import KINDS, PORTABLE_PARTS
from .fingerprint import Fingerprint, SequencePosition
from .roles import COMPARED, Role

SENTENCES = {
    "owner": (findings.OWNER_DIFFERS, "The owner of the {what} is {restored}; at backup time it was {source}."),
    "privileges": (findings.PRIVILEGES_DIFFER, "The privileges on the {what} are not those of backup time."),
    "large_object_privileges": (
        findings.PRIVILEGES_DIFFER,
        "Privileges on large objects are others than at backup time.",
    ),
    "default_privileges": (findings.PRIVILEGES_DIFFER, "Default privileges are not those of backup time."),
    "column_privileges": (findings.PRIVILEGES_DIFFER, "Column privileges on the {what} are not those of backup time."),
}
SHOWN_TABLES = 10
OTHER_SENTENCE = (findings.SCHEMA_DIFFERS, "The {part} of the {what} differ from backup time.")


def compare(source: Fingerprint, restored: Fingerprint) -> list[Finding]:
    """Everything in which the restored database is not exactly the source. Empty means proven."""
    return [
        *_compare_settings(source, restored),
        *_compare_extensions(source.extensions, restored.extensions),
        *_compare_objects(source, restored),
        *_compare_contents(source, restored),
        *_compare_sequences(source, restored),
        *_compare_large_objects(source, restored),
    ]


def _compare_settings(source: Fingerprint, restored: Fingerprint) -> Iterator[Finding]:
    if source.encoding != restored.encoding:
        message = f"The encoding is {restored.encoding}; at backup time it was {source.encoding}."
        yield Finding(findings.ENCODING_DIFFERS, message)
    before, after = source.collating, restored.collating
    if before != after:
        message = f"The collation is {' '.join(after)}; at backup time it was {' '.join(before)}."
        yield Finding(findings.COLLATION_DIFFERS, message)
    elif source.collation_version and source.collation_version != restored.collation_version:
        versions = f"{restored.collation_version} here, {source.collation_version} at the source"
        message = f"The rules by which text is sorted are of another version: {versions}."
        yield Finding(findings.COLLATION_VERSION_DIFFERS, message)


def _compare_extensions(source: dict[str, str], restored: dict[str, str]) -> Iterator[Finding]:
    """A dump creates extensions in whatever version the restoring server has, so another version is no fault of it."""
    for name, version in source.items():
        if name not in restored:
            message = f"The extension {name} {version} is missing after the restore."
            yield Finding(findings.EXTENSION_MISSING, message)
        elif restored[name] != version:
            message = f"The extension {name} is of version {restored[name]} here; the source has {version}."
            yield Finding(findings.EXTENSION_VERSION_DIFFERS, message)


def _compare_objects(source: Fingerprint, restored: Fingerprint) -> Iterator[Finding]:
    same_major = source.server_major == restored.server_major
    for kind in [kind for kind in KINDS if kind in source.objects]:  # an older manifest does not know every kind
        before, after = source.objects[kind], restored.objects.get(kind, {})
        for name in sorted(before.keys() - after.keys()):
            identifier = findings.TABLE_MISSING if kind == "table" else findings.OBJECT_MISSING
            yield Finding(identifier, f"The {kind} {name} is missing after the restore.")
        for name in sorted(after.keys() - before.keys()):
            message = f"The {kind} {name} is there after the restore; it was not at backup time."
            yield Finding(findings.OBJECT_UNEXPECTED, message)
        for name in sorted(before.keys() & after.keys()):
            what = kind if kind == name else f"{kind} {name}"
            yield from _compare_parts(what, before[name], after[name], same_major=same_major)


def _compare_parts(
    what: str, source: dict[str, str], restored: dict[str, str], *, same_major: bool
) -> Iterator[Finding]:
    for part, before in source.items():
        after = restored.get(part)
        if before == after or not (same_major or part in PORTABLE_PARTS):
            continue
        if part == "privileges" and source["owner"] != restored["owner"]:  # they always name the owner
            continue
        identifier, sentence = SENTENCES.get(part, OTHER_SENTENCE)
        named = part.replace("_", " ")
        yield Finding(identifier, sentence.format(what=what, part=named, source=before, restored=after))


def compare_roles(source: Sequence[Role], restored: Sequence[Role]) -> list[Finding]:
    """Roles but for what a throwaway server changes on purpose: nobody signs in, and passwords stay away."""
    return list(_compare_roles(source, restored))


def _compare_roles(source: Sequence[Role], restored: Sequence[Role]) -> Iterator[Finding]:
    found = {role.name: role for role in restored}
    for before in source:
        after = found.get(before.name)
        if after is None:
            yield Finding(findings.ROLE_MISSING, f"The role {before.name} is missing after the restore.")
        elif differing := [name for name in COMPARED if getattr(before, name) != getattr(after, name)]:
            named = ", ".join(name.replace("_", " ") for name in differing)
            message = f"The role {before.name} is not what it was at backup time: {named}."
            yield Finding(findings.ROLE_DIFFERS, message)


def _compare_contents(source: Fingerprint, restored: Fingerprint) -> Iterator[Finding]:
    sampled = [name for name, table in source.tables.items() if table.one_in > 1]
    if sampled:
        message = f"Of {len(sampled)} large tables a sample of rows was compared, and every row counted: "
        yield Finding(findings.CONTENT_SAMPLED, f"{message}{', '.join(sampled[:SHOWN_TABLES])}.")
    for name, before in source.tables.items():
        after = restored.tables.get(name)
        if after is None:  # already named as a missing table
            continue
        if before.rows != after.rows:
            message = f"The table {name} holds {after.rows} rows; at backup time it held {before.rows}."
            yield Finding(findings.ROW_COUNT_DIFFERS, message)
        elif before.content != after.content:
            message = f"The table {name} holds the same number of rows, {after.rows}, but not the same ones."
            yield Finding(findings.CONTENT_DIFFERS, message)


def _compare_sequences(source: Fingerprint, restored: Fingerprint) -> Iterator[Finding]:
    for name, before in source.sequences.items():
        after = restored.sequences.get(name)
        if after is None:
            continue
        low, high = _reachable(before)
        position = _position(after.last_value, after.is_called)
        if position < low:
            message = f"The sequence {name} stands at {after.last_value}; at backup time it was at {before.last_value}."
            yield Finding(findings.SEQUENCE_BEHIND, message)
        elif position > high:
            message = (
                f"The sequence {name} stands at {after.last_value}; "
                f"when the backup ended it was at {before.last_value_afterwards}."
            )
            yield Finding(findings.SEQUENCE_AHEAD, message)


def _reachable(sequence: SequencePosition) -> tuple[tuple[int, bool], tuple[int, bool]]:
    """The two ends between which the dump read the sequence, whichever way it counts."""
    ends = [
        _position(sequence.last_value, sequence.is_called),
        _position(sequence.last_value_afterwards, sequence.is_called_afterwards),
    ]
    return min(ends), max(ends)


def _position(last_value: int, is_called: bool) -> tuple[int, bool]:
    return (last_value, is_called)


def _compare_large_objects(source: Fingerprint, restored: Fingerprint) -> Iterator[Finding]:
    before, after = source.large_objects, restored.large_objects
    if before != after:
        message = (
            f"There are {after.count} large objects of {after.size_bytes} bytes; "
            f"at backup time there were {before.count} of {before.size_bytes} bytes"
            f"{', and their contents differ' if before.size_bytes == after.size_bytes else ''}."
        )
        yield Finding(findings.LARGE_OBJECTS_DIFFER, message)
