"""The playbooks a simulation lives: starters as they are, and small ones from a seed, with every kind of rule."""

from importlib.resources import files
from random import Random

STARTERS = ("therapist", "realtor", "cpa", "lawn_service", "online_shop", "coach", "insurance_agent", "software")
EVENTS = ("booked", "finished", "came_back", "wrote")
DATES = ("birthday", "first_day")
# Every form of `when:`, with what hangs on another touchpoint naming {other}.
WHENS = (
    "on entry", "3 hours after entry", "1 day after entry", "2 days after entry at 09:00", "1 week after entry",
    "1 month after entry at 10:30", "2 business days after entry", "1 business month after entry", "every 14 days",
    "every friday at 16:00", "every month at 11:00", "every 5 business days", "every 30 days after contact",
    "yearly on birthday", "yearly on birthday at 08:30", "1 day before first_day", "3 days before first_day at 09:00",
    "on first_day at 07:30", "2 days after first_day", "1 day after exit", "on exit", "2 days before exit",
    "1 day after {other}.done", "2 hours after booked", "1 day after wrote", "1 day before {other}",
    "1 day after nps.answered", "1 day after promise.broken",
)  # fmt: skip
TAILS = ("", "", "", " on weekdays", " between 10:00 and 12:00", " in our time zone", " on weekdays in their time zone")
LATES = ("send", "skip after 2 days", "skip after 5 days", "ask after 1 day", "ask after 4 hours")
IFS = ("", "", "", "", "not replied", "nps >= 7", "persona == 'calm'", "booked")
ZONES = ("America/Chicago", "Europe/Berlin", "UTC", "Australia/Lord_Howe")


def starter(trade: str) -> str:
    """The text of a starter."""
    return (files("fondly.core.playbook") / "starters" / f"{trade}.yaml").read_text("utf-8")


def small(seed: int, variant: int = 0) -> str:
    """A playbook of three or four stages. Variants of one seed share stages and some touchpoints, as versions do."""
    shape, roll = Random(f"shape {seed}"), Random(f"rules {seed} {variant}")
    names = ["new", "ongoing", "resting", "after"]
    if shape.random() < 0.4:
        names.remove("resting")
    parts = [_head(seed, shape), "stages:"]
    parts += [_stage(name, names, shape, roll, seed) for name in names]
    return "\n".join([*parts, _TEXTS])


def _head(seed: int, shape: Random) -> str:
    lines = ["fondly: 1", f"name: Small {seed}", f"timezone: {shape.choice(ZONES)}", "brand: {facts: {fee: '140'}}"]
    business = 'business: "mon-fri 09:00-17:00", ' if shape.random() < 0.7 else ""
    holidays = ", holidays: US" if shape.random() < 0.4 else ""
    quiet = shape.choice(("20:00-08:00", "22:00-07:00", "21:30-09:15"))
    lines.append(f'calendar: {{{business}quiet: "{quiet}"{holidays}}}')
    if shape.random() < 0.5:
        lines.append("caps: {email: 3 per 7 days, total: 5 per 7 days}")
    hours = ', hours: "08:00-19:00"' if shape.random() < 0.3 else ""
    lines.append(f"channels: {{email: {{consent: contract{hours}}}, phone: {{consent: contract}}}}")
    lines.append("team: {owner: {people: [Dana]}}")
    lines.append(f"fields: {{{', '.join(f'{name}: {{type: date}}' for name in DATES)}}}")
    lines.append(f"events: [{', '.join(EVENTS)}]")
    lines.append(f"reentry: {shape.choice(('after exit', 'per matter', 'after 30 days'))}")
    lines.append("surveys: {nps: {ask: Would you tell a friend?, scale: 0-10}, rest: 20 days}")
    return "\n".join(lines)


def _stage(name: str, names: list[str], shape: Random, roll: Random, seed: int) -> str:
    phase = {"resting": "alumni", "after": "alumni"}.get(name, name)
    lines = [f"  {name}:", f"    phase: {phase}", "    owner: owner", *_ending(name, shape), "    touchpoints:"]
    for number in range(shape.randint(2, 4)):
        rule = shape if roll.random() < 0.6 else roll  # most rules stay from version to version
        if number < 2 or roll.random() < 0.8:
            lines.append(_touchpoint(f"{name}_{number}", f"{name}_{max(number - 1, 0)}", rule, _whens(rule, number)))
    return "\n".join(lines)


def _ending(name: str, shape: Random) -> list[str]:
    if name == "after":
        return ["    never_ends: true"] if shape.random() < 0.6 else ["    ends: came_back"]
    event = {"new": "booked", "ongoing": "finished", "resting": "came_back"}[name]
    if name == "new" or shape.random() < 0.5:
        return [f"    ends: {event}"]
    return [f"    length: {shape.choice((10, 20, 45))} days"]


def _whens(roll: Random, number: int) -> str:
    found = roll.choice(WHENS)
    return "on entry" if number == 0 and "{other}" in found else found


def _touchpoint(name: str, other: str, roll: Random, when: str) -> str:
    kind = roll.choice(("work", "relationship", "wow"))
    mode = roll.choices(("auto", "approve", "by_hand"), (6, 2, 2))[0]
    channel = "phone" if mode == "by_hand" else "email"
    at_clock = " at " in when
    tail = roll.choice([tail for tail in TAILS if not (at_clock and "between" in tail)])
    parts = [f"kind: {kind}", f"channel: {channel}", f"mode: {mode}", f"when: {when.format(other=other)}{tail}"]
    parts.append(f"late: {roll.choice(LATES)}")
    parts.append("template: letter")
    condition = roll.choice(IFS)
    parts += [f'if: "{condition}"'] if condition else []
    parts += ["consent: marketing"] if roll.random() < 0.2 else []
    parts += ["sets: {what: an answer, due: 2 days}"] if roll.random() < 0.15 else []
    return f"      {name}: {{{', '.join(parts)}}}"


_TEXTS = """templates:
  letter:
    subject: "Hello, {{ client.first_name | default: 'friend' }}"
    body: "Hi {{ client.first_name | default: 'there' }}, the fee is **{{ facts.fee }}**. {{ unsubscribe }}"
personas: {calm: {who: anybody}, busy: {who: anybody}}
"""
