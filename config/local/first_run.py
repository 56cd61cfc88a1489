"""What happens between the start and the prompt: import, back up, drill, check, bind, report."""

from pathlib import Path

from apps.catalog.selectors import find_environment
from apps.roadmap.services.collecting import collect_all_evidence
from config.local.own_installation import ensure_own_installation
from config.local.processes import Processes
from config.local.progress import Progress
from config.local.proving import prove_backup
from config.local.report import print_report
from config.local.roadmaps import accept_suggestions, count_suggestions, import_roadmap


def prove_and_report(
    progress: Progress,
    processes: Processes,
    *,
    database_url: str,
    roadmap: Path | None,
    service: str,
    password: str | None,
) -> None:
    """Import the roadmap, prove what can be proven, and print the report."""
    own, database = ensure_own_installation(url=processes.address, database_url=database_url)
    with progress.step("Import the roadmap") as step:
        owner, imports = import_roadmap(path=roadmap, service=service)
        step.outcome = f"{', '.join(report.name for report in imports)}, for {owner.slug}"
    prove_backup(progress, processes, database)
    with progress.step("Bind the evidence and run the checks") as step:
        accepted = accept_suggestions(owner) if roadmap is None else 0
        step.outcome = f"{collect_all_evidence(environment=own)} checks, {accepted} bindings accepted"
    print_report(
        progress.console,
        environment=find_environment(owner),
        database=database,
        imports=imports,
        suggestions=0 if roadmap is None else count_suggestions(owner),
        address=processes.address,
        password=password,
    )
