"""The Liquid sandbox."""

import time
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondly.core.playbook import templates
from fondly.core.playbook.templates import MissingValueError, TemplateError

CLIENT = {"client": {"first_name": "Ana", "list": ["a", "b"]}, "nps": 9}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi {{ client.first_name }}", "Hi Ana"),
        ("Hi {{ client.memory | default: 'there' }}", "Hi there"),
        ("{% if nps >= 9 %}yes{% else %}no{% endif %}", "yes"),
        ("{% if client.memory %}yes{% else %}no{% endif %}", "no"),
        ("{% unless client.memory %}no{% endunless %}", "no"),
        ("{% case nps %}{% when 9 %}nine{% endcase %}", "nine"),
        ("{% for x in client.list %}{{ x }}-{% endfor %}", "a-b-"),
        ("{{ client.list | join: ', ' }}", "a, b"),
        ("{% comment %}x{% endcomment %}{{ client.first_name | upcase }}", "ANA"),
        ("{{ '2026-03-02' | date: '%A, %-d %B' }}", "Monday, 2 March"),
    ],
)
def test_rendering(source, text):
    assert templates.render(source, CLIENT) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ (1..100000000) | join: ',' }}",
        "{% for i in (1..9) %}x{% endfor %}",
        "{% assign x = 'a' %}",
        "{% capture x %}a{% endcapture %}",
        "{% include 'x' %}",
        "{% render 'x' %}",
        "{% tablerow i in a %}{% endtablerow %}",
        "{% cycle 'a', 'b' %}",
        "{% increment x %}",
        "{{ x | split: '' | join: 'aaaa' }}",
        "{{ x | replace: 'a', 'aaaa' }}",
        "{{ x | base64_decode }}",
        "{{ x | safe }}",
        "{{ client[name] }}",
        "{{ unclosed",
        "{% if a %}",
        "{% nonsense %}",
        "{{ x | nonsense }}",
        "{% liquid assign x = 1 %}",
        "{{ a" + "|upcase" * 5 + " | concat: b }}",
        "x" * 60_000,
        "{% if a %}" * 40 + "{% endif %}" * 40,
    ],
)
def test_what_is_not_allowed_is_refused_before_it_runs(source):
    found = templates.problems(source)
    assert found and found[0].message and found[0].advice and found[0].line == 1
    with pytest.raises(TemplateError):
        templates.render(source, {})


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'now' | date: '%Y' }}",
        "{{ client.first_name | date: '%A' }}",
        "{{ '2026-01-01' | date: '%99999999d' }}",
        "{{ 1 | divided_by: 0 }}",
        "{% for a in big %}{% for b in big %}{% for c in big %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in big %}{{ long }}{% endfor %}",
    ],
)
def test_what_goes_wrong_while_running_is_an_error_and_quick(source):
    started = time.process_time()
    with pytest.raises(TemplateError):
        templates.render(source, {**CLIENT, "big": list(range(1000)), "long": "x" * 5000})
    assert time.process_time() - started < 1


def test_a_missing_value_without_fallback_is_named():
    with pytest.raises(MissingValueError) as caught:
        templates.render("Hi {{ client.memory | upcase }}", CLIENT)
    assert caught.value.name.startswith("client")
    with pytest.raises(MissingValueError, match=r"client\.street\.number"):
        templates.render("{{ client.street.number }}", CLIENT)


def test_an_empty_value_counts_as_missing():
    with pytest.raises(MissingValueError):
        templates.render("Hi {{ name }}", {"name": ""})
    assert templates.render("Hi {{ name | default: 'you' }}", {"name": None}) == "Hi you"


@pytest.mark.parametrize("name", ["now", "today"])
def test_a_template_reads_no_clock(name):
    with pytest.raises(MissingValueError):
        templates.render(f"{{{{ {name} | date: '%Y' }}}}", CLIENT)
    assert templates.render(f"{{{{ {name} }}}}", {**CLIENT, name: "handed in"}) == "handed in"


def test_a_preview_shows_what_is_missing():
    assert templates.render("Hi {{ client.memory }}", CLIENT, mark_missing=True) == "Hi [client.memory]"


class Dangerous(dict):
    deleted = False

    def delete(self):
        self.deleted = True


@pytest.mark.parametrize("value", [object(), lambda: 1, open, {1, 2}, b"x"])
def test_objects_never_reach_a_template(value):
    with pytest.raises(TypeError, match="plain values"):
        templates.render("{{ x }}", {"x": value})


def test_attributes_and_methods_are_out_of_reach():
    thing = Dangerous(name="x")
    for path in ("delete", "__class__", "deleted", "items", "keys"):
        with pytest.raises(MissingValueError):
            templates.render(f"{{{{ x.{path} }}}}", {"x": thing})
    with pytest.raises(MissingValueError):
        templates.render("{{ day.year }}", {"day": date(2026, 1, 1)})
    assert not thing.deleted


def test_a_context_that_refers_to_itself_is_refused():
    loop: dict[str, object] = {}
    loop["me"] = loop
    with pytest.raises(TypeError):
        templates.render("x", {"loop": loop})


def test_html_mode_escapes_values():
    assert templates.render("<b>{{ x }}</b>", {"x": "<script>"}, mode="html") == "<b>&lt;script&gt;</b>"


def test_placeholders():
    found = templates.placeholders(
        "{{ client.first_name | default: 'x' }}\n{% if nps > 1 %}{{ me.name }}{% endif %}"
        "{% for i in client.list %}{{ i }}{% endfor %}"
    )
    assert [(p.name, p.line, p.fallback, p.asked) for p in found] == [
        ("client.first_name", 1, True, False),
        ("nps", 2, False, True),
        ("me.name", 2, False, False),
        ("client.list", 2, False, True),
    ]


def test_unknown_names_are_problems_with_a_hint():
    found = templates.problems("{{ client.frist_name }} {{ facts.any }}", {"client.first_name", "facts.*"})
    assert [(p.message, p.advice) for p in found] == [
        ("{{ client.frist_name }} is not known", "Did you mean {{ client.first_name }}?")
    ]


@given(st.text(alphabet="{}%|. abif'\"()0x\n", max_size=60))
def test_any_source_is_read_or_has_a_problem(source):
    if not templates.problems(source):
        with suppress(TemplateError, MissingValueError):
            templates.render(source, CLIENT)
