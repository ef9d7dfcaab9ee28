"""Questions about a whole world, asked of the tables in plain SQL: they are asked after every step of every world."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from fondly.ground import instants
from fondly.run.journeys import switch
from fondly.run.outbox import queries

Committed = tuple[str, str, int]  # Message-ID, when, the how-manieth try
_LIVING = "('active', 'paused')"
_MOMENT = "'moment ' || mo.id || ' (' || mo.journey_id || '|' || mo.key || ')'"
_OF_MOMENT = "SELECT 1 FROM outbox_message m WHERE m.moment_id = mo.id AND m.state"
# What is never true, whatever is under way: each finds words about rows that are so.
_BREACHES = (
    f"""SELECT 'more than one living journey of client ' || client_id || ' in playbook ' || playbook_id
        FROM journeys_journey WHERE state IN {_LIVING} GROUP BY client_id, playbook_id, matter HAVING count(*) > 1""",
    f"""SELECT 'journey ' || j.id || ' lives on for a record that is gone'
        FROM journeys_journey j JOIN clients_client c ON c.id = j.client_id
        WHERE j.state IN {_LIVING} AND (c.erased_at IS NOT NULL OR c.merged_into_id IS NOT NULL)""",
    f"""SELECT {_MOMENT} || ' is ' || mo.state || ' though its journey is ' || j.state
        FROM journeys_journey j JOIN journeys_moment mo ON mo.journey_id = j.id
        WHERE j.state NOT IN {_LIVING} AND mo.state IN ('planned', 'due', 'working')
        AND NOT EXISTS ({_OF_MOMENT} = 'sending')""",
    f"""SELECT {_MOMENT} || ' is on its way, and no message is' FROM journeys_moment mo
        WHERE mo.state = 'working' AND mo.lease_until IS NULL AND NOT EXISTS ({_OF_MOMENT} IN ('held', 'sending'))""",
    f"""SELECT {_MOMENT} || ' waits for a yes to no message' FROM journeys_moment mo
        WHERE mo.state = 'due' AND mo.asks = 'approve' AND NOT EXISTS ({_OF_MOMENT} = 'approval')""",
    f"""SELECT {_MOMENT} || ' is uncertain, and no message is' FROM journeys_moment mo
        WHERE mo.state = 'uncertain' AND NOT EXISTS ({_OF_MOMENT} = 'uncertain')""",
    """SELECT 'message ' || m.id || ' is ' || m.state || ' while its moment is ' || mo.state
        FROM outbox_message m JOIN journeys_moment mo ON mo.id = m.moment_id
        WHERE (m.state = 'held' AND mo.state <> 'working') OR (m.state = 'approval' AND mo.state <> 'due')""",
)  # fmt: skip
# What should have been done by now.
_LEFT_BEHIND = (
    f"""SELECT {_MOMENT} || ' was due at ' || mo.at || ' and is still planned'
        FROM journeys_moment mo JOIN journeys_journey j ON j.id = mo.journey_id
        WHERE mo.state = 'planned' AND mo.at <= %s AND j.state = 'active'""",
    """SELECT 'journey ' || id || ' was to be planned at ' || plan_at
        FROM journeys_journey WHERE state = 'active' AND plan_at <= %s""",
    """SELECT 'message ' || m.id || ' should have gone at ' || m.go_at
        FROM outbox_message m JOIN journeys_moment mo ON mo.id = m.moment_id
        JOIN journeys_journey j ON j.id = mo.journey_id
        WHERE m.state = 'held' AND m.go_at <= %s AND mo.state = 'working' AND j.state = 'active'""",
)


def rows(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """What this statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def committed_mails() -> set[Committed]:
    """What is past the point of no return and has no answer yet."""
    found = rows(
        "SELECT message_id, committed_at, attempts_made FROM outbox_message "
        "WHERE state = 'sending' AND committed_at IS NOT NULL"
    )
    return {(message_id, str(at), tries) for message_id, at, tries in found}


def states_of_mails(message_ids: Iterable[str]) -> dict[str, tuple[str, bool, str]]:
    """Message-ID -> (state, whether it passed the point of no return, the last words about it)."""
    asked = list(message_ids)
    if not asked:
        return {}
    found = rows(
        "SELECT message_id, state, committed_at IS NOT NULL, reply FROM outbox_message "
        f"WHERE message_id IN ({', '.join(['%s'] * len(asked))})",
        asked,
    )
    return {pk: (state, bool(is_committed), reply) for pk, state, is_committed, reply in found}


def breaches() -> Iterator[str]:
    """What is never true, whatever is under way."""
    yield from (words for (words,) in rows(" UNION ALL ".join(_BREACHES)))


def uncertain() -> frozenset[int]:
    """The messages of which nobody knows whether they arrived."""
    return frozenset(pk for (pk,) in rows("SELECT id FROM outbox_message WHERE state = 'uncertain'"))


def unlisted(pks: frozenset[int]) -> set[int]:
    """Which of these uncertain messages the Outbox does not show."""
    page = queries.page("uncertain")
    shown = {row["id"] for row in page.rows}
    while page.after:
        page = queries.page("uncertain", page.after)
        shown |= {row["id"] for row in page.rows}
    return pks - shown


def plans_due(now: datetime) -> bool:
    """Whether a journey waits to be planned."""
    asked = "SELECT 1 FROM journeys_journey WHERE state = 'active' AND plan_at <= %s LIMIT 1"
    return bool(rows(asked, [instants.stored(now)]))


def left_behind(now: datetime) -> Iterator[str]:
    """What should have been done by now: the engine said it had nothing left to do."""
    if not switch.why_paused():
        asked = [instants.stored(now)] * len(_LEFT_BEHIND)
        yield from (f"{words}, and it is {now}" for (words,) in rows(" UNION ALL ".join(_LEFT_BEHIND), asked))


def clients_served() -> int:
    """How many clients live a journey; 0 while everything is paused."""
    living = f"SELECT count(DISTINCT client_id) FROM journeys_journey WHERE state IN {_LIVING}"
    return 0 if switch.why_paused() else int(rows(living)[0][0])
