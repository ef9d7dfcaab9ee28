"""Says what is wrong with a line that is not YAML, and how that line should read.

Each mend is one line of text; the reader tries it and goes on, so that several slips are
reported in one go.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fondly.core.playbook.nodes import SyntaxProblem
from fondly.core.playbook.requoting import braces_in_flow, quote_between, quote_from, quote_value, value_of, with_value
from fondly.core.words import Said, say

LONGEST_EXAMPLE = 160  # characters of a mended line that are shown


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """line, column: from 0. mended: the whole line as it should read; None when we cannot say."""

    line: int
    column: int
    message: str
    advice: str
    text: str = ""
    mended: str | None = None


@dataclass(frozen=True, slots=True)
class Slip:
    """Where YAML gave up. line: from 0, within the text; shown: that line."""

    error: SyntaxProblem
    lines: list[str]
    line: int
    shown: str

    @property
    def opened_line(self) -> int:
        """Where the unfinished thing began."""
        return self.error.opened[0] if self.error.opened else self.line

    def line_at(self, number: int) -> str:
        return self.lines[number] if 0 <= number < len(self.lines) else ""


def diagnose(error: SyntaxProblem, lines: list[str]) -> Diagnosis:
    """What a person should know about `error`."""
    line = min(error.line, max(len(lines) - 1, 0))
    slip = Slip(error, lines, line, lines[line] if lines else "")
    for look in _LOOKS:
        found = look(slip)
        if found:
            return found
    return Diagnosis(
        line,
        error.column,
        say("this cannot be read: {what}", what=error.what),
        say("Look at this line and the one before it: a missing colon, quote or bracket?"),
        slip.shown.strip(),
    )


_IF_TEXT = say("If it is text, put it in quotes")
_NOT_USED = {
    "alias": (say("`*` cannot begin a value here"), say("References (*name) are not used in a playbook.")),
    "anchor": (say("`&` cannot begin a value here"), say("Anchors (&name) are not used in a playbook.")),
    "tag": (say("`!` cannot begin a value here"), say("Tags (!name) are not used in a playbook.")),
}
_REFUSED = {
    "second document": (
        say("a second document begins here"),
        say("A playbook is one document: remove this `---`."),
    ),
    "too large": (
        say("the file is too large"),
        say("A playbook has at most 2 million characters; move texts to templates/*.md."),
    ),
    "too deep": (
        say("there are too many levels here"),
        say("A playbook needs at most seven levels; look for a missing bracket."),
    ),
}


def _refused(slip: Slip) -> Diagnosis | None:
    """What YAML has and a playbook does not."""
    what, column, shown = slip.error.what, slip.error.column, slip.shown
    text = shown[column : column + 20]
    if what in _NOT_USED:
        message, advice = _NOT_USED[what]
        mended = quote_from(shown, column) or quote_value(shown)
        told = say("{advice} {example}", advice=advice, example=_example(_IF_TEXT, mended))
        return Diagnosis(slip.line, column, message, told, text, mended)
    if what == "strange character":
        message, advice = say("there is a character here that no text has"), say("Delete it and type the word again.")
        return Diagnosis(slip.line, column, message, advice, text, shown[:column] + shown[column + 1 :])
    return Diagnosis(slip.line, column, *_REFUSED[what], text) if what in _REFUSED else None


def _tab(slip: Slip) -> Diagnosis | None:
    for number in (slip.line, slip.line - 1, slip.line + 1):
        line = slip.line_at(number)
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            return Diagnosis(
                number,
                indent.index("\t"),
                say("a tab stands at the beginning of the line"),
                say("Indent with two blanks for each level, not with tabs."),
                "\t",
                indent.replace("\t", "  ") + line.lstrip(),
            )
    return None


def _braces(slip: Slip) -> Diagnosis | None:
    """A placeholder outside of quotes."""
    value, inside = value_of(slip.shown), braces_in_flow(slip.shown)
    if value and value[1].startswith("{{"):
        mended = quote_value(slip.shown)
    elif inside:
        mended = quote_between(slip.shown, *inside)
    else:
        return None
    column = slip.shown.index("{{")
    return _to_quote(slip, column, say("a value with {{ … }} must be in quotes"), slip.shown.strip(), mended)


def _starts_badly(slip: Slip) -> Diagnosis | None:
    """A value that begins with a sign YAML keeps for itself: @ ` % ? - > |."""
    value = value_of(slip.shown)
    if not value or not value[1] or value[1][0] not in "@`%?->|*&!":
        return None
    column, text = value
    if re.fullmatch(r"[|>][+-]?\d?", text):
        return None
    message = say("a value cannot begin with {sign}", sign=text[0])
    return _to_quote(slip, column, message, text, quote_value(slip.shown))


def _open_quote(slip: Slip) -> Diagnosis | None:
    """A quote that is never closed."""
    if "quoted scalar" not in slip.error.what or not slip.error.opened:
        return None
    number, column = slip.error.opened
    line = slip.lines[number]
    sign = line[column]
    mended = line.rstrip() + sign if line.count(sign) % 2 else None
    return Diagnosis(
        number,
        column,
        say("this quote {sign} is never closed", sign=sign),
        _example(say("Close it at the end of the text"), mended),
        line[column:].strip(),
        mended,
    )


def _inner_quote(slip: Slip) -> Diagnosis | None:
    """A quote inside of quotes of the same kind."""
    value = value_of(slip.shown)
    if not value or value[1][:1] not in ("'", '"'):
        return None
    column, text = value
    sign = text[0]
    if sign not in text[1:-1] and text.endswith(sign):
        return None
    inner = text[1:-1] if len(text) > 1 and text.endswith(sign) else text.replace(sign, "")
    mended = with_value(slip.shown, inner)
    advice = _example(say("Use the other kind of quotes around it"), mended)
    return Diagnosis(slip.line, column, say("a quote inside the quotes ends the text too early"), advice, text, mended)


def _joined_colon(slip: Slip) -> Diagnosis | None:
    """`owner:agent`."""
    if "could not find expected ':'" not in slip.error.what and _NO_MAPPING not in slip.error.what:
        return None
    for number in dict.fromkeys((slip.opened_line, slip.line, slip.line - 1)):
        text = slip.line_at(number)
        joined = re.fullmatch(r"(\s*(?:- )?)([\w-]+):([^\s:/].*)", text)
        if joined:
            mended = f"{joined[1]}{joined[2]}: {joined[3]}"
            message, advice = say("a blank is missing after the colon"), _example(say("Write"), mended)
            return Diagnosis(number, joined.end(2), message, advice, text.strip(), mended)
    return None


def _no_colon(slip: Slip) -> Diagnosis | None:
    """A word alone on its line."""
    line = slip.line_at(slip.opened_line)
    text = line.strip()
    if "could not find expected ':'" not in slip.error.what or not text or ":" in text:
        return None
    return Diagnosis(
        slip.opened_line,
        len(line) - len(line.lstrip()),
        say('"{text}" has no colon and no value', text=text),
        say('Write "{word}: …", or indent it if it belongs to the line before.', word=text.split()[0]),
        text,
        "# " + line,
    )


_NO_MAPPING = "mapping values are not allowed"
_COLON = say("a sentence with a colon must be in quotes")


def _colon(slip: Slip) -> Diagnosis | None:
    """A second `: ` in a sentence without quotes."""
    value = value_of(slip.shown)
    if value and _NO_MAPPING in slip.error.what and re.search(r":(\s|$)", value[1]):
        return _to_quote(slip, slip.error.column, _COLON, value[1], quote_value(slip.shown))
    return None


def _colon_in_flow(slip: Slip) -> Diagnosis | None:
    """The same inside { }."""
    shown, column = slip.shown, slip.error.column
    if slip.opened_line != slip.line or "flow mapping" not in slip.error.what or shown[column : column + 1] != ":":
        return None
    start = max(shown.rfind(sign, 0, column) for sign in (": ", "? ")) + 2
    end = min((at for at in (shown.find(sign, column) for sign in ",}") if at >= 0), default=len(shown))
    return _to_quote(slip, column, _COLON, shown[start:end].strip(), quote_between(shown, start, end))


def _open_bracket(slip: Slip) -> Diagnosis | None:
    error = slip.error
    if not error.opened or not ("flow mapping" in error.what or "flow sequence" in error.what):
        return None
    number, column = error.opened
    line = slip.lines[number]
    sign = line[column : column + 1]
    close = "}" if sign == "{" else "]"
    mended = line.rstrip() + close if number < slip.line else None
    message = say("this {sign} is never closed", sign=sign)
    advice = _example(say("Close it with {sign}", sign=close), mended)
    return Diagnosis(number, column, message, advice, line[column:].strip(), mended)


def _bracket_too_many(slip: Slip) -> Diagnosis | None:
    shown, column = slip.shown, slip.error.column
    sign = shown[column : column + 1]
    if sign not in ("]", "}"):
        return None
    mended = shown[:column] + shown[column + 1 :]
    message = say("there is a {sign} too many", sign=sign)
    return Diagnosis(slip.line, column, message, _example(say("Remove it"), mended), sign, mended)


def _text_in_brackets(slip: Slip) -> Diagnosis | None:
    """Text that only begins like a list or a mapping."""
    value = value_of(slip.shown)
    if not value or not value[1].startswith(("[", "{")) or slip.error.column <= value[0]:
        return None
    message = say("text that begins with {sign} must be in quotes", sign=value[1][0])
    return _to_quote(slip, value[0], message, value[1], quote_value(slip.shown))


_INDENT_ERRORS = (_NO_MAPPING, "did not find expected", "expected <document start>", "not allowed")


def _indent(slip: Slip) -> Diagnosis | None:
    shown = slip.shown
    if not shown.strip() or not any(words in slip.error.what for words in _INDENT_ERRORS):
        return None
    before = next((slip.lines[i] for i in range(slip.line - 1, -1, -1) if slip.lines[i].strip()), "")
    here, there = _depth(shown), _depth(before)
    if here > there and re.match(r"\s*[\w.-]+:\s+[^|>#\s]", before):
        advice = say("The line before already has a value: put this line as far in as that one.")
    else:
        advice = say("Lines that belong together begin in the same column; two blanks further in is one level down.")
    mended = " " * there + shown.lstrip() if here != there else None
    return Diagnosis(slip.line, here, say("this line is indented wrongly"), advice, shown.strip(), mended)


# In this order: the first that knows the slip says it.
_LOOKS: tuple[Callable[[Slip], Diagnosis | None], ...] = (
    _refused, _tab, _braces, _starts_badly, _open_quote, _inner_quote, _joined_colon, _no_colon, _colon,
    _colon_in_flow, _open_bracket, _bracket_too_many, _text_in_brackets, _indent,
)  # fmt: skip


def _to_quote(slip: Slip, column: int, message: str, text: str, mended: str | None) -> Diagnosis:
    """A slip that quotes mend."""
    return Diagnosis(slip.line, column, message, _example(say("Put it in quotes"), mended), text, mended)


def _example(advice: str, mended: str | None) -> Said:
    """The advice, with the line as it should read when we know it."""
    if not mended:
        return say("{advice}.", advice=advice)
    text = mended.strip()
    shown = text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 3] + "…"
    return say("{advice}: {example}", advice=advice, example=shown)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
