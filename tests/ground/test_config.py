"""Settings: sources, refusals, redaction."""

import stat

import pytest

from fondly.ground import config


def test_defaults_say_where_they_come_from():
    values = config.load({})
    assert values["FONDLY_HOLD_SECONDS"].text == "60"
    assert values["FONDLY_HOLD_SECONDS"].source == "default"


def test_a_misspelt_setting_is_refused_with_a_suggestion():
    with pytest.raises(config.ConfigError, match=r"FONDLY_EMAIL_ULR.*Did you mean FONDLY_EMAIL_URL"):
        config.load({"FONDLY_EMAIL_ULR": "smtp://localhost"})


def test_other_programs_variables_are_none_of_our_business():
    assert config.load({"PATH": "/bin", "DATABASE_URL": "x"})["FONDLY_DATABASE_URL"].text == ""


@pytest.mark.parametrize(("name", "text"), [("FONDLY_DEBUG", "perhaps"), ("FONDLY_HOLD_SECONDS", "a minute")])
def test_a_malformed_value_names_the_setting(name, text):
    with pytest.raises(config.ConfigError, match=name):
        config.load({name: text})


def test_a_secret_may_come_from_a_file(tmp_path):
    file = tmp_path / "mail"
    file.write_text("smtp://dana:hunter2@mail.example.com:587\n")
    value = config.load({"FONDLY_EMAIL_URL_FILE": str(file)})["FONDLY_EMAIL_URL"]
    assert value.text == "smtp://dana:hunter2@mail.example.com:587"
    assert value.source == "file"
    assert value.shown == "smtp://dana:***@mail.example.com:587"


def test_a_missing_secret_file_is_an_error_in_words():
    with pytest.raises(config.ConfigError, match="FONDLY_SECRET_KEY_FILE"):
        config.load({"FONDLY_SECRET_KEY_FILE": "/nowhere/at/all"})


def test_the_key_is_made_once_and_only_for_the_owner(tmp_path):
    values = config.load({"FONDLY_HOME": str(tmp_path / "home")})
    first = config.secret_key(values)
    assert config.secret_key(values) == first
    assert len(first) >= 48
    assert stat.S_IMODE((tmp_path / "home" / "secret.key").stat().st_mode) == 0o600
