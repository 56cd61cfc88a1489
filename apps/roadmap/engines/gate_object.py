"""The gate's answer as one object of plain values, for JSON and for snapshots."""

from dataclasses import asdict
from typing import Any

from apps.roadmap.engines.gate_answer import Finding, GateAnswer, GateLine
from apps.roadmap.engines.gate_signatures import LaunchRecord, Override, RoleSignatures


def as_object(answer: GateAnswer) -> dict[str, Any]:
    """The answer as one object of plain values, for JSON."""
    return {
        "decision": str(answer.decision),
        "headline": answer.headline,
        "digest": answer.digest,
        "decision_digest": answer.decision_digest,
        "service": answer.subject.service,
        "environment": answer.subject.environment,
        "milestone": answer.subject.milestone or None,
        "policy_version": answer.policy_version,
        "regressed": answer.is_regressed,
        "launched": _launch_as_object(answer.launch),
        "override": _override_as_object(answer.override),
        "sign_offs": [_role_as_object(each) for each in answer.roles],
        "findings": [_finding_as_object(each) for each in answer.findings],
        "criteria": [_line_as_object(line) for line in answer.lines],
        "warnings": list(answer.warnings),
    }


def _line_as_object(line: GateLine) -> dict[str, Any]:
    waiver = asdict(line.criterion.waiver) if line.criterion.waiver else None
    return {**vars(line.criterion), "waiver": waiver, "outcome": str(line.outcome)}


def _finding_as_object(finding: Finding) -> dict[str, Any]:
    concern = finding.concern
    words = {"sentence": concern.sentence, "action": concern.action}
    return {"id": finding.id, "kind": str(concern.kind), "outcome": finding.outcome, **words}


def _role_as_object(each: RoleSignatures) -> dict[str, Any]:
    return {
        "role": each.role.name,
        "needed": each.role.needed,
        "signed": len(each.approvals),
        "is_signed": each.is_signed,
        "sentence": each.sentence,
        "signatures": [
            {"person": one.person, "approves": one.approves, "at": one.at.isoformat(), "comment": one.comment}
            for one in (*each.approvals, *each.rejections)
        ],
    }


def _override_as_object(override: Override | None) -> dict[str, Any] | None:
    if override is None:
        return None
    instants = {"at": override.at.isoformat(), "ends_at": override.ends_at.isoformat()}
    return {"role": override.role, "person": override.person, "reason": override.reason, **instants}


def _launch_as_object(launch: LaunchRecord | None) -> dict[str, Any] | None:
    return (
        {"at": launch.at.isoformat(), "decision": launch.decision, "evaluation": launch.evaluation} if launch else None
    )
