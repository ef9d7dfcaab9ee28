"""One Markdown and Liquid source becomes a subject, a plain text and an HTML part.

A value of a client is never Markdown and never HTML: while the Markdown is turned into text
and HTML each value is a token, and is put in afterwards, escaped for the place it stands in.
"""

import html
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from fondly.core.playbook.templates import collect

SCHEMES = ("http", "https", "mailto", "tel")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
_FRAME = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{subject}</title><style>
body {{ margin: 0; padding: 24px 16px; background: #ffffff; color: #1f2328;
  font: 16px/1.55 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }}
.letter {{ max-width: 36em; margin: 0 auto; }}
p, ul, ol, blockquote {{ margin: 0 0 1em; }} a {{ color: #0b57d0; }}
blockquote {{ padding-left: 1em; border-left: 3px solid #d0d7de; color: #57606a; }}
</style></head><body><div class="letter">
{body}</div></body></html>
"""


def parts(
    subject: str,
    body: str,
    context: Mapping[str, Any],
    *,
    language: str = "en",
    mark_missing: bool = False,
    finish: Callable[[str], str] = str,
) -> tuple[str, str, str]:
    """(subject, plain text, HTML) of a message.

    subject: Liquid, made one line. body: Markdown with Liquid; HTML in it is shown as typed.
    mark_missing: for previews. finish: what is done to the whole page, such as moving its style into the elements;
    it never sees a value. Raises TemplateError, MissingValueError.
    """
    prefix = _unused(subject + body)
    (line, source), values = collect((subject, body), context, prefix, mark_missing=mark_missing)
    token = _token(prefix)
    line = " ".join(_filled(line, token, values).split())
    plain, head, tail = _skeleton(source, prefix, language, finish)
    text = _filled(plain, token, values).strip() + "\n"
    return line, text, head + html.escape(line) + _with_values(tail, token, values)


def _filled(text: str, token: re.Pattern[str], values: list[str]) -> str:
    return token.sub(lambda match: values[int(match[1])], text)


@lru_cache(maxsize=512)
def _skeleton(source: str, prefix: str, language: str, finish: Callable[[str], str]) -> tuple[str, str, str]:
    """Plain text and page, the page cut where the subject goes; made once for all who get the same words."""
    tokens = _markdown().parse(source)
    inner = _markdown().renderer.render(tokens, _markdown().options, {})
    subject = f"{prefix}s"
    page = finish(_FRAME.format(language=html.escape(language), subject=subject, body=inner))
    head, _, tail = page.partition(subject)
    return _plain(tokens), head, tail


@lru_cache(maxsize=32)
def _token(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"{prefix}(\d{{6}})x")


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(["html_inline", "html_block", "image"])
    made.validateLink = lambda url: urlsplit(url).scheme.lower() in ("", *SCHEMES)  # type: ignore[method-assign]
    return made


def _unused(body: str) -> str:
    """A token prefix that the source does not contain."""
    number = 0
    while f"fv{number}n" in body:
        number += 1
    return f"fv{number}n"


def _with_values(page: str, token: re.Pattern[str], values: list[str]) -> str:
    def in_link(match: re.Match[str]) -> str:
        return f'href="{_address(html.unescape(match[1]), token, values)}"'

    if "href=" in page:
        page = re.sub(rf'href="([^"]*{token.pattern.replace("(", "(?:")}[^"]*)"', in_link, page)
    return token.sub(lambda match: _as_html(values[int(match[1])]), page)


def _address(url: str, token: re.Pattern[str], values: list[str]) -> str:
    """The link with its values: whole addresses must have a scheme we allow, parts are percent-encoded."""
    first = token.match(url)
    if first:
        start = values[int(first[1])].strip()
        rest = token.sub(lambda match: quote(values[int(match[1])], safe=""), url[first.end() :])
        whole = start + rest
        return html.escape(whole) if urlsplit(whole).scheme.lower() in SCHEMES else "#"
    return html.escape(token.sub(lambda match: quote(values[int(match[1])], safe=""), url))


def _as_html(value: str) -> str:
    """Typed text; web addresses in it become links, line breaks stay."""
    made, at = [], 0
    for match in _LINK.finditer(value):
        made += [
            html.escape(value[at : match.start()]),
            '<a href="{0}" style="color: #0b57d0;">{0}</a>'.format(html.escape(match[0])),
        ]
        at = match.end()
    made.append(html.escape(value[at:]))
    return "".join(made).replace("\n", "<br>\n")


def _plain(tokens: list[Token]) -> str:
    """The Markdown as people write plain mail."""
    lines: list[str] = []
    numbers: list[int | None] = []
    marker, quoted = "", 0
    for token in tokens:
        if token.type == "ordered_list_open":
            numbers.append(int(token.attrs.get("start", 1)))
        elif token.type == "bullet_list_open":
            numbers.append(None)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            numbers.pop()
        elif token.type == "list_item_open":
            number = numbers.pop()
            marker = "- " if number is None else f"{number}. "
            numbers.append(None if number is None else number + 1)
        elif token.type in ("blockquote_open", "blockquote_close"):
            quoted += 1 if token.type == "blockquote_open" else -1
        elif token.type == "hr":
            lines += ["---", ""]
        elif token.type in ("inline", "fence", "code_block"):
            text = _inline(token.children or []) if token.type == "inline" else token.content.rstrip("\n")
            lines += _indented(text, marker, len(numbers), quoted)
            lines += [""] if not numbers else []
            marker = ""
        if token.type in ("ordered_list_close", "bullet_list_close") and not numbers:
            lines.append("")
    return "\n".join(lines)


def _indented(text: str, marker: str, depth: int, quoted: int) -> list[str]:
    lead = "> " * quoted + "  " * max(depth - 1, 0)
    hang = " " * len(marker) if marker else ("  " if depth else "")
    return [lead + (marker if index == 0 and marker else hang) + line for index, line in enumerate(text.split("\n"))]


def _inline(children: list[Token]) -> str:
    made: list[str] = []
    links: list[tuple[str, int]] = []
    for child in children:
        if child.type in ("text", "code_inline"):
            made.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            made.append("\n")
        elif child.type == "link_open":
            links.append((str(child.attrs.get("href", "")), len(made)))
        elif child.type == "link_close":
            url, start = links.pop()
            shown = "".join(made[start:])
            made.append("" if shown == url or not url else f": {url}")
    return "".join(made)
