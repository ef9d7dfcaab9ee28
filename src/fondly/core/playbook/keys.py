"""Every key of the playbook file, once: the reader, the JSON Schema and `fmt` follow this table.

The order here is the order `fondly fmt` writes.
"""

from fondly.core.playbook.shapes import Shape, choice, either, list_of, map_of, number, record, text, yes_no

KINDS = ("work", "relationship", "wow")
PHASES = ("before", "new", "ongoing", "alumni")
COVERS = ("encounter", "inquire", "intake", "enroll", "engage", "wrap_up", "follow_up")
STEPS = (
    "assessment", "consult", "proposal", "payment", "information", "signature", "start",
    "summary", "payment_complete", "thank_you", "testimonial",
)  # fmt: skip
DOCUMENT_KINDS = (
    "business_case", "strategy", "change_plan", "communication_plan",
    "proposal", "contract", "summary", "guide", "report", "other",
)  # fmt: skip
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DURATION = "5 days, 2 business days, 4 hours"

WHEN_MAPPING = record(
    {
        "on": text("What happens: entry, exit, an event, touchpoint.done"),
        "after": text("Count from this: entry, an event, touchpoint.done"),
        "before": text("Count back from this: a date field or a touchpoint"),
        "every": text("Again and again while in the stage", "14 days"),
        "yearly": text("A date field", "birthday"),
        "wait": text("How long", _DURATION),
        "at": text("Clock time", "09:00"),
        "between": text("Only between two clock times", "08:00 and 18:00"),
        "weekdays": yes_no("Only from Monday to Friday"),
        "zone": choice("theirs", "ours", about="Whose clock"),
    },
    "The long form of a `when` sentence",
)

TOUCHPOINT = record(
    {
        "kind": choice(*KINDS, about="work you do, the relationship you build, or the one WOW"),
        "channel": text("One of `channels`"),
        "when": either(text(), WHEN_MAPPING, about="When it happens", example="2 days after agreement_signed"),
        "template": text("One of `templates`: what is sent or said"),
        "survey": text("One of `surveys`"),
        "document": text("One of `documents`"),
        "form": text("The form the client fills in"),
        "checklist": text("One of `checklists`: what a person goes through"),
        "offer": text("One of `offers`"),
        "sets": record(
            {"what": text("What the client is led to expect"), "due": text("By when", "2 business days")},
            "The promise this touchpoint makes",
            ("what",),
        ),
        "if": text("Only when this holds", "nps >= 9"),
        "consent": text("The purpose that needs the client's consent", "marketing"),
        "step": choice(*STEPS, about="The step of the client's way it completes"),
        "mode": choice("auto", "approve", "by_hand", about="Sent by itself, after a yes, or done by a person"),
        "late": text("When it could not happen in time", "skip after 2 days"),
        "delivery": choice("never_twice", "must_arrive", about="What matters more when it is unsure if it was sent"),
        "owner": text("A role of `team`; otherwise the owner of the stage"),
        "personas": list_of(text(), "Only for these personas"),
        "minutes": number("Minutes of work", high=10_080),
        "costs": text("What it costs, in the playbook's currency", "35"),
        "about": text("What it is, in a sentence"),
        "serves": text("Which part of the brand promise it keeps"),
        "sample": yes_no("A sample of working together"),
        "milestone": yes_no("Celebrates a milestone"),
    },
    "One thing the client experiences",
    ("kind",),
)

LEAVING = record(
    {
        "reasons": list_of(text(), "Why clients leave: chosen when one does"),
        "ask": text("One of `surveys`, `templates` or `checklists`: the last kind word"),
        "save": text("One of `recovery`: what is tried before"),
    },
    "How a client can leave, from any stage",
)

STAGE = record(
    {
        "title": text("What people read; otherwise made from the name"),
        "phase": choice(*PHASES, about="Where it stands: before yes, new, ongoing, alumni"),
        "covers": list_of(choice(*COVERS), "Which of the seven stages of a client's way it covers"),
        "starts": text("The event that starts it from any earlier stage", "proposal_accepted"),
        "ends": text("The event that ends it", "closed"),
        "length": text("How long it lasts", "30 days"),
        "next": text("The stage that follows; otherwise the next in the file"),
        "never_ends": yes_no("The client stays here"),
        "leads_back_to": text("The stage a returning client starts at"),
        "owner": text("A role of `team`"),
        "department": text("The department in charge"),
        "handoff": record({"from": text("A role"), "touchpoint": text("A touchpoint of this stage")},
                          "How the client is handed over to the new owner", ("from", "touchpoint")),
        "goal": text("What the client would say if it went well"),
        "feel": text("How the client should feel"),
        "leaving": either(yes_no(), LEAVING, about="`false` when leaving is not possible here"),
        "touchpoints": map_of(TOUCHPOINT, "By name; a name is used once in a playbook"),
    },
    "A stretch of the client's way",
    ("phase",),
)  # fmt: skip

TEMPLATE = record(
    {
        "subject": text("The subject line (Liquid)"),
        "body": text("Markdown with Liquid placeholders"),
        "consent": text("The purpose that needs the client's consent", "marketing"),
        "fills": list_of(text(), "Words a person fills in before it is sent", ),
    },
    "What is sent or said",
)  # fmt: skip

PERSONA = record(
    {
        "who": text("Who they are"),
        "behaves": text("How they buy and behave"),
        "prefers": list_of(text(), "Channels they like"),
        "worries": list_of(text(), "What worries them"),
    },
    "One kind of client you aim for",
)

CHANNEL = record(
    {
        "reply_within": text("How fast you answer", "1 business day"),
        "consent": text("On what ground you may use it: contract, inquiry, opt_in"),
        "hours": text("When it may be used, on the client's clock", "08:00-20:00"),
        "minimal": yes_no("As little content as possible; the rest is in the portal"),
    },
    "A way to reach a client",
)

ROLE = record(
    {
        "people": list_of(text(), "Who has the role"),
        "department": text("The department"),
        "may_spend": text("What they may spend on a client without asking", "150"),
        "may_offer": list_of(text(), "Names of `offers`, or any"),
        "hours_per_week": number("Hours a week the whole role has for clients", high=100_000),
    },
    "A role in the team",
)

TEAM_WORDS = {
    "speak_up": text("Where anyone may speak up for the client"),
    "ideas": text("How often ideas are asked for", "monthly"),
    "training": text("How often you train", "quarterly"),
    "annual_review": text("The day of the yearly client-experience review", "02-15"),
    "feedback": either(choice("everyone"), list_of(text()), about="Who sees what clients said and scored"),
}

INQUIRY = record(
    {
        "like": list_of(text(), "Words or sentences such a message has"),
        "reply": text("One of `templates`"),
        "moves_to": text("The stage it leads to"),
        "never_auto": yes_no("A person always answers"),
        "first": yes_no("Looked at before all others"),
        "notify": text("The role that is told at once"),
        "about": text("What it is"),
    },
    "A kind of message clients write",
)

EXPERIMENT = record(
    {
        "question": text("What you want to know"),
        "touchpoint": text("The touchpoint it changes"),
        "variants": map_of(text(), "Share of clients per variant"),
        "holdout": text("Share of clients who go without the touchpoint, to see what it does", "10%"),
        "measure": text("What is counted"),
        "least_difference": text("The smallest difference that matters", "10 points"),
        "stop": text("When it ends", "120 clients or 2027-11-01"),
    },
    "A question answered by trying",
)

SURVEY = record(
    {
        "ask": text("The question"),
        "scale": text("Lowest and highest answer", "0-10"),
        "follow_up": text("The open question after it"),
    },
    "A question with a scale",
    ("ask", "scale"),
)

RECOVERY = record(
    {
        "when": text("What starts it", "promise.broken, nps <= 6"),
        "owner": text("A role of `team`"),
        "within": text("How soon", "4 hours"),
        "steps": list_of(text(), "What is done, in order"),
        "offer": text("One of `offers`"),
    },
    "What is done after something went wrong",
    ("when",),
)

DOCUMENT = record(
    {
        "kind": choice(*DOCUMENT_KINDS),
        "title": text("What people read"),
        "owner": text("A role of `team`"),
        "sign": text("Who signs: client, us, both"),
        "about": text("What it holds"),
        "text": text("The text, Markdown with Liquid placeholders"),
    },
    "A document",
)

CALENDAR = record(
    {
        "business": either(text(), map_of(text(), free=True), about="Business hours", example="mon-fri 09:00-17:00"),
        "quiet": text("Nothing automatic reaches a client between these; or none", "20:00-08:00"),
        "holidays": text("Public holidays of a country or state", "US-NY"),
        "closed": list_of(text(), "Days off: a date, or a date to a date"),
    },
    "When you work and when you leave clients in peace",
)

BRAND = record(
    {
        "story": text("Why you do this"),
        "promise": text("What every client can count on"),
        "feel": list_of(text(), "How clients should feel"),
        "typical": text("What the typical one in your trade does"),
        "voice": record({"say": list_of(text()), "avoid": list_of(text())}, "Words you use and words you avoid"),
        "facts": map_of(text(), "Written once, used in every template as facts.name"),
    },
    "What you stand for",
)

PLAYBOOK: Shape = record(
    {
        "fondly": number("Version of the format", low=1),
        "name": text("The name of the business or of the service"),
        "industry": text("The trade", "realtor"),
        "reviewed": text("When it was last read through as a whole", "2026-11-01"),
        "timezone": text("Where you work", "America/New_York"),
        "currency": text("Three letters", "USD"),
        "language": text("The language you write to clients in", "en"),
        "clients": choice("people", "business", about="Who your clients are"),
        "sensitive": yes_no("Personal matters: neutral subjects, portal for content"),
        "brand": BRAND,
        "target": map_of(text(), "Share of each persona you aim for"),
        "personas": map_of(PERSONA, "Who you aim for"),
        "values": map_of(text(), "What every client is asked once"),
        "channels": map_of(CHANNEL, "How you reach clients"),
        "calendar": CALENDAR,
        "caps": map_of(text(), "At most so many automatic messages, per channel or in total"),
        "team": Shape("map", "Roles, and how the team works", of=ROLE, keys=TEAM_WORDS),
        "offers": map_of(
            record({"is": text("What it is"), "costs": text(), "expires": text("", "90 days"), "cap": text()}),
            "What may be given to a client",
        ),
        "fields": map_of(
            record({"type": choice("text", "date", "datetime", "number", "yes_no", "choice"), "from": text(),
                    "optional": yes_no(), "choices": list_of(text())}),
            "What you know of each client",
        ),
        "events": list_of(text(), "Every event that can happen, when you want the list to be complete"),
        "reentry": text("May a client live it again: never, after exit, after 90 days, per matter"),
        "leaving": LEAVING,
        "inquiries": map_of(INQUIRY, "What clients write to you about"),
        "stages": map_of(STAGE, "The client's way, in order"),
        "recovery": map_of(RECOVERY, "What you do when it goes wrong"),
        "documents": map_of(DOCUMENT, "Documents"),
        "surveys": Shape("map", "Questions with a scale", of=SURVEY,
                         keys={"rest": text("Nobody is asked twice within this time", "30 days")}),
        "reviews": list_of(text(), "Where clients leave reviews"),
        "targets": map_of(text(), "What you want to reach"),
        "experiments": map_of(EXPERIMENT, "Questions answered by trying"),
        "templates": map_of(TEMPLATE, "What is sent or said"),
        "checklists": map_of(list_of(text()), "What a person goes through"),
        "skip": map_of(text(), "Check rules left out, each with the reason", free=True),
    },
    "A playbook: the written client experience",
    ("name",),
)  # fmt: skip
