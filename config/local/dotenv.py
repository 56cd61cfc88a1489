"""The `.env` file of a laptop: secrets made once, and the address of the database of the day."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from config.env import DOTENV_FILE, read_dotenv

_HEADING = "# Written by `make run` for this machine only. Lines of your own are kept.\n"
_SECRETS = ("SECRET_KEY", "AUDIT_KEY", "FIELD_ENCRYPTION_KEYS", "HEALTH_TOKEN")


def write_dotenv(values: Mapping[str, str], *, file: Path = DOTENV_FILE) -> None:
    """Make missing secrets, set the values, keep everything else. The file is readable by its owner only."""
    known = read_dotenv(file)
    made = {name: secrets.token_urlsafe(48) for name in _SECRETS if name not in known}
    lines = "".join(f"{name}={value}\n" for name, value in {**known, **made, **values}.items())
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(_HEADING + lines)
    unfinished.replace(file)
