"""Who they are, how to reach them, what they agreed to, and everything that happened: the timeline."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Client(models.Model):
    """A person, household or organisation we work for."""

    class Kind(models.TextChoices):
        PERSON = "person"
        HOUSEHOLD = "household"
        ORGANISATION = "organisation"

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PERSON)
    name = models.CharField(max_length=200)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    salutation = models.CharField(max_length=100, blank=True)
    sort_name = models.CharField(max_length=200)  # casefolded, accents stripped: for order and matching
    language = models.CharField(max_length=12, blank=True)
    zone = models.CharField(max_length=60, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    persona = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=120, blank=True)
    referrer = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="referred")
    fields = models.JSONField(default=dict)  # the playbook's fields: name -> text, number, ISO date
    values = models.JSONField(default=dict)  # what matters to them: question name -> their words
    memory = models.TextField(blank=True)  # what to remember as a person
    value_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    external_id = models.CharField(max_length=200, blank=True, db_index=True)
    # Kept by timeline.record(): what lists need without reading the timeline.
    feeling = models.FloatField(null=True)  # mean of the last five feelings, newest counts most
    recent_feelings = models.JSONField(default=list)  # newest last, at most five
    last_contact_at = models.DateTimeField(null=True)  # last real two-way contact
    is_demo = models.BooleanField(default=False)
    edited = models.JSONField(default=list)  # what a person set by hand ("zone", "fields.budget"): imports leave it
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged")
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["sort_name", "id"], name="client_by_name", condition=Q(merged_into=None)),
            models.Index(fields=["owner", "sort_name", "id"], name="client_by_owner"),
            models.Index(fields=["last_contact_at", "id"], name="client_by_silence"),
            models.Index(fields=["feeling", "id"], name="client_by_feeling"),
        ]


class Tag(models.Model):
    """A word that people put on clients to find them again."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "name"], name="tag_once")]
        indexes = [models.Index(fields=["name", "client"], name="tag_by_name")]


class Contact(models.Model):
    """A person reachable for a client: themself, a partner, an assistant."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200)
    relation = models.CharField(max_length=80, blank=True)  # self, partner, assistant, chief accountant
    is_primary = models.BooleanField(default=False)


class EmailAddress(models.Model):
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="emails")
    address = models.CharField(max_length=254)  # as typed, domain in lower case
    key = models.CharField(max_length=254, db_index=True)  # casefolded: for matching and suppression
    label = models.CharField(max_length=40, blank=True)
    is_primary = models.BooleanField(default=False)


class Phone(models.Model):
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="phones")
    number = models.CharField(max_length=20, db_index=True)  # E.164
    extension = models.CharField(max_length=10, blank=True)
    label = models.CharField(max_length=40, blank=True)
    is_primary = models.BooleanField(default=False)


class Address(models.Model):
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=120, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=80, blank=True)


class Consent(models.Model):
    """One line of the consent ledger; the newest line per channel and purpose counts. Never changed."""

    class State(models.TextChoices):
        GIVEN = "given"
        WITHDRAWN = "withdrawn"

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=40)  # "" = every channel
    purpose = models.CharField(max_length=40)  # service, marketing, keep_in_touch
    state = models.CharField(max_length=10, choices=State.choices)
    source = models.CharField(max_length=120)  # import, form, unsubscribe link, by phone
    wording_hash = models.CharField(max_length=64, blank=True)
    ip = models.GenericIPAddressField(null=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["client", "channel", "purpose", "-at"], name="consent_newest")]


class Suppression(models.Model):
    """An address that must not be written to, whoever it belongs to. Survives merge, erase, import and restore."""

    key_hash = models.CharField(max_length=64, unique=True)  # keyed hash of the normalised address
    reason = models.CharField(max_length=40)  # hard bounce, complaint, unsubscribed, person
    at = models.DateTimeField()


class Interaction(models.Model):
    """One fact on a client's timeline. Written only by timeline.record(); never changed."""

    class Solved(models.TextChoices):
        YES = "yes"
        PARTLY = "partly"
        NO = "no"

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="interactions")
    journey_id = models.BigIntegerField(null=True)  # run.journeys is a floor above: no foreign key
    at = models.DateTimeField()  # when it happened
    recorded_at = models.DateTimeField()  # when we learnt of it
    kind = models.CharField(max_length=16)  # see timeline.KINDS
    name = models.CharField(max_length=120, blank=True)  # stage, touchpoint, event, survey, reason
    stage = models.CharField(max_length=60, blank=True)  # the stage the client was in
    channel = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=200, blank=True)  # the moment's key
    text = models.TextField(blank=True)  # what people read
    value = models.FloatField(null=True)  # a score
    feeling = models.SmallIntegerField(null=True)  # -2 .. +2
    solved = models.CharField(max_length=6, choices=Solved.choices, blank=True)
    judged_by = models.CharField(max_length=10, blank=True)  # client, person, guess
    is_contact = models.BooleanField(default=False)  # a real two-way contact
    amount_minor = models.BigIntegerField(null=True)
    resource = models.CharField(max_length=80, blank=True)  # who did it: a person or a system
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    data = models.JSONField(default=dict)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["client", "-at", "-id"], name="timeline_newest"),
            models.Index(
                fields=["journey_id", "at", "id"], name="timeline_of_journey", condition=Q(journey_id__isnull=False)
            ),
            # stage and journey_id make these two covering: the map counts whole years from them.
            models.Index(fields=["kind", "name", "at", "stage", "journey_id"], name="timeline_by_kind"),
            models.Index(
                fields=["feeling", "at", "stage", "journey_id"],
                name="timeline_felt",
                condition=Q(feeling__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="timeline_once", condition=~Q(external_id="")
            ),
        ]


class Merge(models.Model):
    """Two records found to be one. before holds what un-merge needs."""

    survivor = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    absorbed = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField(default=dict)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    undone_at = models.DateTimeField(null=True)


class Import(models.Model):
    """One file brought in: its plan, its counts, and how to take it out again."""

    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64, db_index=True)
    format = models.CharField(max_length=30)  # hubspot, pipedrive, google, vcard, csv, xlsx
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=12)  # preview, running, done, undone, failed
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=200)


class ImportRow(models.Model):
    """What one file row did: enough to undo it, or why it could not be used."""

    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="row_log")
    row = models.PositiveIntegerField()  # the row number in the file, header = 1
    outcome = models.CharField(max_length=8)  # added, updated, same, bad
    client = models.ForeignKey(Client, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    before = models.JSONField(default=dict)
    cells = models.JSONField(default=list)  # only of bad rows
    # A hash of the row's content: a row without address or number is known by it when the file comes again.
    row_key = models.CharField(max_length=32, blank=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["batch", "outcome", "row"], name="import_rows")]


class SavedView(models.Model):
    """A sentence of the Clients list under a name. owner None: the team's."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    address = models.CharField(max_length=2000)  # the list's query string
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="view_of_user"),
            models.UniqueConstraint(fields=["name"], name="view_of_team", condition=Q(owner=None)),
        ]


class SavedMapping(models.Model):
    """How the columns of a file with these headers are read, chosen once by a person."""

    headers_hash = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    mapping = models.JSONField(default=dict)
    at = models.DateTimeField()
