"""The tests: production's code paths, a PostgreSQL server of their own, and cheap password hashes."""

import os
import secrets

os.environ.setdefault("SECRET_KEY", secrets.token_hex(32))
os.environ.setdefault("AUDIT_KEY", secrets.token_hex(32))
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", secrets.token_hex(32))
os.environ.setdefault("DATABASE_URL", "postgresql:///seaworthy")  # tests.servers sets the real one
os.environ.setdefault("LOG_LEVEL", "WARNING")

from config.settings.base import *  # noqa: F403
from config.settings.base import environment

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "pages": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pages"},
}
CELERY_BROKER_URL = "memory://"
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001"]
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

environment.raise_problems()
