import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fondly.project.settings")
_pages = get_wsgi_application()

from fondly.doors.segment.door import Door  # noqa: E402 - models can be imported only after Django is set up

application = Door(_pages)
