"""Check that nobody changed the audit trail."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.selectors import verify_chain


class Command(BaseCommand):
    help = "Recompute the audit trail's chain of digests; exit 1 at the first event that was changed."

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_chain()
        if report.broken_at is not None:
            raise CommandError(
                f"The audit trail was changed: event {report.broken_at} does not follow from the one before."
            )
        self.stdout.write(f"{report.events} events, unbroken. Head: {report.head}")
