"""Django's own deploy checks, run inside this process."""

from dataclasses import asdict, dataclass
from typing import Any

from django.core.checks import CRITICAL, ERROR, WARNING, run_checks


@dataclass(frozen=True)
class Finding:
    """What a check complained about."""

    id: str
    level: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class DeployReport:
    """All complaints that are not silenced; there are no others."""

    findings: tuple[Finding, ...]

    def count(self, level: str) -> int:
        """How many complaints are of that level."""
        return sum(finding.level == level for finding in self.findings)

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "criticals": self.count("critical"),
            "errors": self.count("error"),
            "warnings": self.count("warning"),
            "ids": sorted({finding.id for finding in self.findings}),
        }

    @property
    def messages(self) -> list[dict[str, str]]:
        return [asdict(finding) for finding in self.findings]


def run_deploy_checks() -> DeployReport:
    """Run every system check, those for deployments too, and return the warnings and worse."""
    complaints = [
        message
        for message in run_checks(include_deployment_checks=True)
        if message.level >= WARNING and not message.is_silenced()
    ]
    return DeployReport(
        tuple(
            Finding(
                id=complaint.id or "unnamed",
                level=_level(complaint.level),
                message=str(complaint.msg),
                hint=str(complaint.hint or ""),
            )
            for complaint in sorted(complaints, key=lambda complaint: (-complaint.level, complaint.id or ""))
        )
    )


def _level(number: int) -> str:
    return "critical" if number >= CRITICAL else "error" if number >= ERROR else "warning"
