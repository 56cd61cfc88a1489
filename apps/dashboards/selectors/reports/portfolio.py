"""The report of many services, from their summaries: ask `bring_up_to_date` first."""

from datetime import datetime

from apps.common.wording import counted
from apps.dashboards.engines.reports.values import Cell, Column, Report, Shape, Table, Value, fact
from apps.dashboards.selectors.portfolio import Choice, ServiceRow, Totals, chosen_rows, chosen_summaries, totals_of
from apps.roadmap.engines.gate_answer import Decision

COLUMNS = (
    Column("name", "Service"),
    Column("slug", "Short name", Shape.CODE),
    Column("environment", "Environment"),
    Column("tier", "Tier"),
    Column("owner", "Owner"),
    Column("decision", "Gate", Shape.STATUS),
    Column("contradictions", "Contradicted", Shape.NUMBER),
    Column("blocking", "Blocking", Shape.NUMBER),
    Column("criteria_proven", "Proven", Shape.NUMBER),
    Column("criteria_total", "Criteria", Shape.NUMBER),
    Column("milestones_claimed_done", "Milestones claimed", Shape.NUMBER),
    Column("milestones_total", "Milestones", Shape.NUMBER),
    Column("milestone", "Next milestone"),
    Column("standing", "Its standing", Shape.STATUS),
    Column("target_on", "Its target", Shape.DAY),
    Column("regression", "Regressed"),
    Column("digest", "Digest of the answer", Shape.CODE),
)


def portfolio_report(*, choice: Choice, at: datetime) -> Report:
    """The report of the chosen services, the worst first, in a number of queries that does not grow with them."""
    rows = chosen_rows(choice)
    totals = totals_of(chosen_summaries(choice))
    return Report(
        name="portfolio",
        title=f"Readiness of {choice.team}" if choice.team else "Readiness of all services",
        answer=f"{totals.may_go} of {counted(totals.services, 'service')} may go to production.",
        decision=str(Decision.GO if totals.services and totals.may_go == totals.services else Decision.NO_GO),
        at=at,
        facts=_facts(choice, totals, at),
        tables=(Table("services", "Services", COLUMNS, list(map(_row, rows)), "No service is all of this at once."),),
    )


def _facts(choice: Choice, totals: Totals, at: datetime) -> tuple[Cell, ...]:
    return (
        fact("chosen", "Chosen", ", ".join(f"{name} {value}" for name, value in vars(choice).items() if value)),
        fact("services", "Services", totals.services),
        fact("may_go", "May go", totals.may_go),
        fact("contradictions", "Claims contradicted", totals.contradictions),
        fact("criteria_proven", "Criteria proven", totals.criteria_proven),
        fact("criteria_total", "Criteria", totals.criteria_total),
        fact("at", "Read", at, Shape.INSTANT),
    )


def _row(row: ServiceRow) -> tuple[Value, ...]:
    summary, service, target = row.summary, row.service, row.target
    return (
        service.name,
        service.slug,
        summary.environment.name,
        service.tier,
        str(service.owner or ""),
        summary.decision,
        summary.contradictions,
        summary.blocking,
        summary.criteria_proven,
        summary.criteria_total,
        summary.milestones_claimed_done,
        summary.milestones_total,
        target.name if target else "",
        target.standing if target else "",
        target.target_on if target else None,
        summary.regression,
        summary.digest,
    )
