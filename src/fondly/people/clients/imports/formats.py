"""Exports that are recognised by their headers, and headers that mean the same everywhere.

Names are compared without case, blanks and punctuation: "E-mail 1 - Value" is "email1value".
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fondly.people.clients.imports.mapping import ROW, WHAT_TO_MEND, Column, Mapping, plain_header


@dataclass(frozen=True, slots=True)
class Format:
    """recognise: do these plain headers come from there? meaning: of a plain header, or None to look in COMMON."""

    name: str
    recognise: Callable[[set[str]], bool]
    meaning: Callable[[str], tuple[str, int] | None]


def recognised(headers: list[str]) -> Format | None:
    """The known export with these headers."""
    plain = {plain_header(header) for header in headers}
    return next((known for known in FORMATS if known.recognise(plain)), None)


def mapping_of(known: Format, headers: list[str]) -> Mapping:
    """The mapping of a known export; columns it does not know are kept as fields."""
    columns = tuple(_column(known, header) for header in headers)
    return Mapping(known.name, without_doubles(columns))


def common(header: str) -> tuple[str, int] | None:
    """What a header means in any file, in several languages, and which number it carries."""
    plain = plain_header(header)
    if plain in (plain_header(WHAT_TO_MEND), ROW):
        return "skip", 1
    found = re.fullmatch(r"(.*?)(\d{0,2})", plain)
    stem, number = (found[1], int(found[2] or 1)) if found else (plain, 1)
    if plain in _COMMON:
        return _COMMON[plain], 1
    to = _COMMON.get(stem)
    return (to, number) if to in _SEVERAL else None


def field_name(header: str) -> str:
    """The name under which an extra column is kept."""
    words = re.findall(r"\w+", header.casefold())
    return "_".join(words).strip("_")[:60] or "column"


def without_doubles(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """A meaning that exists once is used once; further columns of it become fields, further e-mails new groups."""
    taken: set[tuple[str, int]] = set()
    result = []
    for column in columns:
        to, group = column.to, column.group
        while to in _SEVERAL and (to, group) in taken:
            group += 1
        if (to, group) in taken and to != "skip":
            to = f"field.{field_name(column.header)}"
        taken.add((to, group))
        result.append(Column(column.header, to, group, column.order))
    return tuple(result)


def _column(known: Format, header: str) -> Column:
    meaning = known.meaning(plain_header(header)) or common(header) or (f"field.{field_name(header)}", 1)
    return Column(header, *meaning)


_SEVERAL = frozenset("email email.label phone phone.label street city region postcode country address.label".split(" "))


def _each(to: str, *names: str) -> Iterable[tuple[str, str]]:
    return ((name, to) for name in names)


_COMMON: dict[str, str] = dict(
    [
        *_each(
            "name", "name", "fullname", "clientname", "contactname", "customername", "displayname", "client", "customer"
        ),
        *_each("name", "vollständigername", "nomcomplet", "nombrecompleto", "naam", "nomecompleto", "kunde"),
        *_each("first_name", "firstname", "givenname", "forename", "fname", "first", "vorname", "prénom", "prenom"),
        *_each("first_name", "nombre", "voornaam", "nome", "primernombre"),
        *_each("last_name", "lastname", "surname", "familyname", "lname", "last", "nachname", "familienname"),
        *_each("last_name", "nomdefamille", "apellido", "apellidos", "achternaam", "cognome", "sobrenome"),
        *_each("middle_name", "middlename", "additionalname", "middle"),
        *_each("prefix", "nameprefix", "title", "honorific", "anrede"),
        *_each("suffix", "namesuffix"),
        *_each("nickname", "nickname"),
        *_each(
            "email",
            "email",
            "emailaddress",
            "mail",
            "emailid",
            "primaryemail",
            "workemail",
            "homeemail",
            "emailadresse",
        ),
        *_each(
            "email",
            "additionalemailaddresses",
            "courriel",
            "correo",
            "correoelectrónico",
            "correoelectronico",
            "adressemail",
        ),
        *_each(
            "phone", "phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "mobilephonenumber", "cell"
        ),
        *_each("phone", "cellphone", "workphone", "homephone", "primaryphone", "telefon", "telefonnummer", "handy"),
        *_each(
            "phone", "téléphone", "telephonenumber", "teléfono", "telefono", "telefoon", "mobil", "móvil", "portable"
        ),
        *_each(
            "street", "street", "streetaddress", "address", "addressline", "mailingaddress", "homeaddress", "straße"
        ),
        *_each("street", "strasse", "adresse", "rue", "dirección", "direccion", "calle", "adres", "indirizzo"),
        *_each("city", "city", "town", "ort", "stadt", "ville", "ciudad", "plaats", "città"),
        *_each("region", "region", "state", "stateregion", "province", "county", "bundesland", "provincia"),
        *_each("postcode", "postcode", "postalcode", "zip", "zipcode", "plz", "postleitzahl", "codepostal", "cap"),
        *_each("country", "country", "countryregion", "land", "pays", "país", "pais", "paese"),
        *_each("organisation", "organisation", "organization", "organizationname", "company", "companyname"),
        *_each(
            "organisation", "associatedcompany", "business", "businessname", "firma", "société", "empresa", "bedrijf"
        ),
        *_each("field.job_title", "jobtitle", "position", "role", "organizationtitle"),
        *_each("date.birthday", "birthday", "dateofbirth", "birthdate", "dob", "geburtstag", "geburtsdatum"),
        *_each("date.birthday", "datedenaissance", "fechadenacimiento"),
        *_each("owner", "owner", "contactowner", "accountowner", "assignedto", "agent", "salesrep"),
        *_each("source", "source", "leadsource", "originalsource", "howdidyouhearaboutus", "referralsource"),
        *_each("language", "language", "preferredlanguage", "sprache"),
        *_each("zone", "timezone", "zeitzone"),
        *_each("persona", "persona"),
        *_each("stage", "stage", "lifecyclestage", "pipelinestage", "dealstage"),
        *_each("note", "note", "notes", "comments", "comment", "description", "notizen", "background"),
        *_each("external_id", "id", "recordid", "contactid", "clientid", "customerid", "uid", "externalid"),
        *_each("consent.marketing", "emailoptin", "optin", "marketingconsent", "consent", "newsletter", "subscribed"),
        *_each("consent.marketing", "marketingoptin", "acceptsmarketing", "acceptsemailmarketing"),
        *_each(
            "refusal.marketing", "unsubscribed", "unsubscribedfromallemail", "optedout", "emailoptout", "donotemail"
        ),
        *_each("value", "lifetimevalue", "clientvalue", "totalspent"),
        *_each("currency", "currency"),
        *_each("tags", "labels", "tags", "groupmembership", "label"),
        *_each("field.website", "website", "websiteurl", "url"),
    ]
)


def _is_hubspot(plain: set[str]) -> bool:
    own = {"lifecyclestage", "leadstatus", "contactowner", "originalsource", "associatedcompany", "mobilephonenumber"}
    own |= {"createdate", "countryregion", "stateregion", "marketingcontactstatus", "phonenumber"}
    is_contact = bool(plain & {"email", "firstname", "lastname"})
    return (is_contact and ("recordid" in plain or "contactid" in plain) and len(plain & own) >= 1) or len(
        plain & own
    ) >= 4


def _hubspot(plain: str) -> tuple[str, int] | None:
    numbered = {"mobilephonenumber": ("phone", 2), "createdate": ("date.created_in_hubspot", 1)}
    if plain.startswith("optedoutofemail"):
        return "refusal.marketing", 1
    return numbered.get(plain)


def _is_pipedrive(plain: set[str]) -> bool:
    return sum(1 for header in plain if re.match(r"(person|organization|deal)[a-z]", header)) >= 2 and any(
        header.startswith("person") for header in plain
    )


_PIPEDRIVE = {
    "personname": "name",
    "personfirstname": "first_name",
    "personlastname": "last_name",
    "personlabel": "tags",
    "personlabels": "tags",
    "personnote": "note",
    "personnotes": "note",
    "personid": "external_id",
    "personowner": "owner",
    "personorganization": "organisation",
    "organizationname": "organisation",
    "organizationaddress": "street",
    "personpostaladdress": "street",
    "personbirthday": "date.birthday",
    "personjobtitle": "field.job_title",
    "personmarketingstatus": "consent.marketing",
    "dealtitle": "field.deal",
    "dealstage": "stage",
    "dealcurrency": "currency",
}


def _pipedrive(plain: str) -> tuple[str, int] | None:
    if plain in _PIPEDRIVE:
        return _PIPEDRIVE[plain], 1
    found = re.fullmatch(r"person(email|phone)(work|home|mobile|other)?", plain)
    return (found[1], 1) if found else None


def _is_google(plain: set[str]) -> bool:
    values = {"email1value", "phone1value", "address1formatted"}
    return bool(plain & values) and bool(plain & {"firstname", "givenname", "name", "fileas", "lastname", "familyname"})


_GOOGLE_PARTS = {
    "street": "street",
    "city": "city",
    "region": "region",
    "postalcode": "postcode",
    "country": "country",
    "label": "address.label",
    "type": "address.label",
}


def _google(plain: str) -> tuple[str, int] | None:
    found = re.fullmatch(r"(email|phone)(\d+)(value|label|type)", plain)
    if found:
        return (found[1] if found[3] == "value" else f"{found[1]}.label"), int(found[2])
    found = re.fullmatch(r"address(\d+)(\w+)", plain)
    if found:
        to = _GOOGLE_PARTS.get(found[2])
        return (to, int(found[1])) if to else ("skip", int(found[1]))
    if plain in ("organization1name", "organization1title"):
        return ("organisation" if plain.endswith("name") else "field.job_title"), 1
    return ("skip", 1) if plain in ("fileas", "photo") or plain.startswith("phonetic") else None


FORMATS = (
    Format("pipedrive", _is_pipedrive, _pipedrive),
    Format("google", _is_google, _google),
    Format("hubspot", _is_hubspot, _hubspot),
)
