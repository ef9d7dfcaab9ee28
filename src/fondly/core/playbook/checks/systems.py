"""Systems: every touchpoint can really happen, from inquiry to thank-you."""

from fondly.core.planner.conditions import OURS, ConditionError, parse_condition
from fondly.core.playbook import building, when
from fondly.core.playbook.checks.known import is_known, nearest
from fondly.core.playbook.checks.rules import Verdict, Verdicts, rule
from fondly.core.playbook.checks.touchpoints import path_of
from fondly.core.playbook.checks.words import has_phrase, is_message
from fondly.core.playbook.model import Playbook, Stage, Touchpoint
from fondly.core.playbook.near import near
from fondly.core.playbook.templates import Placeholder, TemplateError, placeholders, problems
from fondly.core.words import Said, say

IF_NAMES = say(
    "Ask about a survey (nps >= 9), a field, persona, inquiry, replied, an event, touchpoint.done, consent.purpose."
)


@rule("TP09", "error", "systems", "E", say("Add the template or survey, or name one that is there."), 5)
def messages_have_content(playbook: Playbook) -> Verdicts:
    """A message has its template, survey, document or reply."""
    for t in playbook.touchpoints():
        has = t.template or t.survey or t.document or t.form or t.checklist
        if is_message(t):
            yield Verdict(
                bool(has),
                path_of(t),
                say("{touchpoint} has nothing to send: no template, survey or document.", touchpoint=t.name),
                t.name,
            )
        for what, name, known in (("template", t.template, playbook.templates), ("survey", t.survey, playbook.surveys)):
            if name:
                meant = "" if name in known else near(name, known)
                message = say(
                    "{touchpoint} needs the {what} {name}, which does not exist.",
                    touchpoint=t.name,
                    what=what,
                    name=name,
                )
                yield Verdict(name in known, f"{path_of(t)}.{what}", message, t.name,
                              advice=say("Did you mean {meant}?", meant=meant) if meant else "")  # fmt: skip
    for name, template in playbook.templates.items():
        yield Verdict(
            bool(template.body.strip()), f"templates.{name}", say("The template {name} is empty.", name=name), name
        )


@rule(
    "TP10", "error", "systems", "D2b", say("Use a name the playbook knows: a field, a fact, or client.first_name."), 3
)
def placeholders_exist(playbook: Playbook) -> Verdicts:
    """Placeholders exist and have a fallback."""
    for name, template in playbook.templates.items():
        for part in ("subject", "body"):
            path = f"templates.{name}.{part}" if f"templates.{name}.{part}" in playbook.marks else f"templates.{name}"
            source = getattr(template, part)
            found = problems(source) if "{" in source else ()
            for problem in found:
                yield Verdict(
                    False,
                    path,
                    say("{name}, line {line}: {message}.", name=name, line=problem.line, message=problem.message),
                    name,
                    advice=problem.advice,
                )
            for placeholder in () if found else _printed(source):
                yield from _placeholder(playbook, name, path, placeholder)


def _printed(source: str) -> tuple[Placeholder, ...]:
    try:
        return placeholders(source)
    except TemplateError:  # said by `problems`
        return ()


def _placeholder(playbook: Playbook, name: str, path: str, placeholder: Placeholder) -> Verdicts:
    fills = playbook.templates[name].fills
    shown = f"{{{{ {placeholder.name} }}}}"
    ok = is_known(playbook, placeholder, fills)
    meant = "" if ok else nearest(playbook, placeholder.name)
    yield Verdict(ok, path, say("The template {name} uses {shown}, which nothing fills.", name=name, shown=shown), name,
                  advice=say("Did you mean {{{{ {meant} }}}}?", meant=meant) if meant else "")  # fmt: skip
    if ok and placeholder.root == "client" and not placeholder.asked:
        message = say("The template {name} has no fallback for {shown}.", name=name, shown=shown)
        advice = say("Write {{{{ {placeholder} | default: 'there' }}}}.", placeholder=placeholder.name)
        yield Verdict(placeholder.fallback, path, message, name, "warning", advice)


@rule("TP11", "error", "systems", "E", when.EXAMPLES, 5)
def whens_can_be_read(playbook: Playbook) -> Verdicts:
    """`when` and `if` can be read, and what they wait for is ever set."""
    names = building.names(playbook)
    for touchpoint in playbook.touchpoints():
        path = f"{path_of(touchpoint)}.when"
        try:
            read = when.parse(touchpoint.when_text, names)
        except when.UnreadableError as error:
            message = say(
                "The `when` of {touchpoint} cannot be read: {message}.",
                touchpoint=touchpoint.name,
                message=error.message,
            )
            yield Verdict(False, path, message, touchpoint.name, advice=error.advice)
            continue
        plain = read.anchor.kind == "event" and read.anchor.name not in names.events
        known = (
            near(read.anchor.name, names.events | names.fields | names.touchpoints | {"entry", "exit"}) if plain else ""
        )
        ok = not plain or (not playbook.events and not known)
        advice = say("Did you mean {known}?", known=known) if known else say("Add it to `events`.")
        message = say(
            "The event {event} of {touchpoint} is never set.", event=read.anchor.name, touchpoint=touchpoint.name
        )
        yield Verdict(ok, path, message, touchpoint.name, advice=advice)
    yield from _conditions(playbook, names)


def _conditions(playbook: Playbook, names: when.Names) -> Verdicts:
    """The `if` of a touchpoint can be read, and everything it asks about can be known."""
    anchors = {t.when.anchor.name for t in playbook.touchpoints() if t.when and t.when.anchor.kind == "event"}
    known = names.events | anchors | set(playbook.fields) | names.surveys | OURS
    for touchpoint in playbook.touchpoints() if any(t.condition for t in playbook.touchpoints()) else ():
        path = f"{path_of(touchpoint)}.if"
        try:
            asked = parse_condition(touchpoint.condition).names if touchpoint.condition else ()
        except ConditionError as error:
            message = say(
                "The `if` of {touchpoint} cannot be read: {why}.", touchpoint=touchpoint.name, why=error.args[0]
            )
            yield Verdict(
                False, path, message, touchpoint.name, advice=say("Write for example nps >= 9, or not replied.")
            )
            continue
        for name in asked:
            ok = name in known or ("." in name and _can_happen(name, names))
            meant = "" if ok else near(name, known)
            message = say(
                "The `if` of {touchpoint} asks about {name}, which is never set.", touchpoint=touchpoint.name, name=name
            )
            yield Verdict(
                ok,
                path,
                message,
                touchpoint.name,
                advice=say("Did you mean {meant}?", meant=meant) if meant else IF_NAMES,
            )


def _can_happen(name: str, names: when.Names) -> bool:
    first, _, last = name.partition(".")
    if last in ("done", "replied"):
        return first in names.touchpoints
    if last == "answered":
        return first in names.surveys
    return first == "consent" or name in ("promise.broken", "promise.changed", "promise.kept")


@rule(
    "TP12", "hint", "systems", "A (repeatable)", say("Add `checklist:` with the three or four things that matter."), 5
)
def work_by_hand_has_a_checklist(playbook: Playbook) -> Verdicts:
    """A touchpoint done by hand has a checklist."""
    for t in playbook.touchpoints():
        if t.checklist:
            message = say(
                "{touchpoint} needs the checklist {checklist}, which does not exist.",
                touchpoint=t.name,
                checklist=t.checklist,
            )
            yield Verdict(t.checklist in playbook.checklists, f"{path_of(t)}.checklist", message, t.name, "warning")
        elif t.mode == "by_hand" and not (t.template or t.survey or t.document or t.form):
            yield Verdict(
                False, path_of(t), say("{touchpoint} is done by hand, without a checklist.", touchpoint=t.name), t.name
            )


@rule("TP13", "error", "systems", "D5a", say("Add `consent: marketing`, and {{ unsubscribe }} to the template."), 3)
def marketing_has_consent(playbook: Playbook) -> Verdicts:
    """A marketing message has consent and a way out."""
    for t in playbook.touchpoints():
        template = playbook.templates.get(t.template)
        marketing = t.consent == "marketing" or (template is not None and template.consent == "marketing")
        if _is_campaign(playbook, t):
            message = say(
                "{touchpoint} writes again and again to people who are no clients, without their consent.",
                touchpoint=t.name,
            )
            yield Verdict(bool(t.consent) or marketing, path_of(t), message, t.name)
        if marketing and template is not None and t.channel not in ("letter", "card", "phone", "in_person"):
            out = "unsubscribe" in template.body or (t.channel != "email" and has_phrase(template.body, "STOP"))
            message = say(
                "Nobody can unsubscribe from {touchpoint}: its template {template} has no {{{{ unsubscribe }}}}.",
                touchpoint=t.name,
                template=t.template,
            )
            yield Verdict(out, f"templates.{t.template}", message, t.name)


def _is_campaign(playbook: Playbook, touchpoint: Touchpoint) -> bool:
    stage = playbook.stages[touchpoint.stage]
    again = touchpoint.when is not None and touchpoint.when.form == "every" and touchpoint.mode == "auto"
    return (
        stage.phase in ("before", "alumni")
        and again
        and touchpoint.channel in ("email", "sms")
        and bool(touchpoint.template)
    )


@rule("TP14", "warning", "systems", "A quote, B2", say("Add `feel:` with the one word a client should feel here."), 2)
def stages_have_a_feeling(playbook: Playbook) -> Verdicts:
    """Each stage has an intended feeling."""
    for stage in playbook.stages.values():
        message = say("Nothing says how clients should feel in the stage {stage}.", stage=stage.name)
        yield Verdict(bool(stage.feel), f"stages.{stage.name}.feel", message, stage.name)


@rule(
    "TP15",
    "error",
    "systems",
    "E2",
    say("Add under `inquiries` what people write to you about, each with `like:` and `reply:` a template."),
    15,
)
def inquiries_have_replies(playbook: Playbook) -> Verdicts:
    """Inquiries have kinds with standard replies; a sample of working together is offered."""
    yield Verdict(bool(playbook.inquiries), "inquiries", say("There are no kinds of inquiries with standard replies."))
    for name, kind in playbook.inquiries.items():
        reply = kind.get("reply") or ""
        message = say("The inquiry {name} has no reply among the templates.", name=name)
        yield Verdict(reply in playbook.templates, f"inquiries.{name}", message, name)
        to = kind.get("moves_to") or ""
        if to and to not in ("left", "exit"):
            message = say("The inquiry {name} leads to {to}, which is no stage.", name=name, to=to)
            yield Verdict(to in playbook.stages, f"inquiries.{name}.moves_to", message, name)
    sample = any(t.sample for t in playbook.touchpoints())
    yield Verdict(sample, "stages", say("Nobody gets a sample of working with you."), "sample", "warning",
                  say("Give a touchpoint before yes `sample: true`: a guide, a short call, a trial."))  # fmt: skip


def _covering(playbook: Playbook, cover: str) -> list[Stage]:
    return [stage for stage in playbook.stages.values() if cover in stage.covers]


def _steps(playbook: Playbook) -> set[str]:
    return {t.step for t in playbook.touchpoints()}


@rule("TP16", "warning", "systems", "E3", say("Give a touchpoint `step: assessment`, `consult` or `proposal`."), 5)
def intake_has_substance(playbook: Playbook) -> Verdicts:
    """Intake has an assessment, a consult or a proposal."""
    ok = bool(_steps(playbook) & {"assessment", "consult", "proposal"})
    where = _covering(playbook, "intake")
    yield Verdict(
        ok, f"stages.{where[0].name}" if where else "stages", say("Intake has no assessment, consult or proposal.")
    )


@rule("TP17", "error", "systems", "E4", say("Give a touchpoint this `step`, or skip it with a reason."), 5)
def enrolling_is_whole(playbook: Playbook) -> Verdicts:
    """Enrolling has payment, information, signature and start."""
    for step in ("payment", "information", "signature", "start"):
        message = say("When a client enrolls there is no touchpoint with the step {step}.", step=step)
        yield _has_step(playbook, "enroll", step, message)


@rule("TP18", "warning", "systems", "E6", say("Give a touchpoint this `step`, or skip it with a reason."), 5)
def wrapping_up_is_whole(playbook: Playbook) -> Verdicts:
    """Wrapping up has summary, payment complete, thank you and testimonial."""
    for step in ("summary", "payment_complete", "thank_you", "testimonial"):
        message = say("Wrapping up has no touchpoint with the step {step}.", step=step)
        yield _has_step(playbook, "wrap_up", step, message)


def _has_step(playbook: Playbook, cover: str, step: str, message: Said) -> Verdict:
    where = _covering(playbook, cover)
    path = f"stages.{where[0].name}" if where else "stages"
    advice = say("Give a touchpoint `step: {step}`.", step=step)
    return Verdict(step in _steps(playbook), path, message, step, advice=advice)


@rule("TP19", "warning", "systems", "E5", say("Give a touchpoint `milestone: true`: a small celebration."), 5)
def a_milestone_is_celebrated(playbook: Playbook) -> Verdicts:
    """A milestone is celebrated while engaged."""
    ok = any(t.milestone for t in playbook.touchpoints())
    yield Verdict(ok, "stages", say("No milestone is celebrated on the way."))
