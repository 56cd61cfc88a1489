"""Steps on the terminal: what is being done, for how long, and what came of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape


@dataclass
class Step:
    """One step. `outcome` is what is worth saying at its end, `is_good` whether it came out well."""

    outcome: str = ""
    is_good: bool = True


class Progress:
    """Shows one step at a time, with a spinner where there is a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show the step until the block ends."""
        step, started_seconds = Step(), time.monotonic()
        try:
            with self.console.status(f"{title}…"):
                yield step
        except BaseException:
            self.console.print(f"[red]✕[/] {title}")
            raise
        duration_seconds = time.monotonic() - started_seconds
        mark = "[green]●[/]" if step.is_good else "[red]✕[/]"
        line = f"{mark} {title} [dim]{duration_seconds:.1f} s[/]  {escape(step.outcome)}"
        self.console.print(line.rstrip(), soft_wrap=True)
