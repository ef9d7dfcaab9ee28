"""Who is in which part of an experiment: a pure function, the same after every restart and on every machine.

Nothing is stored. A journey keeps its playbook version and with it the shares it began with; where a share
grows, only clients of the last part change sides, because the parts lie side by side in the order of the file.
"""

from collections.abc import Mapping
from hashlib import blake2b

from fondly.core.playbook.model import Holdout
from fondly.core.words import say, words_of

HELD_OUT = "holdout"


def part_of(experiment: str, subject: str, salt: str, shares: Mapping[str, float]) -> str:
    """The part of an experiment a subject is in; "" when the shares (0..1) leave it out.

    subject: the client, by a name that a merge does not change. salt: another one draws all anew.
    """
    drawn = _draw(experiment, subject, salt)
    reached = 0.0
    for part, share in shares.items():
        reached += share
        if drawn < reached:
            return part
    return ""


def held_out(holdout: Holdout | None, touchpoint: str, subject: str) -> str:
    """Why this client goes without this touchpoint; "" when they do not, or when nobody says who they are."""
    if holdout is None or not subject:
        return ""
    if part_of(holdout.experiment, subject, touchpoint, {HELD_OUT: holdout.share}) != HELD_OUT:
        return ""
    return say(
        "held out: {share:.0%} of the clients go without it, so that {experiment} can show what it does",
        share=holdout.share,
        experiment=words_of(holdout.experiment),
    )


def _draw(experiment: str, subject: str, salt: str) -> float:
    """A number in [0, 1) as good as drawn by lot. The lengths keep ("ab", "c") apart from ("a", "bc")."""
    text = "".join(f"{len(part)}:{part}" for part in (experiment, subject, salt))
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest()) / 2**48
