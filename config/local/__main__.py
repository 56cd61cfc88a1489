"""`make run`: from a fresh clone to a running Seaworthy, and what it could prove, in one command."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from django.db import DatabaseError
from rich.console import Console

from apps.common.exceptions import OperationError
from config.local import launch
from config.local.preflight import ProcessEnded

FAILURE = 1
INTERRUPTED = 130
HIGHEST_PORT = 65535


def main() -> int:
    """Run until Ctrl-C. Every expected failure is one sentence on standard error."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup it goes on
        signal.signal(signal.SIGHUP, _stop)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        launch.launch(
            port=arguments.port,
            roadmap=Path(os.path.expanduser(arguments.roadmap)) if arguments.roadmap else None,
            service=arguments.service,
            once=arguments.once,
        )
    except KeyboardInterrupt:
        return 0 if arguments.once else INTERRUPTED
    except OperationError as error:
        what = "stopped" if isinstance(error, ProcessEnded) else "did not start"
        errors.print(f"[bold red]Seaworthy {what}.[/] {_plain(error.message)}")
        return FAILURE
    except DatabaseError as error:
        errors.print(f"[bold red]Seaworthy stopped.[/] Its database does not answer: {_plain(_first_line(error))}")
        return FAILURE
    except OSError as error:
        errors.print(f"[bold red]Seaworthy did not start.[/] {_plain(_explain(error))}")
        return FAILURE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make run", description="Start Seaworthy on this machine.")
    parser.add_argument("--port", type=_port, default=8000)
    parser.add_argument("--roadmap", default="", help="a Markdown file, or a folder of them")
    parser.add_argument("--service", default="", help="the service that the roadmap is about")
    parser.add_argument("--once", action="store_true", help="stop after the report")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"PORT must be a number from 1 to {HIGHEST_PORT}, not {text!r}")
    return int(text)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _explain(error: OSError) -> str:
    place = f" ({error.filename})" if error.filename else ""
    return f"The machine said: {error.strerror or error}{place}. Check the room and the permissions there."


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["it said nothing"])[0]


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


if __name__ == "__main__":
    sys.exit(main())
