"""What does production run with? No secret has a default; a missing one stops the start."""

from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF

from caseunit.settings.database import USUAL, application_database, owner_database
from caseunit.settings.environment import (
    absolute_path,
    broker_url,
    cache_url,
    env,
    keep_apart,
    key_bytes,
    readable_file,
    redis_url,
    required,
    scanner,
    seal_keys,
    secret_key,
)
from caseunit.settings.identity import openid, saml
from caseunit.settings.providers import provided_keys

BASE_DIR = Path(__file__).resolve().parents[2]

SECRET_KEY = required("CASEUNIT_SECRET_KEY", secret_key)
SEAL_KEYS = provided_keys()
SHRED_STORE = required("CASEUNIT_SHRED_STORE", absolute_path)
DIGEST_KEY = required("CASEUNIT_DIGEST_KEY", key_bytes)
AUDIT_KEY = required("CASEUNIT_AUDIT_KEY", key_bytes)
# The log's name in its checkpoints; public keys that signed before; who else keeps checkpoints.
AUDIT_ORIGIN = env.str("CASEUNIT_AUDIT_ORIGIN", "caseunit/audit")
AUDIT_FORMER_KEYS: list[str] = env.list("CASEUNIT_AUDIT_FORMER_KEYS", [])
AUDIT_WITNESS_FILE = env.str("CASEUNIT_AUDIT_WITNESS_PATH", "")
AUDIT_WITNESS_URL = env.str("CASEUNIT_AUDIT_WITNESS_URL", "")
AUDIT_WITNESS_EMAIL = env.str("CASEUNIT_AUDIT_WITNESS_EMAIL", "")
EMAIL_HOST = env.str("CASEUNIT_EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("CASEUNIT_EMAIL_PORT", 25)
EMAIL_USE_TLS = env.bool("CASEUNIT_EMAIL_TLS", False)
EMAIL_HOST_USER = env.str("CASEUNIT_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.str("CASEUNIT_EMAIL_PASSWORD", "")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("CASEUNIT_EMAIL_FROM", "caseunit@localhost")
BLIND_KEYS = required("CASEUNIT_BLIND_KEYS", seal_keys)
keep_apart(
    CASEUNIT_SEAL_KEYS=SEAL_KEYS[0][1],
    CASEUNIT_BLIND_KEYS=BLIND_KEYS[0][1],
    CASEUNIT_DIGEST_KEY=DIGEST_KEY,
    CASEUNIT_AUDIT_KEY=AUDIT_KEY,
)
REDIS_URL = required("REDIS_URL", redis_url)
# How often somebody may do what costs, times a factor (cases/rules/limits.py), and who counts.
LIMIT_FACTOR = env.int("CASEUNIT_LIMIT_FACTOR", 1)
LIMIT_URL = cache_url(REDIS_URL)
LIMIT_PREFIX = "caseunit:limit"

UNIT_NAME = env.str("CASEUNIT_UNIT_NAME", "Crimes Against Children Unit")
TIME_ZONE = env.str("CASEUNIT_TIME_ZONE", "America/Chicago")
HOLIDAYS = env.str("CASEUNIT_HOLIDAYS", "US-MO")
# What the saved questions to the audit log call unusual, and when a week of it must be signed.
WORKING_HOURS = env.str("CASEUNIT_WORKING_HOURS", "07:00-19:00")
AUDIT_MANY_DENIALS = env.int("CASEUNIT_AUDIT_MANY_DENIALS", 5)
AUDIT_LARGE_LIST = env.int("CASEUNIT_AUDIT_LARGE_LIST", 40)
AUDIT_REVIEW_DAYS = env.int("CASEUNIT_AUDIT_REVIEW_DAYS", 3)
# Reasons pass through this before they are written into the log: it is never rewritten.
AUDIT_CLEARED_BY = "cases.selectors.staff_names.clear_of_names"
AUDIT_NEEDED_BY = "cases.selectors.case_history.open_cases_between"
# Tasks whose rows are nobody's case: the bench fills a database of its own and drops it.
AUDIT_UNWATCHED = frozenset({"bench"})
AUDIT_EXPORT_MOST = env.int("CASEUNIT_AUDIT_EXPORT_MOST", 100_000)
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True

DEBUG = False
ALLOWED_HOSTS: list[str] = env.list("CASEUNIT_HOSTS", [])
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]

ROOT_URLCONF = "caseunit.urls"
WSGI_APPLICATION = "caseunit.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "guardian",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
    "audit",
    "cases",
]

MIDDLEWARE = [
    "caseunit.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "caseunit.headers.OwnPagesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pads each answer with chance, so that its compressed length tells nothing of the token in it.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "audit.middleware.AuditMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cases.views.broken.BrokenSealMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Two roles: the application's own, which owns nothing, and for `migrate` and what retires months
# the owner of the tables, which web, worker and beat are not told of (decision 26).
DATABASES = {"default": application_database()}
APPLICATION_ROLE: str = DATABASES["default"]["USER"] or USUAL
OWNER_DATABASE = owner_database()
# In production the application never owns its tables; a trial with one role alone is `dev`.
ONE_DATABASE_ROLE = False

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": cache_url(REDIS_URL),
        "KEY_PREFIX": "caseunit",
    }
}

AUTH_USER_MODEL = "cases.Account"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
# guardian keeps the grants; its backend stays unhooked, because cases.access alone decides.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 14},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "cases.forms.passwords.GuessableValidator"},
    {"NAME": "cases.forms.passwords.BreachedValidator"},
]
# Who looks through files before they come in (`cases/services/scanning.py`); None: nobody.
SCANNER = scanner("CASEUNIT_SCANNER")
# A list of stolen passwords on this machine (`cases/forms/breached.py`); None: none is asked.
BREACHED_PASSWORDS = readable_file("CASEUNIT_BREACHED_PASSWORDS_PATH")
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"

# Paragraphs, with an empty line between them; empty: the product's own words.
SYSTEM_USE_BANNER = env.str("CASEUNIT_BANNER", "")
# Second factors are allauth's; the pages, and the one door that counts failures, are our own
# (decision 23). None of allauth's addresses is served: nobody signs up, nobody is mailed a link.
REQUIRE_MFA = env.bool("CASEUNIT_REQUIRE_MFA", True)
# Identity providers that may vouch for accounts linked to them (decision 30); None: there is none.
OPENID = openid()
SAML = saml()
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
MFA_ADAPTER = "cases.services.factor_adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]

ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
GUARDIAN_LEGACY_GLOBAL_PERMS_GROUP_UNION = False

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# The prefix makes browsers refuse the cookie from anybody but this very host, over TLS.
SESSION_COOKIE_NAME = "__Host-caseunit-session"
CSRF_COOKIE_NAME = "__Host-caseunit-form"
DEVICE_COOKIE_NAME = "__Host-caseunit-device"
CSRF_COOKIE_SAMESITE = "Lax"
# What is said to somebody once may be about a case: it waits in the session, not in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_SECURE = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = True

BEHIND_PROXY = env.bool("CASEUNIT_BEHIND_PROXY", False)
# How many proxies of our own write X-Forwarded-For: the address in the log and in limits is theirs
# to say. Too few, and everybody has the proxy's address; too many, and anybody may claim any.
AUDIT_PROXY_HOPS = env.int("CASEUNIT_PROXY_HOPS", int(BEHIND_PROXY))
SECURE_SSL_REDIRECT = env.bool("CASEUNIT_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# So many failed sign-ins from one address within 15 minutes pause sign-ins from there.
SIGN_IN_FAILURES_BY_ADDRESS = env.int("CASEUNIT_SIGN_IN_FAILURES_BY_ADDRESS", 20)
SECURE_REDIRECT_EXEMPT = [r"^api/"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "report-uri": ["/browser-reports/"],
        "report-to": ["browser"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "clipboard-read",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "gamepad",
        "geolocation",
        "gyroscope",
        "hid",
        "idle-detection",
        "local-fonts",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "picture-in-picture",
        "screen-wake-lock",
        "serial",
        "storage-access",
        "usb",
        "window-management",
        "xr-spatial-tracking",
    )
}

# What one request may hold besides files: no form of ours comes near it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# Nothing that is uploaded rests on disk in the clear; the import brings a handler that seals.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

STATIC_URL = "/static/"
STATIC_ROOT = env.path("CASEUNIT_STATIC_ROOT", BASE_DIR / "build" / "static")
STATICFILES_DIRS = [
    folder for folder in (BASE_DIR / "static", BASE_DIR / "build" / "frontend") if folder.is_dir()
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than any task may run: no task is handed out again while the first still works.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_TIME_LIMIT = 3000
CELERY_TASK_SOFT_TIME_LIMIT = 2940
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Touched at every look, leading or waiting: a container's health check reads its age.
BEAT_ALIVE_FILE = env.str("CASEUNIT_BEAT_ALIVE_FILE", "")
CELERY_BEAT_SCHEDULER = "caseunit.beat:LeaderScheduler"
CELERY_BEAT_SCHEDULE = {
    "seal": {"task": "audit.tasks.seal", "schedule": 3.0, "options": {"expires": 30}},
    "make_months": {"task": "audit.tasks.make_months", "schedule": crontab(hour=9, minute=7)},
    "sweep": {"task": "cases.tasks.sweep", "schedule": crontab(minute="*/5")},
    "count_figures": {
        "task": "cases.tasks.count_figures",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "reconcile": {"task": "cases.tasks.reconcile", "schedule": crontab(hour=8, minute=17)},
    "disable_unused_accounts": {
        "task": "cases.tasks.disable_unused_accounts",
        "schedule": crontab(hour=9, minute=41),
    },
    "look_for_leaks": {
        "task": "cases.tasks.look_for_leaks",
        "schedule": crontab(hour=8, minute=47),
    },
    "finish_expunges": {"task": "cases.tasks.finish_expunges", "schedule": crontab(minute="*/5")},
    "resume_imports": {"task": "cases.tasks.resume_imports", "schedule": crontab()},
    "resume_releases": {"task": "cases.tasks.resume_releases", "schedule": crontab()},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "caseunit.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("CASEUNIT_LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.db.backends": {"level": "WARNING"},
    },
}
