"""One line of a playbook with one of its values put in quotes."""

import re

from fondly.core.playbook.writing import quoted

_KEY = re.compile(r"^(\s*(?:- )?)([\w.-]+|\"[^\"]*\"|'[^']*')(:\s+)(.*?)(\s+#.*)?$")
_ITEM = re.compile(r"^(\s*- )(.*?)(\s+#.*)?$")
_FLOW_BRACES = re.compile(r":\s+([^\"',{}\[\]]*\{\{[^{}]*\}\}[^,{}\"\]]*?(?:\{\{[^{}]*\}\}[^,{}\"\]]*?)*)\s*(?=[,}]|$)")


def value_of(line: str) -> tuple[int, str] | None:
    """(column, text) of the value in `key: value`, its comment left out; None when the line is no such line."""
    match = _KEY.match(line)
    return (match.start(4), match[4]) if match else None


def with_value(line: str, value: str) -> str | None:
    """The line with another value, in quotes; key, dash and comment stay."""
    match = _KEY.match(line)
    return match[1] + match[2] + match[3] + quoted(value.strip()) + (match[5] or "") if match else None


def quote_value(line: str) -> str | None:
    """The line with its value, or the item of its list, in quotes."""
    found = value_of(line)
    if found and found[1]:
        return with_value(line, found[1])
    item = _ITEM.match(line)
    return item[1] + quoted(item[2].strip()) + (item[3] or "") if item else None


def quote_from(line: str, column: int) -> str | None:
    """The line with the value that begins at `column` inside { } or [ ] in quotes."""
    if not re.search(r"[{\[].*[:,\[]\s*$", line[:column]):
        return None
    value = re.match(r"[^,}\]]*", line[column:])
    text = value[0].rstrip() if value else ""
    return line[:column] + quoted(text) + line[column + len(text) :] if text else None


def quote_between(line: str, start: int, end: int) -> str:
    """The line with what stands from `start` to `end` in quotes."""
    text = line[start:end].strip()
    return line[:start] + quoted(text) + line[start + len(text) :]


def braces_in_flow(line: str) -> tuple[int, int] | None:
    """Where an unquoted `name: {{ … }} …` value stands inside { }."""
    match = _FLOW_BRACES.search(line)
    return match.span(1) if match else None
