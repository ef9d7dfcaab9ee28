"""Stages: the client's way as a whole."""

from collections.abc import Iterator
from itertools import pairwise

from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.checks.words import days
from fondly.core.playbook.keys import COVERS
from fondly.core.playbook.model import Playbook, Stage
from fondly.core.words import say, words_of


def _in_phase(playbook: Playbook, *phases: str) -> list[Stage]:
    return [stage for stage in playbook.stages.values() if stage.phase in phases]


@rule("ST01", "error", "stages", "A3.1", say("Add a stage with `phase: new`: it begins when the client says yes."), 15)
def there_is_a_new_stage(playbook: Playbook) -> Verdicts:
    """There is a new stage."""
    yield Verdict(bool(_in_phase(playbook, "new")), "stages", say("There is no stage for new clients."))


@rule("ST02", "hint", "stages", "A3", say("Two or three stages after yes are easier to keep. Join some."), 20)
def the_way_is_simple(playbook: Playbook) -> Verdicts:
    """There are at most four stages after yes."""
    after = _in_phase(playbook, "new", "ongoing", "alumni")
    yield Verdict(
        len(after) <= 4, "stages", say("There are {count} stages after the client says yes.", count=len(after))
    )


@rule("ST03", "error", "start", "A3.1", say("Add `length: 30 days`, or `ends:` with the event that ends it."), 3)
def new_stage_ends(playbook: Playbook) -> Verdicts:
    """The new stage has a length or an end."""
    for stage in _in_phase(playbook, "new"):
        message = say("Nothing says how long the stage {stage} lasts.", stage=stage.name)
        yield Verdict(bool(stage.length or stage.ends), f"stages.{stage.name}.length", message, stage.name)


@rule("ST04", "warning", "start", "A3.1", say("Add `starts:` with the event that is their yes: proposal_accepted."), 3)
def new_stage_starts_at_yes(playbook: Playbook) -> Verdicts:
    """The new stage says when yes happens."""
    stages = _in_phase(playbook, "new")
    if stages:
        yield Verdict(any(stage.starts for stage in stages), f"stages.{stages[0].name}.starts",
                      say("Nothing says when a client has said yes."))  # fmt: skip


@rule("ST05", "error", "stages", "A3.2", say("Add `ends:` with an event, `length:`, or `never_ends: true`."), 3)
def ongoing_stage_ends_or_not(playbook: Playbook) -> Verdicts:
    """An ongoing stage ends, or says that it never ends."""
    for stage in _in_phase(playbook, "ongoing"):
        message = say("The stage {stage} neither ends nor says that it never ends.", stage=stage.name)
        yield Verdict(
            bool(stage.ends or stage.length or stage.never_ends), f"stages.{stage.name}.ends", message, stage.name
        )


@rule(
    "ST06", "error", "stages", "A3.3", say("Add a stage with `phase: alumni`, with a touchpoint every few months."), 20
)
def past_clients_are_kept(playbook: Playbook) -> Verdicts:
    """If the ongoing stage ends there is an alumni stage."""
    ongoing = _in_phase(playbook, "ongoing")
    if ongoing and not ongoing[-1].never_ends:
        yield Verdict(
            bool(_in_phase(playbook, "alumni")), "stages", say("Clients whose work is done are not looked after.")
        )


@rule(
    "ST07",
    "warning",
    "stages",
    "E",
    say('Add it to `covers` of a stage, or skip it with a reason: skip: {"ST07 encounter": reason}.'),
    10,
)
def the_whole_way_is_covered(playbook: Playbook) -> Verdicts:
    """Each of the seven stages of a client's way is covered."""
    covered = {cover for stage in playbook.stages.values() for cover in stage.covers}
    for cover in COVERS:
        message = say("No stage covers {cover}.", cover=words_of(cover))
        yield Verdict(cover in covered, "stages", message, cover)


@rule(
    "ST08", "warning", "stages", "C, D1", say('Write `goal:` as the client would say it: "I know where we stand".'), 3
)
def stages_have_a_goal(playbook: Playbook) -> Verdicts:
    """Each stage has a goal in the client's words."""
    for stage in playbook.stages.values():
        yield Verdict(
            bool(stage.goal),
            f"stages.{stage.name}.goal",
            say("The stage {stage} has no goal.", stage=stage.name),
            stage.name,
        )


@rule("ST09", "error", "stages", "C", say("Name a role of `team` as `owner:`."), 2)
def stages_have_an_owner(playbook: Playbook) -> Verdicts:
    """Each stage has one owner who exists."""
    for stage in playbook.stages.values():
        message = say("The stage {stage} is owned by nobody.", stage=stage.name)
        if stage.owner:
            message = say(
                'The stage {stage} is owned by "{owner}", who is no role of the team.',
                stage=stage.name,
                owner=stage.owner,
            )
        yield Verdict(stage.owner in playbook.team.roles, f"stages.{stage.name}.owner", message, stage.name)
    for path, what, role in _other_owners(playbook):
        if role and role not in playbook.team.roles:
            yield Verdict(
                False, path, say('{what} names "{role}", who is no role of the team.', what=what, role=role), role
            )


def _other_owners(playbook: Playbook) -> Iterator[tuple[str, str, str]]:
    """(path, what it is, role) of everything else that somebody is responsible for."""
    for touchpoint in playbook.touchpoints():
        yield f"stages.{touchpoint.stage}.touchpoints.{touchpoint.name}.owner", touchpoint.name, touchpoint.owner
    for name, play in playbook.recovery.items():
        yield f"recovery.{name}.owner", say("The play {name}", name=name), play.owner
    for stage in playbook.stages.values():
        if stage.handoff is not None:
            yield (
                f"stages.{stage.name}.handoff.from",
                say("The hand-off of {stage}", stage=stage.name),
                stage.handoff.from_role,
            )


@rule(
    "ST10",
    "warning",
    "stages",
    "C, D2a",
    say("Add `handoff: {from: role, touchpoint: name}` and a touchpoint where the new owner is introduced."),
    10,
)
def owners_hand_over(playbook: Playbook) -> Verdicts:
    """A new owner or department comes with a hand-off."""
    stages = list(playbook.stages.values())
    for before, stage in pairwise(stages):
        moved = (stage.owner, stage.department) != (before.owner, before.department)
        if moved and stage.phase in ("new", "ongoing") and before.owner and stage.owner:
            handed = stage.handoff is not None and stage.handoff.touchpoint in stage.touchpoints
            message = say(
                "The client goes from {before} to {owner} at {stage} without a hand-off.",
                before=before.owner,
                owner=stage.owner,
                stage=stage.name,
            )
            yield Verdict(handed, f"stages.{stage.name}.handoff", message, stage.name)
        elif stage.handoff is not None:
            message = say(
                "The hand-off of {stage} names the touchpoint {touchpoint}, which it does not have.",
                stage=stage.name,
                touchpoint=stage.handoff.touchpoint,
            )
            yield Verdict(
                stage.handoff.touchpoint in stage.touchpoints, f"stages.{stage.name}.handoff", message, stage.name
            )


@rule(
    "ST11",
    "warning",
    "stages",
    "C",
    say("Add `leaving: {reasons: [price, moved away, found someone else]}` to the playbook."),
    5,
)
def clients_can_leave(playbook: Playbook) -> Verdicts:
    """Leaving is possible in every stage and recorded with a reason."""
    yield Verdict(bool(playbook.leaving.get("reasons")), "leaving", say("Nothing says for what reasons clients leave."))
    for stage in playbook.stages.values():
        leaving = stage.extra.get("leaving", True)
        reasons = leaving.get("reasons", True) if isinstance(leaving, dict) else leaving
        message = say("A client cannot leave from the stage {stage} with a reason.", stage=stage.name)
        yield Verdict(bool(reasons), f"stages.{stage.name}.leaving", message, stage.name)
    asked = {*playbook.surveys, *playbook.templates, *playbook.checklists}
    for key, known in (("ask", asked), ("save", set(playbook.recovery))):
        name = str(playbook.leaving.get(key) or "")
        if name and name not in known:
            advice = say("Write one of: {names}.", names=", ".join(sorted(known)) or say("nothing is there yet"))
            yield Verdict(
                False,
                f"leaving.{key}",
                say("Who leaves gets {name}, which does not exist.", name=name),
                key,
                advice=advice,
            )


@rule(
    "ST12", "warning", "stages", "E7, A3.3, C", say("Add `leads_back_to:` with an earlier stage to the last stage."), 2
)
def the_way_leads_back(playbook: Playbook) -> Verdicts:
    """The way leads back: repeat and referral."""
    back = [stage for stage in playbook.stages.values() if stage.leads_back_to]
    known = all(stage.leads_back_to in playbook.stages for stage in back)
    message = (
        say("No stage leads back to an earlier one.")
        if not back
        else say("A stage leads back to one that does not exist.")
    )
    yield Verdict(bool(back) and known, f"stages.{back[0].name}.leads_back_to" if back else "stages", message)
    for stage in playbook.stages.values():
        if stage.next and stage.next not in playbook.stages:
            message = say("After {stage} comes {next}, which is no stage.", stage=stage.name, next=stage.next)
            advice = say("Name a stage of the playbook, or leave `next` out: then the next one in the file follows.")
            yield Verdict(False, f"stages.{stage.name}.next", message, stage.name, "error", advice)


@rule("TP06", "warning", "touchpoints", "A3.3, E7", say("Add a touchpoint `every 90 days` that is no sales talk."), 5)
def clients_hear_from_us(playbook: Playbook) -> Verdicts:
    """Nobody hears nothing for longer than 90 days, alumni 120."""
    for stage in _in_phase(playbook, "ongoing", "alumni"):
        limit = 120 if stage.phase == "alumni" else 90
        silence = _longest_silence(stage, limit)
        message = say(
            "In the stage {stage} a client may hear nothing for longer than {limit} days.",
            stage=stage.name,
            limit=limit,
        )
        yield Verdict(silence <= limit, f"stages.{stage.name}.touchpoints", message, stage.name)


def _longest_silence(stage: Stage, limit: int) -> float:
    """Days without a planned touchpoint, as far as the sentences tell."""
    every = [
        days(t.when.step) for t in stage.touchpoints.values() if t.when and t.when.form == "every" and not t.personas
    ]
    if every:
        return min(every)
    known = [days(t.when.step) for t in stage.touchpoints.values() if t.when and t.when.form == "after"]
    ends = days(stage.length) if stage.length and not stage.never_ends else float("inf")
    points = sorted({0.0, *(at for at in known if at < ends), ends})
    return max((later - earlier for earlier, later in pairwise(points)), default=ends)
