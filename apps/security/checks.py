"""System checks of the settings that the baseline rests on."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

_FIRST = [
    "apps.healthchecks.middleware.ProbeMiddleware",
    "apps.security.middleware.CrossOriginMiddleware",
    "csp.middleware.CSPMiddleware",
]

E001 = Error(
    "CONTENT_SECURITY_POLICY is missing, or allows unsafe sources.",
    hint="Keep the policy of config/settings/content_security_policy.py: own files and nonces only.",
    id="baseline.E001",
)
E002 = Error(
    f"MIDDLEWARE must begin with {', '.join(_FIRST)}.",
    hint="Only what stands first adds its headers to every answer, also to errors.",
    id="baseline.E002",
)
W001 = Warning(
    "The limits on signing in are counted in each process apart.",
    hint="Set REDIS_URL, and let RATELIMIT_USE_CACHE name a cache that all processes share.",
    id="baseline.W001",
)
W002 = Warning(
    "A proxy is trusted to say whether a request was encrypted, but TRUSTED_PROXY_COUNT is 0.",
    hint="Set TRUSTED_PROXY_COUNT to the number of proxies in front, or all clients share one limit on signing in.",
    id="baseline.W002",
)


@register(Tags.security)
def check_content_security_policy(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    policy: Mapping[str, Any] = getattr(settings, "CONTENT_SECURITY_POLICY", None) or {}
    directives: Mapping[str, Iterable[object]] = policy.get("DIRECTIVES", {})
    sources = {source for values in directives.values() for source in values}
    is_strict = {"default-src", "script-src", "style-src"} <= directives.keys()
    return [] if is_strict and not any("unsafe" in str(source) for source in sources) else [E001]


@register(Tags.security)
def check_first_middleware(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [] if list(settings.MIDDLEWARE[: len(_FIRST)]) == _FIRST else [E002]


@register(Tags.security, deploy=True)
def check_sign_in_limits(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    name = getattr(settings, "RATELIMIT_USE_CACHE", "default")
    is_shared = "locmem" not in settings.CACHES[name]["BACKEND"] and "dummy" not in settings.CACHES[name]["BACKEND"]
    return [] if is_shared else [W001]


@register(Tags.security, deploy=True)
def check_trusted_proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [W002] if settings.SECURE_PROXY_SSL_HEADER and not settings.TRUSTED_PROXY_COUNT else []
