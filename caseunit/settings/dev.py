"""What is relaxed on one machine, where the pages come over plain HTTP from loopback?"""

from caseunit.settings.base import *  # noqa: F403
from caseunit.settings.base import OWNER_DATABASE
from caseunit.settings.environment import env

DEBUG = env.bool("CASEUNIT_DEBUG", False)
AUDIT_REFUSE_UNAUDITED = DEBUG

# A demonstration's sign-ins open with what was printed; pages say loudly that this is for no unit.
REQUIRE_MFA = env.bool("CASEUNIT_REQUIRE_MFA", False)

# Whoever tries the product on a server of theirs may have one role, which then owns the tables too.
ONE_DATABASE_ROLE = OWNER_DATABASE is None

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = []
SESSION_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "caseunit-session"
CSRF_COOKIE_NAME = "caseunit-form"
DEVICE_COOKIE_NAME = "caseunit-device"
# Over plain HTTP browsers know no endpoint by its name, and then ask no other way.
del CONTENT_SECURITY_POLICY["DIRECTIVES"]["report-to"]
CSRF_COOKIE_SECURE = False
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False

if DEBUG:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = True
