"""What the invented people say, by how they feel."""

SAID = {
    -2: ("Three days without a word. I had to find out from somebody else.", "This is not what we agreed on."),
    -1: ("I was not sure what happens next.", "It took longer than you said.", "Could somebody explain the last step?"),
    0: ("Thanks, got it.", "That works for me.", "Fine so far."),
    1: ("Good to hear from you, that helped.", "Clear and quick, thank you.", "I feel much calmer now."),
    2: ("You thought of everything. Thank you!", "I told my sister about you.", "That card made my week."),
}
NOTES = {
    -2: ("Unhappy. Listened, wrote down what was promised and by whom.",),
    -1: ("A little worried about the timing. Explained the next two steps.", "Wanted more detail; sent it after."),
    0: ("Short talk, all on track.", "No questions."),
    1: ("Friendly talk. Likes to be called in the afternoon.", "Relieved that it is going as planned."),
    2: ("Delighted. Mentioned a friend who may need us.", "Laughed about the photo on the card."),
}
MEMORIES = (
    "Has a very old dog called Biscuit.",
    "Prefers a call to a mail. Never before ten.",
    "Runs the school's book sale every spring.",
    "Afraid of surprises: say early what could go wrong.",
    "Bakes; asked for the recipe of the office cake.",
    "Learning to sail. Ask how it goes.",
)
SOURCES = ("a friend", "web search", "a sign", "social media", "a talk we gave", "a former client")
CITIES = (("Oakland", "CA"), ("Albany", "NY"), ("Dayton", "OH"), ("Savannah", "GA"), ("Boulder", "CO"))
STREETS = ("Elm Street", "Harbor Road", "Mill Lane", "Orchard Way", "Sunset Avenue", "Birch Court")
