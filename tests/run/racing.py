"""Many threads that start the same journeys at once: in a test, or in a process of process.py."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from fondly.ground import clock
from fondly.ground.action import Conflict, perform
from fondly.run.journeys.actions import StartJourney
from tests.run.conftest import MONDAY
from tests.run.doing import DANA


def race(threads, clients, playbook_id):
    """Everybody starts everybody at once; how many starts were refused."""

    def one(place):
        refused = 0
        order = clients[place % len(clients) :] + clients[: place % len(clients)]
        with clock.at(MONDAY):
            for client_id in order:
                try:
                    perform("journeys.start", DANA, StartJourney(client_id, playbook_id))
                except Conflict:
                    refused += 1
        connections.close_all()
        return refused

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(one, range(threads)))
