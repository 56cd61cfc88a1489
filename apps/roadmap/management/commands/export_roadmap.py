"""manage.py export_roadmap: a document as imported, with what was changed since."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.exceptions import OperationError
from apps.roadmap.selectors.documents import find_document
from apps.roadmap.services.exporting import plan_export


class Command(BaseCommand):
    help = "Write a document out: the imported bytes, with only the changed values replaced, or those as a patch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        chosen = parser.add_mutually_exclusive_group(required=True)
        chosen.add_argument(
            "document", nargs="?", help="a service's slug, SERVICE/NAME of a document, or a document's name"
        )
        chosen.add_argument("--service", metavar="S", help="the service's slug, where it has one document")
        parser.add_argument("--patch", action="store_true", help="write a patch for `git apply` instead of the file")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of standard output")

    def handle(self, *args: Any, output: Path | None, **options: Any) -> None:
        try:
            plan = plan_export(find_document(options["document"] or options["service"]))
        except OperationError as error:
            raise CommandError(error.message) from error
        for left_out in plan.left_out:
            self.stderr.write(f"Left out: {left_out}")
        content = plan.patch if options["patch"] else plan.content
        if output is None:
            # Bytes, not text: a console's own line endings would change the document.
            stream = getattr(getattr(self.stdout, "_out", sys.stdout), "buffer", None)
            if stream is None:
                self.stdout.write(content.decode(), ending="")
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
