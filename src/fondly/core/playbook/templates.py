"""Liquid templates in a sandbox: what they need, what is wrong with them, and rendering them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from liquid import BoundTemplate
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.output import LimitedStringIO

from fondly.core.playbook import slots
from fondly.core.playbook.liquid_env import (
    COLLECTED,
    FILTERS,
    MOST_OUTPUT,
    MOST_SOURCE,
    TAG_NAMES,
    TOO_LONG,
    Clockless,
    MissingValueError,
    Sandbox,
    sandbox,
    token,
)
from fondly.core.playbook.near import near
from fondly.core.words import say

__all__ = [
    "MissingValueError",
    "Placeholder",
    "TemplateError",
    "TemplateProblem",
    "clean_context",
    "collect",
    "compile",
    "placeholders",
    "problems",
    "render",
]

Format = Literal["text", "html"]
DEEPEST_CONTEXT = 8
MOST_CONTEXT = 20_000  # values


class TemplateError(ValueError):
    """A template that cannot be read or rendered. The message says why."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One `{{ name }}`: name is the full path; fallback: it has a `default`; asked: only used in a condition."""

    name: str
    line: int
    fallback: bool = False
    asked: bool = False

    @property
    def root(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """line: from 1, within the template."""

    line: int
    message: str
    advice: str


def compile(source: str, *, mode: Format = "text", mark_missing: bool = False) -> Callable[[Mapping[str, Any]], str]:
    """A function from a context to text; make it once per template version.

    mode `html`: values are HTML-escaped. mark_missing: a missing value is shown as [name] instead of
    raising MissingValueError. Raises TemplateError when the template is not allowed.
    """
    template = _checked(source, mode == "html", mark_missing, False)

    def run(context: Mapping[str, Any]) -> str:
        return _run([template], clean_context(context))[0]

    return run


def render(source: str, context: Mapping[str, Any], *, mode: Format = "text", mark_missing: bool = False) -> str:
    """The template with its values. Raises TemplateError, MissingValueError."""
    return compile(source, mode=mode, mark_missing=mark_missing)(context)


def collect(
    sources: Sequence[str], context: Mapping[str, Any], prefix: str, *, mark_missing: bool = False
) -> tuple[list[str], list[str]]:
    """The templates with a token `{prefix}000000x` for each value, and the values. For `message.py`."""
    known = _cut(tuple(sources), prefix)
    values = slots.values_of(known[1], context) if known is not None else None
    if known is None or values is None:
        return _collect(sources, context, prefix, mark_missing)
    _require_short(values)
    return known[0], values


def _collect(
    sources: Sequence[str], context: Mapping[str, Any], prefix: str, mark_missing: bool
) -> tuple[list[str], list[str]]:
    values: list[str] = []
    templates = [_checked(source, False, mark_missing, True) for source in sources]
    texts = _run(templates, {**clean_context(context), COLLECTED: (prefix, values)})
    _require_short(values)
    return texts, values


@lru_cache(maxsize=512)
def _cut(sources: tuple[str, ...], prefix: str) -> tuple[list[str], list[slots.Slot]] | None:
    """The texts with their tokens, and what stands in them; None when only Liquid can tell."""
    texts: list[str] = []
    places: list[slots.Slot] = []
    for source in sources:
        pieces = slots.cut(_checked(source, False, False, True).nodes)
        if pieces is None:
            return None
        made = []
        for piece in pieces:
            made.append(piece if isinstance(piece, str) else token(prefix, len(places)))
            places += [] if isinstance(piece, str) else [piece]
        texts.append("".join(made))
    return texts, places


def _require_short(values: Sequence[str]) -> None:
    if sum(map(len, values)) > MOST_OUTPUT:
        raise TemplateError(TOO_LONG)


def _run(templates: Sequence[BoundTemplate], values: Mapping[str, Any]) -> list[str]:
    """The texts of templates of one environment. A context of Liquid's costs as much as a text: they share it."""
    context = Clockless(templates[0], globals=values)
    try:
        return [_text(template, context) for template in templates]
    except MissingValueError:
        raise
    except (LiquidError, ValueError, TypeError, ArithmeticError, OverflowError, RecursionError) as error:
        raise TemplateError(_in_words(error)) from None


def _text(template: BoundTemplate, context: Clockless) -> str:
    buffer = LimitedStringIO(limit=MOST_OUTPUT)
    template.render_with_context(context, buffer)
    return buffer.getvalue()


@lru_cache(maxsize=8)
def _environment(html: bool, mark: bool, collecting: bool) -> Sandbox:
    return sandbox(html=html, mark=mark, collect=collecting)


@lru_cache(maxsize=512)
def _parsed(source: str) -> BoundTemplate:
    return _environment(False, False, False).from_string(source)


@lru_cache(maxsize=2048)
def _checked(source: str, html: bool, mark: bool, collecting: bool) -> BoundTemplate:
    found = problems(source)
    if found:
        raise TemplateError(
            say(
                "line {line}: {message}. {advice}", line=found[0].line, message=found[0].message, advice=found[0].advice
            )
        )
    return _environment(html, mark, collecting).from_string(source)


def problems(source: str, known_names: Iterable[str] | None = None) -> tuple[TemplateProblem, ...]:
    """Everything that keeps the template from being used.

    known_names: allowed placeholders, `client.first_name` or `facts.*` for any; None skips that test.
    """
    if len(source) > MOST_SOURCE:
        return (
            TemplateProblem(
                1, say("it is longer than {most:,} characters", most=MOST_SOURCE), say("Move a part to a document.")
            ),
        )
    try:
        template = _parsed(source)
    except LiquidError as error:
        return (_syntax(error, source),)
    except RecursionError:
        return (TemplateProblem(1, say("it is nested too deeply"), say("Use fewer brackets and blocks.")),)
    found = list(_forbidden(template.nodes, source))
    if known_names is not None:
        names = frozenset(known_names)
        found += [_unknown(p, names) for p in placeholders(source) if not _known(p.name, names)]
    return tuple(found)


def _known(name: str, names: frozenset[str]) -> bool:
    return name in names or f"{name.partition('.')[0]}.*" in names


def _unknown(placeholder: Placeholder, names: frozenset[str]) -> TemplateProblem:
    meant = near(placeholder.name, names)
    advice = say("Did you mean {{{{ {meant} }}}}?", meant=meant) if meant else say("Use a name the playbook knows.")
    return TemplateProblem(
        placeholder.line, say("{{{{ {placeholder} }}}} is not known", placeholder=placeholder.name), advice
    )


def _syntax(error: LiquidError, source: str) -> TemplateProblem:
    index = getattr(error.token, "start_index", 0) if error.token else 0
    line = source.count("\n", 0, max(index, 0)) + 1
    message = _in_words(error)
    if "unexpected tag" in message or "unknown tag" in message:
        return TemplateProblem(line, message, say("Only these tags are used: {tags}.", tags=", ".join(TAG_NAMES)))
    if "filter" in message:
        return TemplateProblem(line, message, say("Filters: {filters}.", filters=", ".join(sorted(FILTERS))))
    return TemplateProblem(
        line, message, say("Write {{ name }}, {{ name | default: 'text' }} or {% if name %} … {% endif %}.")
    )


def _in_words(error: Exception) -> str:
    message = str(error.args[0]) if error.args else type(error).__name__
    return " ".join(message.split())[:200]


def _forbidden(nodes: Iterable[Node], source: str) -> Iterator[TemplateProblem]:
    """Ranges and computed names: both are allowed by Liquid and neither is needed."""
    for _, expression, _ in _expressions(nodes, frozenset()):
        line = source.count("\n", 0, expression.token.start_index) + 1 if expression.token else 1
        if isinstance(expression, RangeLiteral):
            yield TemplateProblem(line, say("ranges like (1..5) are not used"), say("Loop over a list of the client."))
        if isinstance(expression, Path) and not all(isinstance(part, str | int) for part in expression.path):
            yield TemplateProblem(
                line, say("{expression} is a computed name", expression=expression), say("Write the name with dots.")
            )
        for used in getattr(expression, "filters", None) or ():
            if used.name not in FILTERS:
                yield _unknown_filter(used.name, line)


def _unknown_filter(name: str, line: int) -> TemplateProblem:
    meant = near(name, FILTERS)
    advice = (
        say("Did you mean {meant}?", meant=meant)
        if meant
        else say("Filters: {filters}.", filters=", ".join(sorted(FILTERS)))
    )
    return TemplateProblem(line, say('there is no filter "{name}"', name=name), advice)


def placeholders(source: str) -> tuple[Placeholder, ...]:
    """Every name the template takes from outside, in order. Raises TemplateError when it cannot be read."""
    return _placeholders(source)


@lru_cache(maxsize=2048)
def _placeholders(source: str) -> tuple[Placeholder, ...]:
    if "{" not in source:
        return ()
    try:
        nodes = _parsed(source).nodes
    except (LiquidError, RecursionError) as error:
        raise TemplateError(_in_words(error)) from None
    found: dict[tuple[str, bool, bool], Placeholder] = {}
    for node, expression, local in _expressions(nodes, frozenset()):
        if isinstance(expression, Path) and str(expression.path[0]) not in local:
            printed = isinstance(node, OutputNode)
            fallback = printed and _has_default(node, expression)
            line = source.count("\n", 0, expression.token.start_index) + 1
            name = ".".join(str(part) for part in expression.path)
            found.setdefault((name, fallback, printed), Placeholder(name, line, fallback, not printed))
    return tuple(found.values())


def _has_default(node: Node, path: Path) -> bool:
    expression = next(iter(node.expressions()))
    return (
        isinstance(expression, FilteredExpression)
        and expression.left is path
        and any(used.name == "default" for used in expression.filters or ())
    )


def _expressions(nodes: Iterable[Node], local: frozenset[str]) -> Iterator[tuple[Node, Expression, frozenset[str]]]:
    """Every expression in the tree with its node and the names that loops made."""
    for node in nodes:
        stack = list(node.expressions())
        while stack:
            expression = stack.pop(0)
            yield node, expression, local
            stack[:0] = expression.children()
        inner = local | {str(name) for name in node.block_scope()}
        yield from _expressions(node.children(None, include_partials=False), inner)  # type: ignore[arg-type]


def clean_context(context: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values only: maps, lists, text, numbers, dates. Empty values count as missing.

    Raises TypeError for anything else: an object never reaches a template.
    """
    left = [MOST_CONTEXT]
    cleaned: dict[str, Any] = _clean_map(context, 0, left)
    return cleaned


def _clean_map(values: Mapping[Any, Any], depth: int, left: list[int]) -> dict[str, Any]:
    _count(len(values), depth, left)
    made = {}
    for key, value in values.items():
        kind = type(value)
        if kind is str:
            if value:
                made[key] = value
        elif value is not None:
            made[key] = value if kind is int or kind is bool or kind is float else _clean(value, depth + 1, left)
    return made


def _count(more: int, depth: int, left: list[int]) -> None:
    left[0] -= more
    if left[0] < 0 or depth > DEEPEST_CONTEXT:
        raise TypeError("too many values, or too deep, for a template")


def _clean(value: Any, depth: int, left: list[int]) -> Any:
    if isinstance(value, Mapping):
        return _clean_map(value, depth, left)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, Decimal | time):
        return str(value)
    if isinstance(value, date | datetime):
        return value
    if isinstance(value, list | tuple):
        _count(len(value), depth, left)
        return [_clean(item, depth + 1, left) for item in value]
    raise TypeError(f"a template takes plain values only, not {type(value).__name__}")
