"""The page about backups says what the code does."""

from pathlib import Path

from apps.backups.engines import findings, storage_findings

PAGE = Path(__file__).parents[2] / "docs" / "backups.md"


def test_every_finding_is_explained() -> None:
    text = PAGE.read_text()
    constants = {**vars(findings), **vars(storage_findings)}
    identifiers = [value for name, value in constants.items() if name.isupper() and isinstance(value, str)]

    assert len(identifiers) > 20
    assert [identifier for identifier in identifiers if f"`{identifier}`" not in text] == []
