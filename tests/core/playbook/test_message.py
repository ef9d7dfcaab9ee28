"""Markdown and Liquid become subject, text and HTML; a client's name is never markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fondly.core.playbook.message import parts
from fondly.core.playbook.templates import MissingValueError, TemplateError

HOSTILE = [
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "**bold** _it_ `code` # head",
    "![i](http://x/y.png)",
    "<img src=x onerror=alert(1)>",
    '"><b>',
    "a\n\n# heading\n- list",
    "&lt;b&gt;",
    "{{ 7 }}",
    "fv0n000000x",
    "\\*",
]


def body_of(page: str) -> str:
    return page.split('<div class="letter">')[1].rsplit("</div>", 1)[0]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "source", ["Hi {{ name }}!", "**{{ name }}**", "- {{ name }}", "> {{ name }}", "[{{ name }}](https://x.org)"]
)
def test_a_value_comes_out_as_typed(name, source):
    subject, text, page = parts("Re: {{ name }}", source, {"name": name})
    assert name.strip() in text or "\n" in name
    assert subject == " ".join(f"Re: {name}".split())
    inner = body_of(page)
    assert not re.search(r"<(script|img|h1|b>)", inner)
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', inner))
    shown = re.sub(r"<[^>]*>", "", inner)
    for sign, entity in (("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        if sign in name:
            assert entity in shown


def test_a_line_break_in_the_subject_is_a_blank():
    subject, _, page = parts("Hi {{ name }}", "x", {"name": "Ana\r\nBcc: all@example.com"})
    assert subject == "Hi Ana Bcc: all@example.com"
    assert "<title>Hi Ana Bcc: all@example.com</title>" in page


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "//evil", " java\tscript:x"]
)
def test_a_link_from_a_value_needs_an_allowed_scheme(url):
    page = parts("", "[Book]({{ link.x }})", {"link": {"x": url}})[2]
    assert re.findall(r'href="([^"]*)"', body_of(page)) == ["#"]


def test_links_work_with_values_as_a_whole_or_in_part():
    context = {"link": "https://x.org/a_b?c=1&d=2", "q": 'a&b="c'}
    _, text, page = parts("", "[Book]({{ link }}) [Find](https://x.org/?q={{ q }}) {{ link }}", context)
    links = re.findall(r'href="([^"]*)"', body_of(page))
    assert links == ["https://x.org/a_b?c=1&amp;d=2", "https://x.org/?q=a%26b%3D%22c", "https://x.org/a_b?c=1&amp;d=2"]
    assert "Book: https://x.org/a_b?c=1&d=2" in text


def test_plain_text_reads_like_a_letter():
    source = "# Hello\n\nHi **Ana**,\nyours\n\n- one\n- two\n\n1. first\n2. second\n\n> said\n\n[Book](https://x.org)\n"
    assert parts("", source, {})[1] == (
        "Hello\n\nHi Ana,\nyours\n\n- one\n- two\n\n1. first\n2. second\n\n> said\n\nBook: https://x.org\n"
    )


def test_html_in_the_source_is_text():
    page = parts("", "<b>x</b> and <script>y</script>", {})[2]
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<script>" not in body_of(page)


def test_a_missing_value_stops_the_message():
    with pytest.raises(MissingValueError):
        parts("Hi", "{{ client.memory }}", {})
    assert "[client.memory]" in parts("Hi", "{{ client.memory }}", {}, mark_missing=True)[1]


@given(st.text(min_size=1, max_size=60))
def test_any_value_leaves_only_the_tags_of_the_source(value):
    if not value.strip():
        return
    page = body_of(parts("x", "Hi {{ v }}\n\n*end*", {"v": value})[2])
    tags = set(re.findall(r"<(/?\w+)", page))
    assert tags <= {"p", "/p", "em", "/em", "br", "a", "/a"}


def test_the_markdown_of_the_source_is_that_of_markdown_it():
    source = "Hi *you*\n\n- a\n- b\n"
    assert (
        body_of(parts("", source, {})[2]).strip() == MarkdownIt("commonmark", {"breaks": True}).render(source).strip()
    )


_LIQUID = "{% comment %} {% endcomment %}"  # with a tag in it nothing but Liquid can write a template
_VALUES = st.sampled_from(
    ["", " ", "Ana", "a\nb", "fv0n000000x", None, False, True, 0, 7, 1.5, [], ["x"], {}, {"y": "z"}]
)
_PLACES = st.sampled_from(
    ["{{ a }}", "{{ a | default: 'there' }}", "{{ a.y }}", "{{ a.y | default: '' }}", "{{ a.size }}", "{{ b.c.d }}",
     "{{ b.c | default: 'x' | upcase }}", "{{ a | default: b }}", "{{- a -}}", "{{ b['c'] }}", "{{ b[0] }}"]
)  # fmt: skip


@given(st.lists(_PLACES, max_size=3), _VALUES, _VALUES)
def test_a_template_that_only_prints_values_reads_as_liquid_would_write_it(places, a, c):
    source, context = " and ".join(places), {"a": a, "b": {"c": c}}
    assert _outcome(source, context) == _outcome(source + _LIQUID, context)


def _outcome(source, context):
    try:
        return parts(source, source, context)
    except (MissingValueError, TemplateError) as error:
        return type(error), str(error)


def test_values_that_are_too_long_together_are_refused_with_and_without_liquid():
    for more in ("", _LIQUID):
        with pytest.raises(TemplateError, match="longer than"):
            parts("", "{{ a }}{{ a }}" + more, {"a": "x" * 150_000})
