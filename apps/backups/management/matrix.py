"""The matrix of a proof, for a terminal and for the documentation."""

from rich.table import Table

from apps.backups.engines.faults.fault import Fault, OutOfReach
from apps.backups.engines.faults.proof import Proof


def matrix_of(proof: Proof) -> Table:
    """One row for each fault, what was missed first."""
    table = Table("fault", "what happened", "caught by", "finding", box=None, pad_edge=False, header_style="bold")
    for outcome in sorted(proof.outcomes, key=lambda one: one.caught):
        found = f"[green]{outcome.finding}[/]" if outcome.caught else f"[bold red]MISSED[/] {outcome.message}"
        table.add_row(outcome.id, outcome.sentence, outcome.caught_by, found)
    for one in proof.out_of_reach:
        table.add_row(f"[dim]{one.id}[/]", f"[dim]{one.sentence}[/]", "[dim]-[/]", f"[dim]{one.why}[/]")
    return table


def summary_of(proof: Proof) -> str:
    """What it comes to, in a sentence or two."""
    caught = len(proof.outcomes) - len(proof.missed)
    lines = [
        f"{caught} of {len(proof.outcomes)} faults caught, {len(proof.out_of_reach)} out of reach, "
        f"{len(proof.alarms)} false alarms in {proof.healthy} healthy drills."
    ]
    return "\n".join([*lines, *(f"[bold red]False alarm[/] {alarm}" for alarm in proof.alarms)])


def as_markdown(faults: tuple[Fault, ...], out_of_reach: tuple[OutOfReach, ...]) -> str:
    """The catalogue as two tables, for docs/backups.md."""
    caught = ["| fault | what happens | caught by | finding |", "|---|---|---|---|"]
    caught += [
        f"| `{one.id}` | {one.sentence} | {one.caught_by.value} | {' or '.join(f'`{each}`' for each in one.findings)} |"
        for one in sorted(faults, key=lambda one: one.mode)
    ]
    beyond = ["| out of reach | what happens | why |", "|---|---|---|"]
    beyond += [f"| `{one.id}` | {one.sentence} | {one.why} |" for one in out_of_reach]
    return "\n".join([*caught, "", *beyond]) + "\n"
