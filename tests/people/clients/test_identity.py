import pytest

from fondly.people.clients import identity, regions
from fondly.people.clients.identity import Email, PhoneNumber, UnusableError


def test_an_address_keeps_its_typed_local_part():
    assert identity.email(" Ana.Lopez@Example.COM ") == Email("Ana.Lopez@example.com", "ana.lopez@example.com")
    assert identity.email("jo@münchen.de").address == "jo@xn--mnchen-3ya.de"


@pytest.mark.parametrize("text", ["", "ana", "ana@", "a b@example.com", "a@b@c.com", "a\0@example.com", "x" * 10_000])
def test_what_is_no_address_is_refused_in_words(text):
    with pytest.raises(UnusableError) as error:
        identity.email(text)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("415.555.2671 x12", "US", PhoneNumber("+14155552671", "12")),
        ("+44 20 7946 0958", "", PhoneNumber("+442079460958")),
        ("07700 900123", "GB", PhoneNumber("+447700900123")),
        ("(02) 9374 4000", "AU", PhoneNumber("+61293744000")),
        ("\u202a+1 415 555 2671\u202c", "", PhoneNumber("+14155552671")),
        ("tel:+14155552671", "", PhoneNumber("+14155552671")),
    ],
)
def test_phones_become_e164_with_the_extension_apart(text, region, number):
    assert identity.phone(text, region) == number


@pytest.mark.parametrize("text", ["", "call me", "12", "+1 4155552671" + "9" * 90, "\0"])
def test_what_is_no_phone_is_refused(text):
    with pytest.raises(UnusableError):
        identity.phone(text, "US")


def test_a_number_without_country_and_region_says_how_to_mend():
    with pytest.raises(UnusableError, match=r"country code.*\+1 415"):
        identity.phone("415 555 2671")


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Priya Shah", ("Priya", "Shah")),
        ("Shah, Priya", ("Priya", "Shah")),
        ("Dr. Ludwig van Beethoven", ("Ludwig", "van Beethoven")),
        ("Ana María de la Cruz", ("Ana María", "de la Cruz")),
        ("Sammy Davis Jr.", ("Sammy", "Davis")),
        ("Davis, Jr.", ("Davis", "")),
        ("Cher", ("Cher", "")),
        ("", ("", "")),
    ],
)
def test_names_are_split(full, parts):
    assert identity.split_name(full) == parts


def test_sort_keys_ignore_case_and_accents():
    assert identity.sort_key("  ÁNGELA   Straße ") == "angela strasse"
    assert identity.sort_key("Łukasz Ørsted") == "lukasz orsted"
    assert len(identity.sort_key("\ufdfa" * 200)) == 200


def test_same_name_in_any_order_and_dress():
    assert identity.same_name("Shah, Priya", "Dr PRIYA Shah")
    assert identity.same_name("Seán O'Neill", "Sean O’Neill")
    assert not identity.same_name("Priya Shah", "Ravi Shah")
    assert not identity.same_name("", "")


def test_hostile_names():
    assert identity.name("Ana\u202egnp.exe  Ruiz") == "Anagnp.exe Ruiz"
    assert identity.name("<script>alert(1)</script>") == "<script>alert(1)</script>"
    for text in ["a\x07b", "a\0", "n" * 10_000, "   ", "\ud800"]:
        with pytest.raises(UnusableError):
            identity.name(text)


def test_persian_joiners_stay():
    assert identity.name("می\u200cخواهم") == "می\u200cخواهم"


def test_regions():
    assert regions.of_country("Germany") == regions.of_country("deutschland") == regions.of_country("de") == "DE"
    assert regions.of_zone("America/New_York") == "US"
    assert regions.best("Narnia", "Europe/London") == "GB"
    assert regions.of_country("Narnia") == regions.of_zone("Mars/Base") == ""
