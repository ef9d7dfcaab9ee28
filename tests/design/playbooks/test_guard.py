"""Rendering what nobody has checked yet, in a child with little time and memory."""

import time

import pytest

from fondly.core.playbook.templates import MissingValueError, TemplateError
from fondly.design.playbooks import guard
from fondly.design.playbooks.guard import render_guarded


def test_it_renders():
    assert render_guarded("Hi {{ name }} {{ gone }}", {"name": "Ana"}) == "Hi Ana [gone]"


def test_it_says_what_is_wrong():
    with pytest.raises(TemplateError, match="range"):
        render_guarded("{{ (1..9) | join: ',' }}", {})
    with pytest.raises(MissingValueError):
        render_guarded("{{ gone }}", {}, mark_missing=False)


def test_a_child_that_computes_too_long_is_stopped(monkeypatch):
    monkeypatch.setattr(
        guard, "_CHILD", guard._CHILD.replace("text = templates.render(", "while True: pass\n    text = (", 1)
    )
    started = time.monotonic()
    with pytest.raises(TemplateError, match="too long"):
        render_guarded("x", {})
    assert time.monotonic() - started < guard.PATIENCE + 2


def test_a_child_that_takes_too_much_memory_is_stopped(monkeypatch):
    monkeypatch.setattr(
        guard, "_CHILD", guard._CHILD.replace("text = templates.render(", "x = bytearray(10**9)\n    text = (", 1)
    )
    with pytest.raises(TemplateError, match="memory"):
        render_guarded("x", {})
