"""The five real documents that the importer is measured by, and what is known about them."""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "seeds"
DOCUMENTS: dict[str, Any] = (
    json.loads((FOLDER / "counts.json").read_text())["documents"] if (FOLDER / "counts.json").exists() else {}
)
NAMES = sorted(DOCUMENTS) or ["absent"]

needs_seeds = pytest.mark.skipif(not DOCUMENTS, reason="the five documents are not beside this repository")


def raw(name: str) -> bytes:
    """A document's bytes."""
    return (FOLDER / name).read_bytes()


def lines(name: str, *kinds: str) -> list[int]:
    """Every line of these kinds, in order."""
    known = DOCUMENTS[name]["lines"]
    return sorted(line for kind in kinds for line in known.get(kind, []))


def name_of(number: str) -> str:
    """The document whose name begins so."""
    return next((name for name in NAMES if name.startswith(number)), "absent")
