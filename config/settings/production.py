"""A deployment behind a proxy that ends TLS. Everything secret comes from the environment."""

from datetime import timedelta

from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, environment

ALLOWED_HOSTS = environment.items("ALLOWED_HOSTS")
SITE_URL = environment.text("SITE_URL")
TRUSTED_PROXY_COUNT = environment.integer("TRUSTED_PROXY_COUNT", 1)

REDIS_URL = environment.text("REDIS_URL")
CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL", REDIS_URL)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

_POOL_SIZE = environment.integer("DATABASE_POOL_SIZE", 0)
if _POOL_SIZE:
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": _POOL_SIZE}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60

SECURE_SSL_REDIRECT = environment.flag("SECURE_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]  # probes inside the platform speak plain HTTP
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = int(timedelta(days=730).total_seconds())
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

environment.raise_problems()
