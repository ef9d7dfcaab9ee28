"""Every component rendered once, and the words of the filters."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.template import engines

from fondly.doors.web import filters
from fondly.ground import clock

NOW = datetime(2025, 11, 22, 14, 0, tzinfo=UTC)


def shown(source: str, **context: object) -> str:
    return str(engines["jinja2"].from_string(source).render(context))


def test_tags_carry_a_shape_and_a_word() -> None:
    page = shown(
        '{% from "components/tag.html" import tag %}{{ tag("work") }}{{ tag("relationship") }}{{ tag("wow") }}'
    )
    assert page.count("<svg") == 3
    assert all(word in page for word in ("work", "relationship", "WOW"))


def test_face_scale_is_five_radios_with_words() -> None:
    page = shown('{% from "components/feeling.html" import face_scale %}{{ face_scale(chosen=-1) }}')
    assert page.count('type="radio"') == 5
    assert 'value="-1" checked' in page
    assert all(word in page for word in ("unhappy", "uneasy", "even", "glad", "delighted"))


def test_feeling_has_face_word_and_number() -> None:
    page = shown('{% from "components/feeling.html" import felt %}{{ felt(-2) }}')
    assert "<svg" in page and "unhappy −2" in page


def test_trend_says_its_words_to_a_screen_reader() -> None:
    page = shown('{% from "components/feeling.html" import trend %}{{ trend([2, -1]) }}')
    assert 'aria-label="last feelings: delighted, uneasy"' in page
    assert page.count("<svg") == 5


def test_small_numbers_are_too_few_to_say() -> None:
    macro = '{% from "components/number.html" import range_number %}{{ range_number("NPS", v, -5, 40, n) }}'
    assert "too few to say (9 answers)" in shown(macro, v=12, n=9)
    assert "<b>12</b>" in shown(macro, v=12, n=84) and "(−5 to 40), 84 answers" in shown(macro, v=12, n=84)


def test_empty_state_has_sentence_action_and_example() -> None:
    page = shown(
        '{% from "components/empty.html" import empty %}{{ empty("Nothing yet.", ("Add", "/a"), ("See", "/e")) }}'
    )
    assert "Nothing yet." in page and 'href="/a"' in page and 'href="/e"' in page


@pytest.mark.parametrize("call", [
    '{% from "components/card.html" import card %}{% call card("T") %}in{% endcall %}',
    '{% from "components/card.html" import folding %}{% call folding("T") %}in{% endcall %}',
    '{% from "components/promise.html" import promise_chip %}{{ promise_chip("late") }}',
    '{% from "components/stages.html" import stage_strip %}{{ stage_strip([{"name": "new", "title": ""}], "new") }}',
    '{% from "components/progress.html" import progress %}{{ progress(3, 10, "rows") }}',
    '{% from "components/hold.html" import hold %}{{ hold(at) }}',
    '{% from "components/filter.html" import sentence_filter %}'
    '{{ sentence_filter("/x", [("in", "s", [("", "any")], "")], "") }}',
    '{% from "components/row.html" import row %}'
    '{% call row("Ana", "Call", "Because.", "/c/1", "wow", "", "By time.") %}b{% endcall %}',
    '{% from "components/form.html" import text, area %}{{ text("a", "A") }}{{ area("b", "B") }}',
    '{% from "components/form.html" import choose %}{{ choose("c", "C", [(1, "x")]) }}',
    '{% from "components/form.html" import one_of %}{{ one_of("d", "D", [("y", "Y")]) }}',
])  # fmt: skip
def test_component_renders_and_escapes(call: str) -> None:
    with clock.at(NOW):
        page = shown(call, at=NOW)
    assert page.strip() and "{{" not in page


def test_text_is_always_escaped() -> None:
    page = shown(
        '{% from "components/row.html" import row %}{% call row(name, name, name) %}{% endcall %}', name="<b>&"
    )
    assert "<b>&</b>" not in page and page.count("&lt;b&gt;&amp;") == 3


@pytest.mark.parametrize(("delta", "words"), [
    (timedelta(0), "today 14:00"), (timedelta(days=1), "tomorrow 14:00"), (timedelta(days=-1), "yesterday 14:00"),
    (timedelta(days=6), "Fri 14:00"), (timedelta(days=-8), "14 Nov"), (timedelta(days=400), "27 Dec 2026"),
])  # fmt: skip
def test_when_is_relative(delta: timedelta, words: str) -> None:
    with clock.at(NOW):
        assert filters.when(NOW + delta) == words


def test_when_in_another_zone_and_of_a_date() -> None:
    with clock.at(NOW):
        assert filters.when(NOW, "America/New_York") == "today 09:00"
        assert filters.when(date(2025, 11, 23)) == "tomorrow"


@pytest.mark.parametrize(("minor", "currency", "words"), [
    (125000, "USD", "$1,250"), (1250, "EUR", "€12.50"), (5000, "JPY", "¥5,000"), (-100, "CHF", "−1 CHF"),
    (None, "USD", ""),
])  # fmt: skip
def test_money(minor: int | None, currency: str, words: str) -> None:
    assert filters.money(minor, currency) == words


@pytest.mark.parametrize(
    ("value", "word"), [(-2, "unhappy"), (-1.5, "unhappy"), (-0.4, "even"), (0.5, "glad"), (2, "delighted")]
)
def test_feeling_words(value: float, word: str) -> None:
    assert filters.feeling(value) == word


def test_direction_needs_two_feelings() -> None:
    assert [filters.direction(x) for x in ([], [1], [1, -1], [-1, 1], [1, 1])] == [
        "",
        "",
        "falling",
        "rising",
        "steady",
    ]
