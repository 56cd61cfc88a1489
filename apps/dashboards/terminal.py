"""A service's readiness on a terminal: the answer, what is said but not so, and what blocks."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from apps.roadmap.engines.gate_answer import Decision, GateAnswer, GateLine
from apps.roadmap.engines.standing import Standing
from apps.roadmap.selectors.statuses import MilestoneStatus, Readiness

INDENT = (0, 0, 0, 2)
LINES_SHOWN = 8

_DECISION_STYLES = {
    Decision.GO: "bold green",
    Decision.GO_WITH_WAIVERS: "bold yellow",
    Decision.READY_TO_SIGN: "bold yellow",
}
_MARKS = {
    Standing.VERIFIED: ("●", "green"),
    Standing.MET_NOT_CLAIMED: ("●", "green"),
    Standing.CONTRADICTED: ("✕", "red"),
    Standing.FAILING: ("✕", "red"),
    Standing.DECAYED: ("◷", "yellow"),
    Standing.UNVERIFIED: ("◐", "yellow"),
    Standing.UNKNOWN: ("?", "yellow"),
    Standing.WAIVED: ("▣", "yellow"),
}


def readiness_report(known: Readiness, answer: GateAnswer) -> RenderableType:
    """The whole report of one service."""
    return Group(*_parts(known, answer))


def headline(known: Readiness) -> str:
    """The two counts that say most: what people claim, and what is proven."""
    return (
        f"{known.milestones_claimed_done} of {known.milestones_total} milestones claimed done, "
        f"{known.criteria_proven} of {known.criteria_total} criteria proven"
    )


def _parts(known: Readiness, answer: GateAnswer) -> Iterator[RenderableType]:
    yield Text(f"{known.service} · {known.environment.name} · tier {known.service.tier}", style="bold")
    yield Text(headline(known))
    if known.contradictions:
        yield Text("\nSaid, but not so", style="bold red")
        yield _sentences([each.sentence for each in known.contradictions])
    if known.milestones:
        yield Text("")
        yield _milestone_table(known)
    style = _DECISION_STYLES.get(answer.decision, "bold red")
    yield Text.assemble("\nGate: ", (answer.headline, style))
    findings = [f"{each.concern.sentence} {each.concern.action}" for each in answer.blocking_findings]
    yield _sentences([*findings, *(_why(line) for line in answer.blocking)])


def _sentences(sentences: list[str]) -> RenderableType:
    shown = [Text(f"• {sentence}") for sentence in sentences[:LINES_SHOWN]]
    more = len(sentences) - len(shown)
    return Padding(Group(*shown, *([Text(f"  and {more} more", style="dim")] if more > 0 else [])), INDENT)


def _milestone_table(known: Readiness) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")  # fits 80 columns
    table.add_column("Milestone", overflow="fold", min_width=13)
    table.add_column("Owner", overflow="fold", min_width=14)
    for name in ("Target", "Claim", "Proven", "Standing"):
        table.add_column(name, no_wrap=True)
    for status in known.milestones:
        table.add_row(*_milestone_row(status))
    return table


def _milestone_row(status: MilestoneStatus) -> list[RenderableType]:
    mark, style = _MARKS.get(status.standing, ("◌", ""))
    milestone = status.milestone
    target = f"{milestone.target_on or 'none'}{' late' if status.is_overdue else ''}"
    return [
        Text(str(milestone)),
        Text(", ".join(status.owners) or "nobody"),
        Text(target, style="red" if status.is_overdue else ""),
        Text(milestone.get_claim_display()),
        Text(f"{status.criteria_proven} of {status.criteria_total}"),
        Text(f"{mark} {status.standing.label}", style=style),
    ]


def _why(line: GateLine) -> str:
    criterion = line.criterion
    text = " ".join(criterion.text.split()).rstrip(".")
    end = "" if text.endswith(("?", "!")) else "."
    place = f"{criterion.milestone}: " if criterion.milestone else ""
    return f"{place}{text}{end} {criterion.reason}"
