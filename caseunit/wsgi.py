"""Where does a web server enter?"""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caseunit.settings.base")

application = get_wsgi_application()
# Every page's code is loaded here, once for all workers, rather than by whoever asks first.
get_resolver().url_patterns  # noqa: B018
