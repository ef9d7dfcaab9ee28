"""The Liquid sandbox: which tags and filters there are, and what a missing value does.

Left out on purpose: `assign`, `capture`, `include`, `render`, ranges, `split` and `replace`
(each can grow text without end), and everything that reads a clock or a file.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TextIO

from liquid import BoundTemplate, Environment, Mode, RenderContext, Undefined
from liquid.builtin.expressions import Path
from liquid.builtin.output import Output, OutputNode
from liquid.filter import liquid_filter
from liquid.stringify import to_liquid_string
from liquid.utils.chain_map import ReadOnlyChainMap

MOST_SOURCE = 50_000  # characters of a template
MOST_OUTPUT = 200_000  # characters of a message
MOST_LOOPS = 2_000
TOO_LONG = f"the message is longer than {MOST_OUTPUT:,} characters"
_LOOK_EVERY = 64  # values: their length is not part of the output that Liquid limits
COLLECTED = "\0values"  # no Liquid name can be this

TAG_NAMES = ("if", "unless", "case", "for", "comment")
TAGS = frozenset({"content", "illegal", "output", "#", *TAG_NAMES})
FILTERS = frozenset(
    {
        "default", "upcase", "downcase", "capitalize", "strip", "lstrip", "rstrip", "squish", "strip_newlines",
        "truncate", "truncatewords", "append", "prepend", "remove", "remove_first", "date", "plus", "minus",
        "times", "divided_by", "modulo", "round", "ceil", "floor", "abs", "at_least", "at_most", "size", "first",
        "last", "join", "sort", "uniq", "where", "map", "url_encode",
    }
)  # fmt: skip
_FORMAT = re.compile(r"(?:[^%]|%-?[aAbBdeHIjmMpuwyY%])*")
LONGEST_FORMAT = 80


class MissingValueError(ValueError):
    """A value a template needs is not there and has no fallback. `name` is the placeholder."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{{{{ {name} }}}} has no value")
        self.name = name


class Needed(Undefined):
    """A missing value: false in a condition, an error where it should be printed."""

    force_liquid_default = True

    def __str__(self) -> str:
        raise MissingValueError(_full(self))

    def __bool__(self) -> bool:
        return False


class Marked(Needed):
    """A missing value in a preview: shown in brackets."""

    def __str__(self) -> str:
        return f"[{_full(self)}]"


def _full(missing: Undefined) -> str:
    """The path as far as Liquid knows it: its hint is "client.memory is undefined"."""
    hint = (missing.hint or "").removesuffix(" is undefined").strip("'")
    return hint if hint.startswith(missing.name) else missing.name


class Clockless(RenderContext):
    """Values come from what is handed in: Liquid's own `now` and `today` would read this machine's clock."""

    def __init__(self, template: BoundTemplate, *, globals: Mapping[str, object]) -> None:
        super().__init__(template, globals=globals)
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)


class NamingNode(OutputNode):
    """Prints a value; a missing one is named with its whole path."""

    def text(self, context: RenderContext) -> str:
        value = self.expression.evaluate(context)
        if isinstance(value, Marked):
            return f"[{self._name(value)}]"
        if isinstance(value, Undefined):
            raise MissingValueError(self._name(value))
        return to_liquid_string(value, context.autoescape)

    def _name(self, missing: Undefined) -> str:
        left = getattr(self.expression, "left", None)
        return str(left) if isinstance(left, Path) else _full(missing)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(self.text(context))


class NamingOutput(Output):
    node_class = NamingNode


def token(prefix: str, number: int) -> str:
    """What stands for a value that is put in later."""
    return f"{prefix}{number:06d}x"


class CollectingNode(NamingNode):
    """Writes a token instead of the value and keeps the value: `message.py` puts it in later."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        kept: tuple[str, list[str]] = context.globals[COLLECTED]  # type: ignore[assignment]
        prefix, values = kept
        values.append(self.text(context))
        if len(values) % _LOOK_EVERY == 0 and sum(map(len, values)) > MOST_OUTPUT:
            raise ValueError(TOO_LONG)
        return buffer.write(token(prefix, len(values) - 1))


class CollectingOutput(Output):
    node_class = CollectingNode


@liquid_filter
def date_filter(value: Any, form: str) -> Any:
    """A date in words: `{{ first_session | date: "%A, %-d %B" }}`. No clock: "now" is not known here."""
    if isinstance(value, Undefined):
        return value  # still missing: a `default` after it may help
    if len(str(form)) > LONGEST_FORMAT or not _FORMAT.fullmatch(str(form)):
        raise ValueError(f'"{form}" is not a form for dates we use')
    when = value if isinstance(value, date) else datetime.fromisoformat(str(value))
    return when.strftime(str(form))


class Sandbox(Environment):
    """A Liquid environment with our tags, filters and limits only."""

    block_nesting_limit = 12
    context_depth_limit = 12
    loop_iteration_limit = MOST_LOOPS
    local_namespace_limit = 100_000
    output_stream_limit = MOST_OUTPUT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        filters: Mapping[str, Callable[..., Any]] = {n: f for n, f in self.filters.items() if n in FILTERS}
        self.filters = {**filters, "date": date_filter}
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.add_tag(NamingOutput)


def sandbox(*, html: bool = False, mark: bool = False, collect: bool = False) -> Sandbox:
    """A new environment. html: values are escaped; mark: missing values are shown; collect: values are kept apart."""
    made = Sandbox(tolerance=Mode.STRICT, undefined=Marked if mark else Needed, autoescape=html, strict_filters=True)
    if collect:
        made.add_tag(CollectingOutput)
    return made
