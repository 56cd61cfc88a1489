"""The sections of the product, and which of the admin's pages stand in which. Names apps and models as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

AppList = Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Section:
    """One word of the top navigation. Models that are not named come last, in the admin's order."""

    title: str
    apps: tuple[str, ...]
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A place to go to, and whether the reader is there."""

    title: str
    address: str
    is_current: bool = False
    pages: tuple["Link", ...] = ()


GATES = ("GateEvaluation", "SignOff", "GatePolicy", "Waiver")
REPORTS = ("Campaign",)
BACKUPS = (
    "Database",
    "Plan",
    "Backup",
    "BackupRun",
    "DrillRun",
    "RestoreRun",
    "ProofRun",
    "Storage",
    "Recipient",
    "RewrapRun",
    "DiscoveredDatabase",
)
SECTIONS = (
    Section(
        "Roadmap",
        ("roadmap",),
        ("Milestone", "WorkItem", "Task", "Criterion", "Risk", "CostLine", "Document", "Label"),
    ),
    Section("Evidence", ("evidence",), ("Binding", "ObservationRecord", "TokenScope", "SigningKey")),
    Section("Gates", ("gates",), GATES),
    Section("Reports", ("reports", "dashboards"), (*REPORTS, "ReportSchedule")),
    Section("Backups", ("backups",), BACKUPS),
    Section("Health", ("healthchecks",), ("Monitor",)),
    Section("Security", ("security",)),
    Section("Audit trail", ("audit",)),
    Section("Settings", ("catalog", "accounts", "auth", "django_celery_beat"), ("Service", "Team", "User", "Group")),
)
MOVED = {("roadmap", "Binding"): "evidence", **{("roadmap", name): "gates" for name in GATES}}
MOVED |= {("roadmap", name): "reports" for name in REPORTS}

# Parts of a periodic task's own form: reached from there.
UNLISTED = {"ClockedSchedule", "CrontabSchedule", "IntervalSchedule", "SolarSchedule"}


def sections(app_list: AppList, path: str) -> list[Link]:
    """The sections that hold at least one page this person may see, with their pages."""
    pages = list(_pages(app_list))
    links = (_section_link(section, pages, path) for section in SECTIONS)
    return [link for link in links if link is not None]


def _pages(app_list: AppList) -> Iterable[tuple[str, str, str, str]]:
    for app in app_list:
        for model in app["models"]:
            label, name = str(app["app_label"]), str(model["object_name"])
            if model.get("admin_url") and name not in UNLISTED:
                yield MOVED.get((label, name)) or label, name, str(model["name"]), model["admin_url"]


def _section_link(section: Section, pages: list[tuple[str, str, str, str]], path: str) -> Link | None:
    own = [page for page in pages if page[0] in section.apps]
    if not own:
        return None
    rank = {name: position for position, name in enumerate(section.models)}
    own.sort(key=lambda page: rank.get(page[1], len(rank)))
    links = tuple(Link(title, address, path.startswith(address)) for _, _, title, address in own)
    return Link(section.title, links[0].address, any(link.is_current for link in links), links)
