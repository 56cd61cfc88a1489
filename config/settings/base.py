"""What every environment shares. Safe by default; production and local only add."""

from datetime import timedelta

from celery.schedules import crontab

from config.env import PROJECT_DIRECTORY, read_environment
from config.settings.content_security_policy import POLICY
from config.settings.logs import configure_logs

environment = read_environment()
ENVIRONMENT_VARIABLES = environment.names  # for check_env: names, and whether they are set

SECRET_KEY = environment.text("SECRET_KEY", minimum_length=50, fallback="-" * 50)
SECRET_KEY_FALLBACKS = environment.items("SECRET_KEY_FALLBACKS", [])
AUDIT_KEY = environment.text("AUDIT_KEY", minimum_length=32)
FIELD_ENCRYPTION_KEYS = environment.items("FIELD_ENCRYPTION_KEYS")
ALLOWED_HOSTS = environment.items("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = environment.items("CSRF_TRUSTED_ORIGINS", [])
TRUSTED_PROXY_COUNT = environment.integer("TRUSTED_PROXY_COUNT", 0)
HEALTH_TOKEN = environment.text("HEALTH_TOKEN", "", minimum_length=20)
ROADMAP_DIRECTORY = environment.text("ROADMAP_DIRECTORY", "")  # the one folder whose files may be imported by path
OWN_SERVICE = environment.text("OWN_SERVICE", "seaworthy")  # the service of the catalog that is this installation
DIALLING_ALLOWED_NETWORKS = environment.networks("DIALLING_ALLOWED_NETWORKS", [])
DEBUG = False

INSTALLED_APPS = [
    "config.admin.SeaworthyAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.static_files.StaticFilesOfPages",
    "django.contrib.humanize",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "health_check",
    "rest_framework",
    "simple_history",
    "apps.common",
    "apps.accounts",
    "apps.audit",
    "apps.catalog",
    "apps.evidence",
    "apps.security",
    "apps.healthchecks",
    "apps.backups",
    "apps.roadmap",
    "apps.dashboards",
]

MIDDLEWARE = [
    "apps.healthchecks.middleware.ProbeMiddleware",
    "apps.security.middleware.CrossOriginMiddleware",
    "csp.middleware.CSPMiddleware",  # outside what may refuse a request: error pages need the policy too
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.common.request_logs.RequestLogMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "apps.common.null_characters.NullCharacterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT_DIRECTORY / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

FORM_RENDERER = "apps.common.form_rendering.PlainFields"

DATABASES = {"default": environment.postgresql_url("DATABASE_URL")}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
if environment.flag("DATABASE_PREPARED_STATEMENTS", True):  # planning the same again costs time
    DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 3}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.sign_in.StaffBackend"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False  # one language: nothing is looked up for each word and number of a page
FORMAT_MODULE_PATH = "config.formats"

STATIC_URL = "static/"
STATIC_ROOT = environment.text("STATIC_ROOT", str(PROJECT_DIRECTORY / "staticfiles"))
STATICFILES_DIRS = [PROJECT_DIRECTORY / "static"]

CONTENT_SECURITY_POLICY = POLICY
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_ENGINE = "apps.accounts.sessions"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.evidence.authentication.BoundedTokenAuthentication",  # the first one names the way to sign in, in a 401
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAdminUser",
        "apps.common.api_permissions.ModelPermissions",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "apps.common.api.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.api.BoundedJSONParser"],
    "EXCEPTION_HANDLER": "apps.common.api.say_refusal",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Seaworthy API",
    "DESCRIPTION": "Production readiness you can prove: claims, evidence, standings, and the gate.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAdminUser"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ClaimEnum": "apps.roadmap.engines.marks.Claim",
        "RiskLevelEnum": "apps.roadmap.models.Risk.Severity",
        "RunStatusEnum": "apps.common.runs.RunStatus",
        "BindingStateEnum": "apps.roadmap.models.Binding.State",
        "EvaluationCauseEnum": "apps.roadmap.models.GateEvaluation.Cause",
        "TransitionCauseEnum": "apps.roadmap.models.StatusTransition.Cause",
        "TrustEnum": "apps.evidence.contract.Trust",
        "DayStateEnum": "apps.dashboards.api.charts.DAY_STATES",
        "EvidenceStateEnum": "apps.roadmap.api.serializers.EVIDENCE_STATES",
        "TierEnum": "apps.catalog.models.Tier",
        "WeightEnum": "apps.roadmap.models.policies.WEIGHTS",
    },
}

CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL", environment.text("REDIS_URL", ""))
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = int(timedelta(hours=6).total_seconds())
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"apps.backups.tasks.*": {"queue": "backups"}, "apps.healthchecks.tasks.*": {"queue": "probes"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Below the grace that the platform gives between SIGTERM and SIGKILL.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = environment.integer("WORKER_SHUTDOWN_SECONDS", 20)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the longest task: Redis would hand a task that is still running to a second worker.
# Who sends a task while the broker is away learns of it in a second, in place of waiting until it is back.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
    "visibility_timeout": CELERY_TASK_TIME_LIMIT + 600,
    "max_retries": 3,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.5,
}
CELERY_RESULT_EXPIRES = None
CELERY_BEAT_SCHEDULER = "config.beat:LeaderScheduler"
CELERY_BEAT_SYNC_EVERY = 1  # beat notes each run at once: after a kill it would repeat what it had not noted
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "notices": {"task": "apps.accounts.tasks.mail_notices", "schedule": 60, "options": {"expire_seconds": 60}},
    "probes": {"task": "apps.healthchecks.tasks.tick_probes", "schedule": 5, "options": {"expire_seconds": 10}},
    "old-probes": {"task": "apps.healthchecks.tasks.forget_old_results", "schedule": crontab("40", "2")},
    "evidence": {"task": "apps.roadmap.tasks.tick", "schedule": 60, "options": {"expire_seconds": 60}},
    "summaries": {"task": "apps.roadmap.tasks.warm_summaries", "schedule": 60, "options": {"expire_seconds": 60}},
    "old-drafts": {"task": "apps.roadmap.tasks.forget_old_drafts", "schedule": crontab("*/30")},
    "attestations": {"task": "apps.roadmap.tasks.announce_attestations", "schedule": crontab("20", "6")},
    "waivers": {"task": "apps.roadmap.tasks.announce_waivers", "schedule": 300, "options": {"expire_seconds": 300}},
    "campaigns": {"task": "apps.roadmap.tasks.remind_campaigns", "schedule": crontab("30", "6")},
    "reports": {"task": "apps.dashboards.tasks.tick_reports", "schedule": 60, "options": {"expire_seconds": 60}},
    "gates": {"task": "apps.roadmap.tasks.tick_gates", "schedule": 60, "options": {"expire_seconds": 60}},
    "transitions": {
        "task": "apps.roadmap.tasks.note_status_transitions",
        "schedule": 300,
        "options": {"expire_seconds": 300},
    },
    "security-checks": {"task": "apps.security.tasks.tick_security_checks", "schedule": crontab("10", "3")},
    "discovery": {"task": "apps.backups.tasks.discover", "schedule": crontab("50", "5")},
    "retention": {
        "task": "apps.backups.tasks.prune_all",
        "schedule": 600,
        "options": {"queue": "default", "expire_seconds": 600},
    },
    "storages": {"task": "apps.backups.tasks.check_storages", "schedule": crontab("50", "4")},
    "backup-alerts": {
        "task": "apps.backups.tasks.announce_alerts",
        "schedule": 300,
        "options": {"queue": "default", "expire_seconds": 300},
    },
    "drill-proofs": {
        "task": "apps.backups.tasks.tick_proofs",
        "schedule": 600,
        "options": {"queue": "default", "expire_seconds": 600},
    },
    "backups": {
        "task": "apps.backups.tasks.tick",
        "schedule": 30,
        "options": {"queue": "default", "expire_seconds": 60},
    },
}

EVIDENCE_SIGNING_KEY = environment.text("EVIDENCE_SIGNING_KEY", "")  # an Ed25519 private key, as PEM
EVIDENCE_LONGEST_BYTES = environment.integer("EVIDENCE_LONGEST_BYTES", 5_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = EVIDENCE_LONGEST_BYTES  # else Django refuses sooner what is not a file

BACKUP_SOURCE_DIRECTORIES = environment.items("BACKUP_SOURCE_DIRECTORIES", [])  # below them files may be backed up
RESTORE_DIRECTORIES = environment.items("RESTORE_DIRECTORIES", [])  # below them restores may make files and folders
BACKUP_DIRECTORY = environment.text("BACKUP_DIRECTORY", str(PROJECT_DIRECTORY / "var" / "backups"))
BACKUP_SAMPLE_ABOVE_BYTES = environment.integer("BACKUP_SAMPLE_ABOVE_BYTES", 0)
BACKUP_FINGERPRINT_REST_PERCENT = environment.integer("BACKUP_FINGERPRINT_REST_PERCENT", 0)
DRILL_PROOF_DAYS = environment.integer("DRILL_PROOF_DAYS", 7)
DRILL_DISK_BUDGET_BYTES = environment.integer("DRILL_DISK_BUDGET_BYTES", 0)

_mail_server = environment.mail_server("EMAIL_URL")
MAIL_IS_SENT = bool(_mail_server)  # without a mail server, notices stay in the admin
EMAIL_HOST = _mail_server.get("EMAIL_HOST", "")
EMAIL_PORT = _mail_server.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail_server.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail_server.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail_server.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail_server.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", "Seaworthy <seaworthy@localhost>")
SITE_URL = environment.text("SITE_URL", "http://localhost:8000").rstrip("/")  # what links in mails begin with

LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"})
DJANGO_STRUCTLOG_CELERY_ENABLED = True
LOGGING = configure_logs(level=LOG_LEVEL, style=environment.choice("LOG_FORMAT", "json", {"json", "console"}))
