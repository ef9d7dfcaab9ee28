"""How values are written in YAML so that every tool reads the same text."""

import re
from typing import Any

import yaml

# What YAML 1.1 tools make something else of than the text: yes/no words, sexagesimal times, octal, 1_000, 1e3.
_MISREAD = re.compile(
    r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|~|null|Null|NULL|=|<<|"
    r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[-+]?0[0-9_]+|[-+]?0[xob][0-9a-fA-F_]+|"
    r"[-+]?[0-9]*_[0-9_]*(?:\.[0-9_]*)?|[-+]?\.[0-9_]+|[-+]?[0-9][0-9_]*\.(?:[0-9_]*0)?|\+[0-9].*|"
    r"[-+]?[0-9]*\.?[0-9]+[eE][-+]?[0-9]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|"
    r"\d{4}-\d\d?-\d\d?(?:[Tt]|\s+)\d.*"
)
_STARTS = "-?:,[]{}#&*!|>'\"%@`"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def scalar(text: str, *, flow: bool = False, typed: bool = False) -> str:
    """One line for `text`: bare when every YAML tool reads it as written, else in quotes.

    flow: it stands inside [ ] or { }. typed: a number or true/false is wanted here, so it stays bare.
    """
    if typed and re.fullmatch(r"true|false|yes|no|[-+]?\d+(?:\.\d+)?", text):
        return text
    return text if _bare(text, flow) else quoted(text)


def _bare(text: str, flow: bool) -> bool:
    if not text or text != text.strip() or _CONTROL.search(text) or _MISREAD.fullmatch(text):
        return False
    if text[0] in _STARTS and not (text[0] in "-" and len(text) > 1 and text[1] not in " \t,[]{}"):
        return False
    if ": " in text or " #" in text or text.endswith(":") or text.startswith(("---", "...")):
        return False
    return not (flow and (re.search(r"[,\[\]{}?]", text) or re.search(r":(?=[,\[\]{}\s]|$)", text)))


def quoted(text: str) -> str:
    """The text in quotes: double ones, or single ones when it has double quotes itself."""
    if ('"' in text or "\\" in text) and not _CONTROL.search(text):
        return "'" + text.replace("'", "''") + "'"
    if _CONTROL.search(text):
        return str(yaml.dump(text, default_style='"', width=10**9, allow_unicode=True)).rstrip("\n")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def inline(value: Any) -> str:
    """A value on one line, inside [ ] or { } where it has parts."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(str(key), flow=True)}: {inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(part) for part in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return scalar("" if value is None else str(value), flow=True) if value is not None else ""


def block(value: Any, indent: int) -> str:
    """What stands after `key:` in a block: ` value`, or lines further in. No line break at the end."""
    lead = " " * (indent + 2)
    if isinstance(value, dict) and value:
        return "\n" + "\n".join(f"{lead}{scalar(str(key))}:{block(part, indent + 2)}" for key, part in value.items())
    if isinstance(value, list | tuple) and value:
        one = inline(value)
        if len(one) <= 90 or any(isinstance(item, dict | list | tuple) for item in value):
            return f" {one}"
        return "\n" + "\n".join(f"{lead}- {inline(item)}" for item in value)
    if isinstance(value, str) and "\n" in value:
        return _literal(value, lead) or f" {quoted(value)}"
    if isinstance(value, str):
        return f" {scalar(value)}"
    return f" {inline(value)}" if value is not None else ""


def _literal(text: str, lead: str) -> str:
    """` |` and the lines, or "" when a block cannot hold the text as it is."""
    body = text.rstrip("\n")
    tail = len(text) - len(body)
    unfit = not body or body[0] in " \t\n" or re.search(r"[^\S\n](?:\n|$)", body) or "\t" in body or "\r" in body
    if unfit or _CONTROL.search(body.replace("\n", "")) or tail > 1:
        return ""
    lines = [lead + line if line else "" for line in body.split("\n")]
    return f" |{'' if tail else '-'}\n" + "\n".join(lines)
