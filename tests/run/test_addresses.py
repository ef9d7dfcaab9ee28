"""The mail address of the settings."""

import pytest

from fondly.ground.config import ConfigError
from fondly.run.outbox.addresses import Server, parse, parse_sender


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", Server("localhost", 25)),
        ("smtp+tls://dana:p%40ss%2Fw@mail.example.com", Server("mail.example.com", 587, "starttls", "dana", "p@ss/w")),
        ("smtps://d%40x.org:x@mail.example.com:2465", Server("mail.example.com", 2465, "tls", "d@x.org", "x")),
        ("smtp://[::1]:2525", Server("::1", 2525)),
    ],
)
def test_good_ones(url, server):
    assert parse(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "http://x",
        "smtp://",
        "smtp://h:99999",
        "smtp://u:se/cret@h",
        "smtp://h?x=1",
        "smtp://[::1",
    ],
)
def test_bad_ones_say_why_and_never_show_the_password(url):
    with pytest.raises(ConfigError) as error:
        parse(url)
    assert "se/cret" not in str(error.value)
    assert len(str(error.value)) > 20


@pytest.mark.parametrize("text", ["", "Dana", "dana@", "dana@localhost", "a@b.c\r\nBcc: x@y.z"])
def test_bad_senders(text):
    with pytest.raises(ConfigError):
        parse_sender(text)
