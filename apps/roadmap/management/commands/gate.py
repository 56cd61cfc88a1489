"""`manage.py gate SERVICE`: may it go to production?"""

from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from apps.catalog.exceptions import UnknownEnvironment, UnknownService
from apps.catalog.selectors import find_environment, find_service
from apps.common.exceptions import OperationError
from apps.common.runs import UNEXPECTED_ERROR
from apps.roadmap.engines.gate_answer import Decision, GateAnswer
from apps.roadmap.engines.gate_formats import FORMATS
from apps.roadmap.exceptions import UnknownMilestone
from apps.roadmap.selectors.gate import gate

logger = structlog.get_logger(__name__)
USAGE, UNDECIDED = 2, 3


class Command(BaseCommand):
    help = (
        "Say whether a service may go to production, and why. "
        "Exit code: 0 go, 1 no-go or not signed, 2 the question is wrong, 3 it cannot be decided."
    )
    requires_system_checks = []  # pipelines ask often, and wait for the answer

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("service", help="the slug of the service")
        parser.add_argument("--environment", default="", help="its default environment unless said otherwise")
        parser.add_argument("--milestone", default="", help="only the criteria of this milestone, such as M6")
        parser.add_argument("--at", type=parse_instant, help="an instant, such as 2026-03-02T12:00Z, instead of now")
        parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="text unless said otherwise")
        parser.add_argument(
            "--strict", action="store_true", help="exit 1 also when the answer rests on waivers or an override"
        )

    def handle(self, *, format: str, strict: bool, **question: Any) -> None:
        answer = self._ask(**question)
        code = exit_code(answer, strict)
        self.stdout.write(FORMATS[format](answer))
        if format != "text":
            self.stderr.write(answer.headline, self.style.ERROR if code else self.style.SUCCESS)
        if code:
            raise SystemExit(code)

    def _ask(self, *, service: str, environment: str, milestone: str, at: datetime | None, **rest: Any) -> GateAnswer:
        try:
            asked = find_environment(find_service(service), environment)
            return gate(environment=asked, milestone=milestone, at=at)
        except (UnknownService, UnknownEnvironment, UnknownMilestone) as error:
            raise CommandError(error.message, returncode=USAGE) from error
        except OperationError as error:
            raise CommandError(error.message, returncode=UNDECIDED) from error
        except DatabaseError as error:
            message = f"The database cannot be asked, so nothing is decided: {str(error).strip().splitlines()[0]}"
            raise CommandError(message, returncode=UNDECIDED) from error
        except Exception as error:
            logger.exception("gate_errored", service=service)
            raise CommandError(UNEXPECTED_ERROR, returncode=UNDECIDED) from error


def exit_code(answer: GateAnswer, strict: bool) -> int:
    """0 go, 1 no-go, 3 indeterminate; with waivers or an override it depends on how strict the caller is."""
    if answer.decision in {Decision.GO_WITH_WAIVERS, Decision.OVERRIDDEN}:
        return int(strict)
    return {Decision.GO: 0, Decision.INDETERMINATE: UNDECIDED}.get(answer.decision, 1)


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant; without a time zone it is UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an instant; write it as 2026-03-02T12:00Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
