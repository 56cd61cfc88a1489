"""The one place that reads the environment. It reports every problem at once, by name and never by value."""

import os
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

Value = TypeVar("Value")

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent
DOTENV_FILE = PROJECT_DIRECTORY / ".env"
DEFAULT_SETTINGS_MODULE = "config.settings.production"

_REQUIRED: Any = object()
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_MAIL_SCHEMES = {"smtp", "smtp+tls", "smtp+ssl"}
_MAIL_SETTINGS = (
    "EMAIL_HOST",
    "EMAIL_PORT",
    "EMAIL_HOST_USER",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
)


class Environment:
    """Reads variables with a type. Problems are collected; `raise_problems` names them all in one error."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.problems: dict[str, str] = {}
        self.names: dict[str, bool] = {}

    def text(self, name: str, default: str = _REQUIRED, *, minimum_length: int = 0, fallback: str = "") -> str:
        """The variable as text. A required one that is missing is a problem, and reads as the fallback until raised."""

        def parse(value: str) -> str:
            if len(value) < minimum_length:
                raise ValueError(f"must have at least {minimum_length} characters")
            return value

        return self._read(name, parse, default, fallback)

    def flag(self, name: str, default: bool = _REQUIRED) -> bool:
        """The variable as true or false; any other word is a problem."""

        def parse(value: str) -> bool:
            if value.lower() in _TRUE | _FALSE:
                return value.lower() in _TRUE
            raise ValueError("must be true or false")

        return self._read(name, parse, default, False)

    def integer(self, name: str, default: int = _REQUIRED) -> int:
        """The variable as a whole number, zero or more."""

        def parse(value: str) -> int:
            if not value.isascii() or not value.isdigit():
                raise ValueError("must be a whole number, 0 or more")
            return int(value)

        return self._read(name, parse, default, 0)

    def items(self, name: str, default: list[str] = _REQUIRED) -> list[str]:
        """The variable as a list, separated by commas."""
        return self._read(name, lambda value: [item.strip() for item in value.split(",") if item.strip()], default, [])

    def networks(self, name: str, default: list[str] = _REQUIRED) -> list[str]:
        """The variable as a list of IP networks, such as 10.1.0.0/16."""

        def parse(value: str) -> list[str]:
            try:
                return [str(ip_network(item.strip())) for item in value.split(",") if item.strip()]
            except ValueError:
                raise ValueError("must be IP networks separated by commas, such as 10.1.0.0/16") from None

        return self._read(name, parse, default, [])

    def choice(self, name: str, default: str, choices: set[str]) -> str:
        """The variable as one of the given words."""

        def parse(value: str) -> str:
            if value not in choices:
                raise ValueError(f"must be one of {', '.join(sorted(choices))}")
            return value

        return self._read(name, parse, default, default)

    def postgresql_url(self, name: str) -> dict[str, Any]:
        """The variable as the configuration of a PostgreSQL database. Other databases are a problem."""

        def parse(value: str) -> dict[str, Any]:
            # Asked before the library is: its warnings about other addresses show them, password and all.
            is_postgresql = value.partition("://")[0] in {"postgres", "postgresql"}
            configuration = environ.Env.db_url_config(value) if is_postgresql else {}
            if not configuration.get("NAME"):
                raise ValueError("must be a PostgreSQL address: postgresql://user:password@host:port/name")
            return dict(configuration)

        return self._read(name, parse, _REQUIRED, {"ENGINE": "django.db.backends.postgresql", "NAME": "missing"})

    def mail_server(self, name: str) -> dict[str, Any]:
        """The variable as Django's settings of a mail server. Empty where it is not set: then no mail is sent."""

        def parse(value: str) -> dict[str, Any]:
            configuration = environ.Env.email_url_config(value)
            if value.partition("://")[0] not in _MAIL_SCHEMES or not configuration.get("EMAIL_HOST"):
                raise ValueError("must be a mail server's address: smtp+tls://user:password@host:587")
            return {key: configuration[key] for key in _MAIL_SETTINGS if key in configuration}

        return self._read(name, parse, {}, {})

    def raise_problems(self) -> None:
        """Raise one error that names every variable that is missing or malformed, and holds no value."""
        if self.problems:
            lines = [f"  {name} {problem}" for name, problem in sorted(self.problems.items())]
            count = "One setting needs" if len(lines) == 1 else f"{len(lines)} settings need"
            raise ImproperlyConfigured(
                f"{count} attention. Set each in the environment, or in a file named by <NAME>_FILE:\n"
                + "\n".join(lines)
            )

    def _read(self, name: str, parse: Callable[[str], Value], default: Value, fallback: Value) -> Value:
        value = self._raw(name)
        self.names[name] = value is not None
        if value is None:
            if default is _REQUIRED:
                self.problems.setdefault(name, "is missing")
                return fallback
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.problems[name] = str(error)
        except Exception:  # a parser's own message could repeat the value
            self.problems[name] = "is malformed"
        return fallback

    def _raw(self, name: str) -> str | None:
        path = self.values.get(f"{name}_FILE")
        if not path:
            return self.values.get(name) or None
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n") or None
        except (OSError, UnicodeDecodeError):
            self.problems[name] = f"cannot be read from the file that {name}_FILE names"
            return None


def read_environment() -> Environment:
    """The process environment, over the `.env` file where there is one."""
    return Environment({**read_dotenv(), **os.environ})


def settings_module() -> str:
    """The settings module to use: named in the environment, else in `.env`, else production."""
    values = {**read_dotenv(), **os.environ}
    return values.get("DJANGO_SETTINGS_MODULE") or DEFAULT_SETTINGS_MODULE


def read_dotenv(file: Path = DOTENV_FILE) -> dict[str, str]:
    """The variables of a `.env` file; none where there is no file."""
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}
