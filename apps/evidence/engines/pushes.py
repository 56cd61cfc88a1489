"""What is sent with a report."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from apps.evidence.engines.reading import Subject


@dataclass(frozen=True)
class Push:
    """A report as it was sent, and what its sender says about it."""

    service: str
    verifier: str
    format: str
    observed_at: datetime
    report: bytes
    environment: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    subject: Subject = field(default_factory=Subject)
    run_url: str = ""

    @property
    def report_sha256(self) -> str:
        return hashlib.sha256(self.report).hexdigest()

    @property
    def digest(self) -> str:
        """One value for one content, however it was wrapped: a form's boundary is another each time."""
        content = asdict(self) | {"report": self.report_sha256, "observed_at": self.observed_at.isoformat()}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
