"""Words that clients and colleagues typed are shown as words: on every page, in mail, in files."""

import email
import email.policy
from html.parser import HTMLParser

import pytest

from fondly.core.playbook import message as writing
from fondly.core.playbook.reading import PlaybookError, read
from fondly.core.playbook.templates import TemplateError, render
from fondly.ground import clock
from fondly.people.clients.models import Client, EmailAddress, Import, Interaction
from fondly.people.team.models import User
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import rendering
from fondly.run.outbox.addresses import Sender
from fondly.run.outbox.models import Message
from tests.cast import NOW
from tests.security.routes import all_routes

EVIL = """"><script>evil()</script><img src=x onerror=evil()>'{{7*7}}</title></style></textarea>"""


class Looking(HTMLParser):
    """What a browser would run: scripts without a source or nonce, handlers, styles in place."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        is_data = names.get("type") == "application/json"
        if tag == "script" and not ({"src", "nonce"} & set(names) or is_data):
            self.found.append("script")
        self.found += [name for name in names if name.startswith("on") or name == "style"]
        self.found += [str(v) for v in names.values() if v and v.strip().lower().startswith("javascript:")]


@pytest.fixture(autouse=True)
def _held_clock():
    with clock.at(NOW):
        yield


@pytest.fixture
def hostile(cast):
    """The same hostile words wherever somebody can write some."""
    Client.objects.update(name=EVIL, persona=EVIL[:60], source=EVIL[:60], fields={EVIL: EVIL}, values={EVIL: EVIL})
    Interaction.objects.update(text=EVIL, name=EVIL[:80], resource=EVIL[:80])
    Message.objects.update(subject=EVIL, text=EVIL, why=EVIL[:200], to_name=EVIL, reply=EVIL[:300])
    Moment.objects.update(note=EVIL, why=EVIL[:200], reason=EVIL[:200])
    Journey.objects.update(matter=EVIL[:120], paused_why=EVIL[:150])
    User.objects.filter(pk=cast.lee.pk).update(name=EVIL[:80])
    cast.playbook.name = EVIL[:100]
    cast.playbook.save()
    Import.objects.create(file_name=EVIL[:200], file_hash="a" * 64, at=NOW, format="csv", state="done")
    return cast


def test_no_page_runs_them(hostile, ids, as_user):
    client, seen = as_user(hostile.dana), 0
    routes = [route.path for route in all_routes(ids) if "token" not in route.route]
    for path in [*routes, "/clients?q=script", "/palette?q=script", "/clients/imports/1"]:
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(path, headers=headers)
            if "html" not in answer.get("Content-Type", "") or answer.streaming:
                continue
            seen += b"evil()" in answer.content
            assert b"<script>evil" not in answer.content and b"<img src=x" not in answer.content, path
            if not path.endswith("/preview"):
                assert Looking(answer.content.decode()).found == [], path
            assert b"'49" not in answer.content, path
    assert seen > 10


def test_a_notice_shows_them_as_words(hostile, as_user):
    client = as_user(hostile.dana)
    client.post(f"/c/{hostile.priya.pk}/note", {"text": EVIL})
    assert b"<script>evil" not in client.get("/today").content


def test_a_letter_shows_them_as_words():
    subject, _text, html = writing.parts(
        "Hi {{ name }}", "# Dear {{ name }}\n\n[x]({{ name }}) **{{ name }}**", {"name": EVIL}
    )
    assert "<script>" not in html and "<img" not in html and "onerror=evil()>" not in html
    assert "\n" not in subject
    _s, _t, html = writing.parts("s", "[book]({{ link }})", {"link": "javascript:evil()"})
    assert "javascript:" not in html
    _s, _t, html = writing.parts("s", "{{ name }}", {"name": "[x](https://evil.example) <b>b</b>\n# h"})
    assert "<b>" not in html and "<h1>" not in html and ">x</a>" not in html


@pytest.mark.parametrize("field", ["to_name", "subject", "to_address"])
def test_no_value_adds_a_header(hostile, field):
    message = Message.objects.order_by("pk").first()
    setattr(message, field, "a@example.com\r\nBcc: victim@example.com\r\n\r\nhello")
    try:
        raw = rendering.raw_of(message, Sender("Dana", "dana@harbour.example"), NOW)
    except ValueError:
        return
    read_back = email.message_from_bytes(raw, policy=email.policy.default)
    assert read_back["Bcc"] is None and "To" in read_back


@pytest.mark.parametrize(
    "source",
    [
        "{{ (1..100000000) | join: ',' }}", "{% for a in (1..9999) %}{% for b in (1..9999) %}x{% endfor %}{% endfor %}",
        "{% include '/etc/passwd' %}", "{% render 'x' %}", "{{ c.__class__ }}", "{{ c[k] }}", "{% assign a = 'b' %}",
        "{% capture a %}x{% endcapture %}", "{{ 'a' | replace: 'a', 'b' }}", "{{ 'now' | date: '%1000000000Y' }}",
        "{{ 'x' | split: '' }}", "{% tablerow x in y %}{% endtablerow %}", "{{ x | times: y",
        "{% for a in l %}{% for b in l %}{% for c in l %}x{% endfor %}{% endfor %}{% endfor %}",
    ],
)  # fmt: skip
def test_a_template_stays_in_its_sandbox(source):
    with pytest.raises((TemplateError, ValueError)):
        render(source, {"c": {"a": 1}, "k": "a", "l": list(range(900))})


def test_a_letter_that_repeats_a_long_value_is_refused():
    long = {"memory": "x" * 100_000, "all": list(range(1500))}
    with pytest.raises(TemplateError):
        writing.parts("s", "{% for a in all %}{{ memory }}{% endfor %}", long)


@pytest.mark.parametrize(
    "text",
    ["a: &a [x]\nb: [*a,*a]", "a: !!python/object/apply:os.system ['id']", "[" * 5000, "{a: " * 5000, "- " * 5000 + "x",
     "name: x\n---\nname: y", "a" * 2_100_000, "? [a]\n: b"],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_a_playbook_file_that_is_a_bomb_is_refused_in_words(text):
    with pytest.raises(PlaybookError):
        read(text)


def test_an_address_is_one_address(cast):
    assert not EmailAddress.objects.filter(address__contains="\n").exists()
