"""Where does a web server enter?"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caseunit.settings.base")

application = get_wsgi_application()
