"""Serve the cast for looking at pages by hand: python -m tests.preview [port]. Throw-away home."""

import os
import sys
import tempfile

os.environ.setdefault("FONDLY_HOME", tempfile.mkdtemp(prefix="fondly-preview-"))
os.environ.setdefault("FONDLY_SECRET_KEY", "only-for-previews-0123456789-0123456789")
os.environ.setdefault("FONDLY_MOVABLE_CLOCK", "yes")
os.environ.setdefault("FONDLY_DEBUG", "yes")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fondly.project.settings")


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from fondly.ground import clock
    from tests import cast
    from tests.browser.conftest import session_of

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    made = cast.make()
    clock.set_to(cast.NOW)
    print("sessionid for Dana:", session_of(made.dana), flush=True)
    call_command("runserver", sys.argv[1] if len(sys.argv) > 1 else "8765", use_reloader=False)


if __name__ == "__main__":
    main()
