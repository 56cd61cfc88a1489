"""What a person typed in place of what was read of a line."""

from dataclasses import replace
from typing import Any

from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.corrections import Becomes, Correction
from apps.roadmap.engines.dates import read_target
from apps.roadmap.engines.draft import Draft
from apps.roadmap.engines.entries import Criterion
from apps.roadmap.engines.marks import Claim
from apps.roadmap.engines.measures import read_measures, read_placeholders
from apps.roadmap.engines.owners import split_owners

LISTS = {
    Becomes.MILESTONE: "milestones",
    Becomes.WORK_ITEM: "work_items",
    Becomes.TASK: "tasks",
    Becomes.STEP: "tasks",
    Becomes.CRITERION: "criteria",
    Becomes.RISK: "risks",
}


def put_right(draft: Draft) -> None:
    """Give each corrected line's first entry its values, once everything is read."""
    for name in set(LISTS.values()):
        entries: list[Any] = getattr(draft, name)
        done: set[int] = set()
        for at, entry in enumerate(entries):
            line = corrected_line(draft, entry)
            if line and line not in done and LISTS.get(draft.corrected[line].becomes) == name:
                entries[at] = replace(_with_values(entry, draft.corrected[line]), rule=Rule.PERSON, doubts=())
                done.add(line)


def corrected_line(draft: Draft, entry: Any) -> int | None:
    """The corrected line that an entry comes from. A risk may have its title on one line and its words on another."""
    lines = (entry.line, getattr(entry, "risk_line", entry.line))
    return next((line for line in lines if line in draft.corrected), None)


def _with_values(entry: Any, correction: Correction) -> Any:
    said = correction.values
    changes: dict[str, Any] = {}
    if "text" in said:
        changes["text" if hasattr(entry, "text") else "title"] = said["text"]
    if "claim" in said and hasattr(entry, "claim"):
        changes["claim"] = Claim(said["claim"])
    if "owner" in said and hasattr(entry, "owner_text"):
        changes["owner_text"] = said["owner"]
        if hasattr(entry, "owners"):
            changes["owners"] = split_owners(said["owner"])
    if "target" in said and hasattr(entry, "target"):
        changes["target"] = read_target(said["target"])
    if "text" in said and isinstance(entry, Criterion):
        changes |= {"measures": read_measures(said["text"]), "placeholders": read_placeholders(said["text"])}
    return replace(entry, **changes)
