"""What is relaxed for tests? The servers stay real; the secrets end with the process."""

import base64
import os
import secrets
import tempfile
from pathlib import Path

from cases import shreds

PLACEHOLDERS = {
    "CASEUNIT_SECRET_KEY": secrets.token_urlsafe(64),
    "CASEUNIT_SEAL_KEYS": "t1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "CASEUNIT_DIGEST_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    "CASEUNIT_BLIND_KEYS": "t1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "CASEUNIT_AUDIT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    "DATABASE_URL": "postgres:///caseunit",
    "REDIS_URL": "redis:///0",
}
for name, value in PLACEHOLDERS.items():
    if f"{name}_FILE" not in os.environ:
        os.environ.setdefault(name, value)

if "CASEUNIT_SHRED_STORE" not in os.environ:
    folder = tempfile.TemporaryDirectory(prefix="caseunit-shreds-")
    os.environ["CASEUNIT_SHRED_STORE"] = str(Path(folder.name) / "shred.keys")
    shreds.create(Path(os.environ["CASEUNIT_SHRED_STORE"]))

from caseunit.settings.base import *  # noqa: E402, F403
from caseunit.settings.base import (  # noqa: E402
    CACHES,
    CONTENT_SECURITY_POLICY,
    DATABASES,
    INSTALLED_APPS,
    MIDDLEWARE,
    OWNER_DATABASE,
)

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = []
SESSION_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "caseunit-session"
CSRF_COOKIE_NAME = "caseunit-form"
DEVICE_COOKIE_NAME = "caseunit-device"
# Over plain HTTP browsers know no endpoint by its name, and then ask no other way.
del CONTENT_SECURITY_POLICY["DIRECTIVES"]["report-to"]
CSRF_COOKIE_SECURE = False
SECURE_SSL_REDIRECT = False
AUDIT_REFUSE_UNAUDITED = True
# What a test prepares is no task of the product's.
AUDIT_UNWATCHED = frozenset({"bench", "test"})
REQUIRE_MFA = False
# All tests sign in from one address, and Redis forgets nothing between them.
SIGN_IN_FAILURES_BY_ADDRESS = 1_000_000
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A page that asks the same question once per row fails its test.
INSTALLED_APPS += ["zeal"]
MIDDLEWARE.insert(0, "zeal.middleware.zeal_middleware")
# Acts in bulk call the same service for one case after the other, so that a refused one leaves the
# others done; what a service gets by its key is therefore no oversight. Relations that load row by
# row are.
ZEAL_ALLOWLIST = [{"model": "*", "field": "get()"}]

# The owner signs in and makes the tests' database; what the product does then, it does as the
# application's role (tests/database_roles.py).
APPLICATION_PASSWORD = DATABASES["default"]["PASSWORD"]
if OWNER_DATABASE:
    DATABASES["default"] |= {name: OWNER_DATABASE[name] for name in ("USER", "PASSWORD")}
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("CASEUNIT_TEST_DATABASE", "test_caseunit")}
CACHES["default"]["KEY_PREFIX"] = f"test-{WORKER}"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True

CELERY_TASK_DEFAULT_QUEUE = f"test-{WORKER}"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
