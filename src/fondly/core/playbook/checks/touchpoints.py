"""Touchpoints: the balance of work and relationship, the WOW, and crowding."""

import re
from collections import Counter, defaultdict

from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.checks.typical import EVERYWHERE, TYPICAL
from fondly.core.playbook.checks.words import WRITTEN_FAST, days, has_phrase, offset
from fondly.core.playbook.model import Cap, Playbook, Stage, Touchpoint
from fondly.core.words import listed, say


def path_of(touchpoint: Touchpoint) -> str:
    return f"stages.{touchpoint.stage}.touchpoints.{touchpoint.name}"


@rule(
    "TP01",
    "error",
    "touchpoints",
    "A formula",
    say("Add a touchpoint with `kind: relationship`: a call, a card, a hello without business."),
    10,
)
def every_stage_has_a_relationship_touchpoint(playbook: Playbook) -> Verdicts:
    """Every stage has a relationship touchpoint."""
    for stage in playbook.stages.values():
        warm = any(t.kind in ("relationship", "wow") for t in stage.touchpoints.values())
        message = say("The stage {stage} is only work.", stage=stage.name)
        yield Verdict(warm, f"stages.{stage.name}.touchpoints", message, stage.name)


@rule("TP03", "warning", "touchpoints", "A", say("Add relationship touchpoints, or join work touchpoints."), 15)
def work_does_not_outweigh(playbook: Playbook) -> Verdicts:
    """Work does not exceed relationship 4 to 1."""
    kinds = Counter(t.kind for t in playbook.touchpoints())
    warm = kinds["relationship"] + kinds["wow"]
    message = say("There are {work} work touchpoints and {warm} for the relationship.", work=kinds["work"], warm=warm)
    if kinds:
        yield Verdict(kinds["work"] <= 4 * warm, "stages", message)


@rule(
    "TP04",
    "error",
    "wow",
    "A4",
    say("Add one touchpoint with `kind: wow`: a small thing others in your trade do not do."),
    20,
)
def there_is_a_wow(playbook: Playbook) -> Verdicts:
    """There is a WOW; one is enough."""
    wows = [t for t in playbook.touchpoints() if t.kind == "wow"]
    yield Verdict(bool(wows), "stages", say("There is no WOW."))
    if wows:
        message = say("There are {count} WOWs; one that always happens is worth more.", count=len(wows))
        yield Verdict(len(wows) <= 2, path_of(wows[-1]), message, "many", "hint", say("Keep the best one or two."))


@rule(
    "TP05",
    "warning",
    "wow",
    "A4",
    say(
        "Make it personal and sent by hand, say in `about:` what it is, and choose what "
        "the typical one in your trade does not do."
    ),
    15,
)
def the_wow_is_a_wow(playbook: Playbook) -> Verdicts:
    """The WOW is not bulk mail, has its story, and is not what the typical one does."""
    usual = dict.fromkeys(TYPICAL.get(playbook.industry, ()) + EVERYWHERE)
    for wow in (t for t in playbook.touchpoints() if t.kind == "wow"):
        bulk = wow.channel in WRITTEN_FAST and wow.mode == "auto"
        yield Verdict(not bulk, path_of(wow), say("The WOW {wow} is bulk mail.", wow=wow.name), wow.name)
        yield Verdict(bool(wow.about), path_of(wow), say("Nothing says what the WOW {wow} is.", wow=wow.name), wow.name)
        same = [thing for thing in usual if has_phrase(_affirmed(wow.about), thing)] or _same_as(
            wow.about, playbook.brand.typical
        )
        message = (
            say("The WOW {wow} is what the typical one does too: {things}.", wow=wow.name, things=listed(same))
            if same
            else ""
        )
        if wow.about:
            yield Verdict(not same, path_of(wow), message, wow.name)


_DENIED = re.compile(
    r"\b(?:no|not|never|without|instead of|rather than|where others|most|usual|typical)\b[^.;:]*", re.IGNORECASE
)


def _affirmed(about: str) -> str:
    """The text without what it says it is not: "a letter, not a voucher" is no voucher."""
    return _DENIED.sub(" ", about)


def _same_as(about: str, typical: str) -> list[str]:
    """The words of `about`, when most of them are in what the typical one does."""
    words = set(re.findall(r"\w{5,}", about.casefold()))
    shared = words & set(re.findall(r"\w{5,}", typical.casefold()))
    return sorted(shared) if len(shared) >= 3 and len(shared) * 2 > len(words) else []


@rule("TP07", "warning", "start", "A3.1", say("Add a call or a personal note within a day of their yes."), 10)
def a_human_touch_after_yes(playbook: Playbook) -> Verdicts:
    """There is a human touch within a day of yes."""
    for stage in (s for s in playbook.stages.values() if s.phase == "new"):
        soon = [t for t in stage.touchpoints.values() if t.kind != "work" and _within_a_day(t)]
        message = say("Nobody gets in touch personally within a day of their yes.")
        yield Verdict(bool(soon), f"stages.{stage.name}.touchpoints", message, stage.name)


def _within_a_day(touchpoint: Touchpoint) -> bool:
    after = offset(touchpoint)
    return after is not None and touchpoint.when is not None and touchpoint.when.form != "every" and after <= 1.4


@rule("TP08", "error", "touchpoints", "D2a", say("Add the channel under `channels`, or name one that is there."), 2)
def channels_are_defined(playbook: Playbook) -> Verdicts:
    """The channel of a touchpoint is defined."""
    for touchpoint in playbook.touchpoints():
        message = say("{touchpoint} has no channel.", touchpoint=touchpoint.name)
        if touchpoint.channel:
            message = say(
                "{touchpoint} uses {channel}, which is no channel.",
                touchpoint=touchpoint.name,
                channel=touchpoint.channel,
            )
        ok = touchpoint.channel in playbook.channels
        yield Verdict(ok, f"{path_of(touchpoint)}.channel", message, touchpoint.name)
    for cap in playbook.caps:
        if cap.channel and cap.channel not in playbook.channels:
            message = say("The cap on {channel} holds nothing back: there is no such channel.", channel=cap.channel)
            yield Verdict(False, f"caps.{cap.channel}", message, cap.channel)


@rule("TP20", "warning", "touchpoints", "D2c", say("Join them, move one by a day, or use another channel."), 5)
def clients_are_not_crowded(playbook: Playbook) -> Verdicts:
    """No client gets two messages on one channel in a day, or more than `caps` allow."""
    for stage in playbook.stages.values():
        for (channel, where), group in _same_time(stage).items():
            names = listed([t.name for t in group])
            told = {"names": names, "channel": channel, "where": where}
            message = say("{names} both reach the client by {channel} {where}.", **told)
            if len(group) > 2:
                message = say("{names} all reach the client by {channel} {where}.", **told)
            crowded = len(group) > 1
            yield Verdict(not crowded, path_of(group[-1]), message, group[-1].name)
        for cap in playbook.caps:
            yield _capped(stage, cap)


def _same_time(stage: Stage) -> dict[tuple[str, str], list[Touchpoint]]:
    """Messages by channel and moment. Paperwork that belongs together (`step`) and conditions do not count."""
    groups: dict[tuple[str, str], list[Touchpoint]] = defaultdict(list)
    for t in stage.touchpoints.values():
        always = t.channel in WRITTEN_FAST and not t.step and not t.condition and not t.personas
        if always and t.when and t.when.form in ("on", "after"):
            whole = round(days(t.when.step))
            where = (
                say("{whole} days after {anchor}", whole=whole, anchor=t.when.anchor)
                if whole
                else say("on the day of {anchor}", anchor=t.when.anchor)
            )
            groups[t.channel, where].append(t)
    return groups


def _capped(stage: Stage, cap: Cap) -> Verdict:
    """Whether the planned messages of a stage stay within a cap."""
    at = sorted(
        after for t in stage.touchpoints.values() if (after := offset(t)) is not None and _counts(t, cap)
    )  # fmt: skip
    window = days(cap.window)
    most = max((sum(1 for other in at if start <= other < start + window) for start in at), default=0)
    message = say(
        "In the stage {stage} a client would get {most} messages in {window}; {count} are allowed.",
        stage=stage.name,
        most=most,
        window=cap.window,
        count=cap.count,
    )
    return Verdict(most <= cap.count, f"stages.{stage.name}.touchpoints", message, stage.name)


def _counts(touchpoint: Touchpoint, cap: Cap) -> bool:
    channel = touchpoint.channel in WRITTEN_FAST if not cap.channel else touchpoint.channel == cap.channel
    once = touchpoint.when is not None and touchpoint.when.form in ("on", "after")
    return channel and once and not touchpoint.condition and not touchpoint.personas
