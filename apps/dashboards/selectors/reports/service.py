"""The report of one service: the gate's answer, and everything that it rests on."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from apps.catalog.models import Environment
from apps.dashboards.engines.reports.values import Cell, Column, Report, Shape, Table, Value, fact
from apps.roadmap.engines.gate_answer import GateAnswer
from apps.roadmap.models import CostLine, Risk, Waiver
from apps.roadmap.selectors.decisions import sign_offs_of
from apps.roadmap.selectors.gate import gate_of
from apps.roadmap.selectors.gate_page import state_of
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.statuses import CriterionStatus, MilestoneStatus, Readiness

MISSING = "missing"
NAME, OWNER = Column("name", "Name"), Column("owner", "Owner")
CLAIM, STANDING = Column("claim", "Claim", Shape.STATUS), Column("standing", "Standing", Shape.STATUS)
EVIDENCE, STATE = Column("evidence", "Evidence", Shape.STATUS), Column("state", "State", Shape.STATUS)
REASON, ACTION = Column("reason", "Why"), Column("action", "What to do")
MILESTONE, COMMENT = Column("milestone", "Milestone"), Column("comment", "Comment")
PERSON, ROLE = Column("person", "Person"), Column("role", "Role")
Rows = Iterator[tuple[Value, ...]]


def service_report(*, environment: Environment, at: datetime) -> Report:
    """The report of the environment's service at the instant, in a number of queries that does not grow with it."""
    known = readiness(environment=environment, at=at)
    answer = gate_of(known)
    return Report(
        name=f"{known.service.slug}-{environment.name}",
        title=f"{known.service.name}, {environment.name}",
        answer=answer.headline,
        decision=str(answer.decision),
        at=known.at,
        facts=_facts(known, answer),
        tables=(
            _blocking(answer),
            _contradictions(known),
            _milestones(known.milestones),
            _criteria(known.criteria),
            _risks(known),
            _costs(known),
            _waivers(environment, at),
            _sign_offs(environment, answer),
        ),
    )


def _facts(known: Readiness, answer: GateAnswer) -> tuple[Cell, ...]:
    service = known.service
    return (
        fact("service", "Service", service.slug),
        fact("environment", "Environment", known.environment.name),
        fact("tier", "Tier", service.tier),
        fact("owner", "Owner", str(service.owner or "nobody")),
        fact("decision", "Gate", str(answer.decision), Shape.STATUS),
        fact("ground", "Ground", answer.ground),
        fact("regression", "Regressed", answer.regression),
        fact("milestones_claimed_done", "Milestones claimed done", known.milestones_claimed_done),
        fact("milestones_total", "Milestones", known.milestones_total),
        fact("criteria_proven", "Criteria proven", known.criteria_proven),
        fact("criteria_total", "Criteria", known.criteria_total),
        fact("policy_version", "Policy", answer.policy_version),
        fact("documents", "Documents", ", ".join(f"{name} {sha256[:12]}" for name, sha256 in answer.subject.documents)),
        fact("at", "Read", known.at, Shape.INSTANT),
        fact("digest", "Digest of the answer", answer.digest, Shape.CODE),
    )


def _blocking(answer: GateAnswer) -> Table:
    findings = ((each.concern.sentence, "", "", each.concern.action) for each in answer.blocking_findings)
    criteria = (
        (line.criterion.text, line.criterion.milestone, line.criterion.reason, line.criterion.action)
        for line in answer.blocking
    )
    columns = NAME, MILESTONE, REASON, ACTION
    return Table("blocking", "What stands in the way", columns, list(chain(findings, criteria)), "Nothing.")


def _contradictions(known: Readiness) -> Table:
    rows = [(each.sentence, each.detail, each.action) for each in known.contradictions]
    columns = NAME, Column("detail", "Detail"), ACTION
    return Table("contradictions", "Said, but not so", columns, rows, "Nothing is said that is not so.")


def _milestones(milestones: Sequence[MilestoneStatus]) -> Table:
    columns = (
        NAME, CLAIM, EVIDENCE, STANDING, OWNER, Column("target_on", "Target", Shape.DAY),
        Column("days_late", "Days late", Shape.NUMBER), Column("criteria_proven", "Proven", Shape.NUMBER),
        Column("criteria_total", "Criteria", Shape.NUMBER), Column("tasks_done", "Tasks done", Shape.NUMBER),
        Column("tasks_total", "Tasks", Shape.NUMBER),
    )  # fmt: skip
    rows = [
        (
            str(each.milestone), each.claim, str(each.evidence), str(each.standing), ", ".join(each.owners),
            each.milestone.target_on, each.days_late or None, each.criteria_proven, each.criteria_total,
            each.tasks_done, each.tasks_total,
        )
        for each in milestones
    ]  # fmt: skip
    return Table("milestones", "Milestones", columns, rows, "The roadmap names no milestones.")


def _criteria(criteria: Sequence[CriterionStatus]) -> Table:
    columns = (
        NAME, MILESTONE, Column("requirement", "Requirement"), CLAIM, EVIDENCE, STANDING,
        Column("seen_at", "Proven", Shape.INSTANT), Column("expires_at", "Runs out", Shape.INSTANT), REASON,
    )  # fmt: skip
    return Table("criteria", "Criteria", columns, list(map(_criterion, criteria)), "The roadmap names no criteria.")


def _criterion(status: CriterionStatus) -> tuple[Value, ...]:
    """All of its evidence has to hold, so the oldest counts, and what runs out first."""
    seen = [each.observed_at for each in status.bindings if each.observed_at]
    ends = [each.expires_at for each in status.bindings if each.expires_at]
    return (
        status.criterion.text,
        str(status.milestone or status.work_item or ""),
        status.criterion.requirement,
        status.claim,
        str(status.evidence),
        str(status.standing),
        min(seen) if seen and status.is_proven else None,
        min(ends, default=None),
        status.reason,
    )


def _risks(known: Readiness) -> Table:
    columns = (
        NAME, STATE, Column("severity", "Severity", Shape.STATUS), Column("likelihood", "Likelihood", Shape.STATUS),
        OWNER, Column("mitigations", "Mitigations"),
    )  # fmt: skip
    risks = Risk.objects.current().of_service(known.service).prefetch_related("owners", "mitigations")
    rows = [
        (
            risk.title, risk.status, risk.severity, risk.likelihood, ", ".join(map(str, risk.owners.all())),
            "; ".join(each.text for each in risk.mitigations.all()),
        )
        for risk in risks
    ]  # fmt: skip
    return Table("risks", "Risks", columns, rows, "The roadmap names no risks.")


def _costs(known: Readiness) -> Table:
    columns = (
        NAME, Column("kind", "Kind"), Column("amount_minimum", "From", Shape.NUMBER),
        Column("amount_maximum", "To", Shape.NUMBER), Column("currency", "Currency"), Column("period", "Period"),
    )  # fmt: skip
    rows = [
        (each.label, each.kind, each.amount_minimum, each.amount_maximum, each.currency, each.period)
        for each in CostLine.objects.current().of_service(known.service)
    ]
    return Table("costs", "Costs", columns, rows, "The roadmap names no costs.")


def _waivers(environment: Environment, at: datetime) -> Table:
    columns = (
        NAME, STATE, Column("ends_at", "Until", Shape.INSTANT), Column("compensating_control", "Until then"), REASON,
        Column("requested_by", "Asked for by"), Column("decided_by", "Decided by"),
    )  # fmt: skip
    waivers = Waiver.objects.filter(environment=environment).by_urgency(at)
    rows = [
        (
            each.criterion.text, str(each.phase(at)), each.ends_at, each.compensating_control, each.reason,
            str(each.requested_by), str(each.decided_by or ""),
        )
        for each in waivers.select_related("criterion", "requested_by", "decided_by")
    ]  # fmt: skip
    return Table("waivers", "Waivers", columns, rows, "Nothing is waived.")


def _sign_offs(environment: Environment, answer: GateAnswer) -> Table:
    columns = ROLE, PERSON, STATE, Column("signed_at", "Signed", Shape.INSTANT), COMMENT
    rows = [*_missing_signatures(answer), *_signatures(environment, answer)]
    return Table("sign_offs", "Sign-offs", columns, rows, "The policy asks for no signature.")


def _missing_signatures(answer: GateAnswer) -> Rows:
    for each in answer.unsigned_roles:
        yield each.role.name, "", MISSING, None, each.sentence


def _signatures(environment: Environment, answer: GateAnswer) -> Rows:
    for each in sign_offs_of(environment, answer.subject.milestone):
        yield each.role, str(each.person), str(state_of(each, answer.decision_digest)), each.at, each.comment
