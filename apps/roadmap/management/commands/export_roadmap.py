"""manage.py export_roadmap: a document as imported, with what was changed since."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.exceptions import OperationError
from apps.roadmap.engines.splice import splice
from apps.roadmap.selectors.documents import find_document
from apps.roadmap.services.exporting import plan_export


class Command(BaseCommand):
    help = "Write a document out: the imported bytes, with only the changed values replaced."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("document", help="a service's slug, SERVICE/NAME of a document, or a document's name")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of standard output")

    def handle(self, *args: Any, document: str, output: Path | None, **options: Any) -> None:
        try:
            plan = plan_export(find_document(document))
        except OperationError as error:
            raise CommandError(error.message) from error
        for left_out in plan.left_out:
            self.stderr.write(f"{left_out} has no place in the document and was left out.")
        content = plan.source.encode(splice(plan.source.text, plan.replacements))
        if output is None:
            # Bytes, not text: a console's own line endings would change the document.
            stream = getattr(getattr(self.stdout, "_out", sys.stdout), "buffer", None)
            if stream is None:
                self.stdout.write(content.decode(plan.source.encoding), ending="")
            else:
                stream.write(content)
                stream.flush()
            return
        _write(output, content)
        self.stderr.write(f"Wrote {len(content)} bytes to {output}.")


def _write(output: Path, content: bytes) -> None:
    """Write the whole file or leave the old one."""
    if not output.name:
        raise CommandError("Name a file to write to: --output roadmap.md")
    temporary = output.with_name(f".{output.name}.new")
    try:
        temporary.write_bytes(content)
        temporary.replace(output)
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)
