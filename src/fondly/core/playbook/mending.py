"""Says what is wrong with a line that is not YAML, and how that line should read.

Each mend is one line of text; the reader tries it and goes on, so that several slips are
reported in one go.
"""

import re
from dataclasses import dataclass

from fondly.core.playbook.nodes import SyntaxProblem


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """line, column: from 0. mended: the whole line as it should read; None when we cannot say."""

    line: int
    column: int
    message: str
    advice: str
    text: str = ""
    mended: str | None = None


_KEY = re.compile(r"^(\s*(?:- )?)([\w.-]+|\"[^\"]*\"|'[^']*')(:\s+)(.*?)(\s+#.*)?$")
_BRACES = re.compile(r"\{\{.*?\}\}")


def diagnose(error: SyntaxProblem, lines: list[str]) -> Diagnosis:
    """What a person should know about `error`."""
    line = min(error.line, max(len(lines) - 1, 0))
    shown = lines[line] if lines else ""
    for look in (_refused, _tab, _braces, _starts_badly, _quote, _joined_colon, _colon, _brackets, _indent):
        found = look(error, lines, line, shown)
        if found:
            return found
    return Diagnosis(
        line,
        error.column,
        f"this cannot be read: {error.what}",
        "Look at this line and the one before it: a missing colon, quote or bracket?",
        shown.strip(),
    )


_REFUSED = {
    "alias": (
        "`*` cannot begin a value here",
        "References (*name) are not used in a playbook.",
    ),
    "anchor": (
        "`&` cannot begin a value here",
        "Anchors (&name) are not used in a playbook.",
    ),
    "tag": (
        "`!` cannot begin a value here",
        "Tags (!name) are not used in a playbook.",
    ),
    "second document": ("a second document begins here", "A playbook is one document: remove this `---`."),
    "too large": (
        "the file is too large",
        "A playbook has at most 2 million characters; move texts to templates/*.md.",
    ),
    "too deep": (
        "there are too many levels here",
        "A playbook needs at most seven levels; look for a missing bracket.",
    ),
    "strange character": ("there is a character here that no text has", "Delete it and type the word again."),
}


def _refused(error: SyntaxProblem, lines: list[str], line: int, shown: str) -> Diagnosis | None:
    if error.what not in _REFUSED:
        return None
    message, advice = _REFUSED[error.what]
    mended = None
    if error.what in ("alias", "anchor", "tag"):
        mended = _quote_from(shown, error.column) or _quote_value(shown)
        advice = f"{advice} If it is text, put it in quotes{_shown(mended)}"
    if error.what == "strange character":
        mended = shown[: error.column] + shown[error.column + 1 :]
    return Diagnosis(line, error.column, message, advice, shown[error.column : error.column + 20], mended)


def _tab(error: SyntaxProblem, lines: list[str], line: int, shown: str) -> Diagnosis | None:
    for number in (line, line - 1, line + 1):
        if 0 <= number < len(lines):
            indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
            if "\t" in indent:
                mended = indent.replace("\t", "  ") + lines[number].lstrip()
                return Diagnosis(
                    number,
                    indent.index("\t"),
                    "a tab stands at the beginning of the line",
                    "Indent with two blanks for each level, not with tabs.",
                    "\t",
                    mended,
                )
    return None


def _braces(error: SyntaxProblem, lines: list[str], line: int, shown: str) -> Diagnosis | None:
    """A placeholder outside of quotes."""
    match = _KEY.match(shown)
    inside = _flow_value(shown)
    if match and match[4].lstrip().startswith("{{"):
        mended = _quote_value(shown)
    elif inside:
        mended = shown[: inside[0]] + _quoted(shown[inside[0] : inside[1]]) + shown[inside[1] :]
    else:
        return None
    return Diagnosis(
        line,
        shown.index("{{"),
        "a value with {{ … }} must be in quotes",
        f"Put it in quotes{_shown(mended)}",
        shown.strip(),
        mended,
    )


def _flow_value(shown: str) -> tuple[int, int] | None:
    """Where an unquoted `name: {{ … }} …` value stands inside { }."""
    match = re.search(
        r":\s+([^\"',{}\[\]]*\{\{[^{}]*\}\}[^,{}\"\]]*?(?:\{\{[^{}]*\}\}[^,{}\"\]]*?)*)\s*(?=[,}]|$)", shown
    )
    return match.span(1) if match else None


def _starts_badly(error: SyntaxProblem, lines: list[str], line: int, shown: str) -> Diagnosis | None:
    """A value that begins with a sign YAML keeps for itself: @ ` % ? - > |."""
    match = _KEY.match(shown)
    if not match or not match[4] or match[4][0] not in "@`%?->|*&!":
        return None
    if match[4][0] in "|>" and re.fullmatch(r"[|>][+-]?\d?", match[4]):
        return None
    mended = _quote_value(shown)
    return Diagnosis(
        line,
        match.start(4),
        f"a value cannot begin with {match[4][0]}",
        f"Put it in quotes{_shown(mended)}",
        match[4],
        mended,
    )


def _quote(error: SyntaxProblem, lines: list[str], line: int, shown: str) -> Diagnosis | None:
    """A quote that is never closed, or text after a closed one."""
    if "quoted scalar" in error.what and error.opened:
        number, column = error.opened
        opened = lines[number]
        sign = opened[column]
        mended = opened.rstrip() + sign if opened.count(sign) % 2 else None
        return Diagnosis(
            number,
            column,
            f"this quote {sign} is never closed",
            f"Close it at the end of the text{_shown(mended)}",
            opened[column:].strip(),
            mended,
        )
    match = _KEY.match(shown)
    if not match or match[4][:1] not in ("'", '"') or "expected key" not in error.what + " expected key":
        return None
    if match[4][0] not in match[4][1:-1] and match[4].endswith(match[4][0]):
        return None
    sign, inner = match[4][0], match[4].strip()
    inner = inner[1:-1] if len(inner) > 1 and inner.endswith(sign) else inner.replace(sign, "")
    mended = match[1] + match[2] + match[3] + _quoted(inner) + (match[5] or "")
    return Diagnosis(
        line,
        match.start(4),
        "a quote inside the quotes ends the text too early",
        f"Use the other kind of quotes around it{_shown(mended)}",
        match[4],
        mended,
    )


def _joined_colon(error: SyntaxProblem, lines: list[str], line: int, shown: str) -> Diagnosis | None:
    """`owner:agent`, or a word alone on its line."""
    simple_key = "could not find expected ':'" in error.what or "mapping values are not allowed" in error.what
    if not simple_key:
        return None
    for number in dict.fromkeys((error.opened[0] if error.opened else line, line, line - 1)):
        text = lines[number] if 0 <= number < len(lines) else ""
        joined = re.fullmatch(r"(\s*(?:- )?)([\w-]+):([^\s:/].*)", text)
        if joined:
            mended = f"{joined[1]}{joined[2]}: {joined[3]}"
            return Diagnosis(
                number,
                joined.end(2),
                "a blank is missing after the colon",
                f"Write{_shown(mended)}",
                text.strip(),
                mended,
            )
    number = error.opened[0] if error.opened else line
    text = lines[number].strip() if number < len(lines) else ""
    if "could not find" in error.what and text and ":" not in text:
        return Diagnosis(
            number,
            len(lines[number]) - len(lines[number].lstrip()),
            f'"{text}" has no colon and no value',
            f'Write "{text.split()[0]}: …", or indent it if it belongs to the line before.',
            text,
            "# " + lines[number],
        )
    return None


def _colon(error: SyntaxProblem, lines: list[str], line: int, shown: str) -> Diagnosis | None:
    """A second `: ` in a sentence without quotes."""
    match = _KEY.match(shown)
    if match and "mapping values are not allowed" in error.what and re.search(r":(\s|$)", match[4]):
        mended = _quote_value(shown)
        return Diagnosis(
            line,
            error.column,
            "a sentence with a colon must be in quotes",
            f"Put it in quotes{_shown(mended)}",
            match[4],
            mended,
        )
    here = error.opened is None or error.opened[0] == line
    if here and "flow mapping" in error.what and shown[error.column : error.column + 1] == ":":
        start = max(shown.rfind(sign, 0, error.column) for sign in (": ", "? ")) + 2
        end = min((at for at in (shown.find(sign, error.column) for sign in ",}") if at >= 0), default=len(shown))
        value = shown[start:end].strip()
        mended = shown[:start] + _quoted(value) + shown[start + len(value) :]
        return Diagnosis(
            line,
            error.column,
            "a sentence with a colon must be in quotes",
            f"Put it in quotes{_shown(mended)}",
            value,
            mended,
        )
    return None


def _brackets(error: SyntaxProblem, lines: list[str], line: int, shown: str) -> Diagnosis | None:
    if error.opened and ("flow mapping" in error.what or "flow sequence" in error.what):
        number, column = error.opened
        sign = lines[number][column : column + 1]
        close = "}" if sign == "{" else "]"
        mended = lines[number].rstrip() + close if number < line else None
        return Diagnosis(
            number,
            column,
            f"this {sign} is never closed",
            f"Close it with {close}{_shown(mended)}",
            lines[number][column:].strip(),
            mended,
        )
    at = shown[error.column : error.column + 1]
    if at and at in "]}":
        mended = shown[: error.column] + shown[error.column + 1 :]
        return Diagnosis(line, error.column, f"there is a {at} too many", f"Remove it{_shown(mended)}", at, mended)
    match = _KEY.match(shown)
    if match and match[4].startswith(("[", "{")) and error.column > match.start(4):
        mended = _quote_value(shown)
        return Diagnosis(
            line,
            match.start(4),
            f"text that begins with {match[4][0]} must be in quotes",
            f"Put it in quotes{_shown(mended)}",
            match[4],
            mended,
        )
    return None


def _indent(error: SyntaxProblem, lines: list[str], line: int, shown: str) -> Diagnosis | None:
    before = next((lines[i] for i in range(line - 1, -1, -1) if lines[i].strip()), "")
    here, there = _depth(shown), _depth(before)
    markers = ("mapping values are not allowed", "did not find expected", "expected <document start>", "not allowed")
    if not shown.strip() or not any(marker in error.what for marker in markers):
        return None
    if here > there and re.match(r"\s*[\w.-]+:\s+[^|>#\s]", before):
        advice = "The line before already has a value: put this line as far in as that one."
    else:
        advice = "Lines that belong together begin in the same column; two blanks further in is one level down."
    return Diagnosis(
        line,
        here,
        "this line is indented wrongly",
        advice,
        shown.strip(),
        " " * there + shown.lstrip() if here != there else None,
    )


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _quote_value(shown: str) -> str | None:
    """The line with its value in quotes."""
    match = _KEY.match(shown)
    if match and match[4]:
        return match[1] + match[2] + match[3] + _quoted(match[4].strip()) + (match[5] or "")
    item = re.match(r"^(\s*- )(.*?)(\s+#.*)?$", shown)
    return item[1] + _quoted(item[2]) + (item[3] or "") if item else None


def _quote_from(shown: str, column: int) -> str | None:
    """The line with the value that begins at `column` inside { } or [ ] in quotes."""
    if not re.search(r"[{\[].*[:,\[]\s*$", shown[:column]):
        return None
    value = re.match(r"[^,}\]]*", shown[column:])
    text = value[0].rstrip() if value else ""
    return shown[:column] + _quoted(text) + shown[column + len(text) :] if text else None


def _quoted(value: str) -> str:
    """Double quotes where possible, the others when the text has double ones."""
    value = value.strip()
    if '"' not in value and "\\" not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"


def _shown(mended: str | None) -> str:
    if not mended:
        return "."
    text = mended.strip()
    return f": {text if len(text) <= 160 else text[:157] + '…'}"
