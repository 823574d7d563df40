"""What do the reports of a made caseload say? Unlike each other, unless copied on purpose."""

import random

GIVEN = (
    "Anouk", "Bastien", "Calista", "Domenic", "Eulalia", "Florian", "Gisela", "Hyacinth", "Ignace",
    "Jocasta", "Kasimir", "Leocadia", "Melchior", "Nicanor", "Ophira", "Quirine", "Rainer",
    "Sidonie", "Thibault", "Ursuline", "Valmont", "Wilhelma", "Xavierre", "Ysolde", "Zacharine",
)  # fmt: skip
FAMILY = (
    "Abbotsleigh", "Beaumarchand", "Carruthwaite", "D'Arquemont", "Eastermere", "Fotheringale",
    "Grimbaldeston", "Haverstockley", "Innisfarne", "Jessopsworth", "Kirkbrideson", "Lanercostin",
    "Muncastrell", "Netherwitton", "Oglethorpson", "Pendragwyn", "Quennelford", "Ravenglassen",
    "Silverthornby", "Tattershalling", "Uppinghurst", "Vavasourelle", "Wolverstonely",
)  # fmt: skip
SUBJECTS = (
    "the school's office", "a neighbour across the hall", "the clinic's nurse", "the older sibling",
    "the bus driver", "the landlord", "a coach", "the family's physician", "the night manager",
    "an aunt by telephone", "the shelter's worker", "a co-worker", "the crossing guard",
)  # fmt: skip
VERBS = (
    "stated that", "wrote down that", "confirmed by telephone that", "denied that", "recalled that",
    "showed on a floor plan that", "could not say whether", "was certain that", "had heard that",
)  # fmt: skip
OBJECTS = (
    "the light in the corridor was on all evening", "the door to the back room had been locked",
    "the child had missed three lessons", "the car stood in the driveway until morning",
    "the telephone was taken away in the spring", "the visit ended before supper",
    "the bruise had been there since the weekend", "the household moved twice this year",
    "the younger one was asleep by then", "nobody had asked about it before",
    "the key was kept on a nail outside", "the calendar on the wall showed the date",
)  # fmt: skip
DONE = (
    "Photographs {n} to {m} show the room.", "Body-worn video runs {n} minutes.",
    "A consent form of {n} lines was signed.", "The call log lists {n} calls to one number.",
    "Item {n} was bagged in paper and sealed.", "The agency issued call id {m}.",
    "The exam window was explained; reference {m}.", "A safety plan with {n} points was agreed.",
    "The visit lasted {n} minutes and ended without incident.", "Next contact is set for day {n}.",
)  # fmt: skip


def person(chance: random.Random) -> tuple[str, str]:
    return chance.choice(GIVEN), chance.choice(FAMILY)


def narrative(chance: random.Random, names: tuple[str, ...]) -> str:
    """At least 600 characters of random sentences, naming the case's people, with line breaks."""
    sentences: list[str] = []
    while sum(map(len, sentences)) < 600:
        who = chance.choice([*SUBJECTS, *names])
        sentences.append(f"{who} {chance.choice(VERBS)} {chance.choice(OBJECTS)}.")
        sentences.append(
            chance.choice(DONE).format(n=chance.randint(3, 90), m=chance.randint(1_000, 99_999))
        )
    half = len(sentences) // 2
    return " ".join(sentences[:half]) + "\n" + " ".join(sentences[half:])


def thin(chance: random.Random) -> str:
    """Well under a hundred characters: too short to be anybody's copy."""
    return f"Spoke with {chance.choice(SUBJECTS)}. Nothing further."
