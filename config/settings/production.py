"""A deployment behind a proxy that ends TLS. Everything secret comes from the environment."""

import ssl
from datetime import timedelta

from whitenoise.compress import Compressor

from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, environment
from config.settings.reports import configure_reports

ALLOWED_HOSTS = environment.items("ALLOWED_HOSTS")
SITE_URL = environment.text("SITE_URL", f"https://{(ALLOWED_HOSTS or ['localhost'])[0]}").rstrip("/")
TRUSTED_PROXY_COUNT = environment.integer("TRUSTED_PROXY_COUNT", 1)

REDIS_URL = environment.text("REDIS_URL")
CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL", REDIS_URL)
_REDIS_OPTIONS: dict[str, object] = {}
if not environment.flag("REDIS_VERIFY_CERTIFICATE", True) and REDIS_URL.startswith("rediss://"):
    _REDIS_OPTIONS = {"ssl_cert_reqs": "none"}
    CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_NONE}
_REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
# The limits on signing in, and parts of pages, must answer at once, also when Redis does not.
_SHORT_WAIT = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
CACHES = {
    "default": {**_REDIS, "OPTIONS": {**_REDIS_OPTIONS, "socket_connect_timeout": 5, "socket_timeout": 5}},
    "limits": {**_REDIS, "KEY_PREFIX": "limits", "OPTIONS": {**_REDIS_OPTIONS, **_SHORT_WAIT}},
    "pages": {**_REDIS, "KEY_PREFIX": "pages", "OPTIONS": {**_REDIS_OPTIONS, **_SHORT_WAIT}},
}
RATELIMIT_USE_CACHE = "limits"

_POOL_SIZE = environment.integer("DATABASE_POOL_SIZE", 0)
if _POOL_SIZE:
    # Two more than asked for: health checks must not wait until a busy request gives its connection back.
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": _POOL_SIZE + 2}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60

SECURE_SSL_REDIRECT = environment.flag("SECURE_SSL_REDIRECT", True)
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
    "staticfiles": {"BACKEND": "apps.common.static_files.KeptAddresses"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages ask for no other, and each would be compressed twice
# Only debuggers ask for source maps, and to compress them took half of collectstatic's time.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]

SENTRY_DSN = environment.text("SENTRY_DSN", "")
SENTRY_ENVIRONMENT = environment.text("SENTRY_ENVIRONMENT", "production")
RELEASE = environment.text("RELEASE", environment.text("HEROKU_SLUG_COMMIT", ""))

environment.raise_problems()
configure_reports(dsn=SENTRY_DSN, environment=SENTRY_ENVIRONMENT, release=RELEASE)
