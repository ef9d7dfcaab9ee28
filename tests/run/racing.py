"""Run by test_starting.py in a process of its own, on a database file: python -m tests.run.racing THREADS KEYS"""

import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from fondly.run.journeys.models import Journey, Moment  # noqa: E402
from tests.run.conftest import make_client, publish  # noqa: E402
from tests.run.test_starting import race  # noqa: E402


def main(threads, keys):
    call_command("migrate", verbosity=0)
    playbook, _ = publish()
    clients = [make_client(f"Client {n}", f"c{n}@example.org").pk for n in range(keys)]
    refused = race(threads, clients, playbook.pk)
    print(refused, Journey.objects.count(), Moment.objects.filter(touchpoint="welcome").count())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
