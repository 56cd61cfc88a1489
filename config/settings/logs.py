"""Structured logs: one line an event, with the request's or task's id, and without secrets."""

import re
from typing import Any

import structlog

from apps.common.masking import MASK, mask_passwords

_SECRET_NAMES = re.compile(
    r"password|passwd|secret|token|authorization|api_?key|dsn|database_url|broker_url|passphrase", re.I
)


def mask_secrets(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Hide values whose name says they are secret, and passwords inside addresses, at any depth."""
    return {name: masked(value, name) for name, value in event.items()}


def masked(value: Any, name: str = "") -> Any:
    """The value as it may be shown under that name."""
    if _SECRET_NAMES.search(name):
        return MASK
    if isinstance(value, str):
        return mask_passwords(value)
    if isinstance(value, dict):
        return {key: masked(part, str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [masked(part) for part in value]
    return value


def tell_failed_check(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Give a failed health check its reason instead of a traceback: only unknown errors bring one."""
    if event.get("logger") != "health_check":
        return event
    from health_check.exceptions import HealthCheckException  # late, since all that it can check comes with it

    match event:
        case {"exc_info": (_, HealthCheckException() as error, _)}:
            reason = ": ".join(str(part) for part in (error, error.__cause__) if part)
            return {name: value for name, value in event.items() if name != "exc_info"} | {"reason": reason}
        case _:
            return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    tell_failed_check,
    structlog.processors.format_exc_info,
    mask_secrets,
]


def configure_logs(*, level: str, style: str) -> dict[str, Any]:
    """Set up structlog, and return the LOGGING setting. The style is json or console."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer()
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        "foreign_pre_chain": _SHARED,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": formatter},
        "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["standard_error"], "level": level},
    }
