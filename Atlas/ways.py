"""What can be asked about each relation: noun phrases, indirect and direct questions, topics.

`asking.py` puts these parts together. `{s}` is the subject, and `{t}` the subject as a topic of talk
("the Nile River"). No part holds a phrasing that `Relation.held_out` keeps for the evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ways:
    """The parts for one relation."""

    nouns: tuple[str, ...]
    """What is asked for: "the capital of {s}"."""
    clauses: tuple[str, ...]
    """The same as an indirect question: "which city is the capital of {s}"."""
    shorts: tuple[str, ...]
    """Questions about a subject that was just named: "What is its capital?"."""
    topics: tuple[str, ...]
    """Sentences that name such a subject and only make sense in this relation."""


_PLACE = ("We fly to {s} in spring.", "My cousin moved to {s}.", "I saw a film from {s}.",
          "We have guests from {s}.", "I am packing for {s}.", "Next month I go to {s}.")
_CITY = Ways(
    ("the capital of {s}", "the capital city of {s}", "{s}'s capital", "the seat of government of {s}",
     "the city that governs {s}"),
    ("which city is the capital of {s}", "what the capital of {s} is", "from which city {s} is governed",
     "what {s}'s capital is called", "which capital {s} has", "where the government of {s} sits",
     "how the capital of {s} is called", "what city serves as the capital of {s}"),
    ("What is the capital?", "What is its capital?", "Which city is the capital?", "What is the capital called?",
     "Which is the capital city?", "From which city is it governed?", "What is the name of the capital?",
     "Which city is it governed from?", "And the capital?"),
    _PLACE)


def _maker(noun: str, past: str, kind: str, topics: tuple[str, ...]) -> Ways:
    """The ways for a thing that somebody made: `noun` is who, `past` is what they did."""
    return Ways(
        (f"the {noun} of {{s}}", f"the person who {past} {{s}}", f"the name of the one who {past} {{s}}",
         f"the {kind} behind {{s}}", f"whoever {past} {{s}}"),
        (f"who {past} {{s}}", f"who the {noun} of {{s}} is", f"who the {noun} of {{s}} was",
         f"by whom {{s}} was {past if past != 'wrote' else 'written'}", f"which {kind} {past} {{s}}",
         f"whose work {{s}} is"),
        (f"Who {past} it?", f"Who is the {noun}?", f"Which {kind} {past} it?", f"Who was it that {past} it?",
         f"What is the name of the {noun}?", f"Whose work is it?", f"And the {noun}?",
         f"Who was the {noun}?"),
        topics)


WAYS: dict[str, Ways] = {
    "capital of a country": _CITY,
    "capital of a region": _CITY,
    "currency of a country": Ways(
        ("the currency of {s}", "the money of {s}", "{s}'s currency", "the money that is used in {s}",
         "the legal tender of {s}"),
        ("what the currency of {s} is", "which currency is used in {s}", "with what people in {s} pay",
         "what money they use in {s}", "what the money of {s} is called", "which money {s} uses",
         "what one pays with in {s}"),
        ("What is its currency?", "Which currency do they use?", "What do people pay with?",
         "Which money do I need?", "What is the money called?", "What does one pay with there?",
         "Which money is used there?", "And the currency?"),
        _PLACE + ("I need money for {s}.", "I found a coin from {s}.")),
    "language of a country": Ways(
        ("the main language of {s}", "the language of {s}", "{s}'s main language",
         "the language that people in {s} speak", "the tongue of {s}"),
        ("what the main language of {s} is", "which language is spoken in {s}", "what people in {s} speak",
         "what language one hears in {s}", "in which language people in {s} talk",
         "which tongue they speak in {s}"),
        ("What is the main language?", "Which language do they speak?", "What do people speak?",
         "What language does one hear there?", "Which language do I need?", "What is spoken there?",
         "And the language?"),
        _PLACE + ("I have a letter from {s}.", "My neighbour comes from {s}.")),
    "symbol of an element": Ways(
        ("the chemical symbol of {s}", "the symbol of {s}", "the symbol for {s}", "{s}'s symbol",
         "the letters that stand for {s}"),
        ("what the chemical symbol of {s} is", "which symbol stands for {s}", "how {s} is written in a formula",
         "which letters stand for {s}", "how chemists write {s}", "what the symbol for {s} is"),
        ("What is the symbol?", "What is its symbol?", "Which symbol does it have?", "How do chemists write it?",
         "Which letters stand for it?", "How is it written in a formula?", "And the symbol?"),
        ("In chemistry we had {s}.", "The bottle says {s}.", "We weighed some {s}.", "I am learning about {s}.")),
    "atomic number of an element": Ways(
        ("the atomic number of {s}", "the number of {s} in the periodic table", "{s}'s atomic number",
         "the place of {s} in the periodic table", "the number of protons of {s}"),
        ("what the atomic number of {s} is", "which atomic number {s} carries",
         "at which number {s} stands in the periodic table", "how many protons {s} has",
         "what number {s} has in the periodic table"),
        ("What is the atomic number?", "What is its atomic number?", "Which number does it have?",
         "How many protons does it have?", "Where does it stand in the periodic table?",
         "And the atomic number?"),
        ("In chemistry we had {s}.", "The bottle says {s}.", "We weighed some {s}.", "I am learning about {s}.")),
    "author of a work": _maker("author", "wrote", "writer", (
        "I bought {s}.", "We read {s} in class.", "I am halfway through {s}.", "The library has {s}.",
        "I found an old copy of {s}.", "My aunt gave me {s}.")),
    "painter of a picture": _maker("painter", "painted", "artist", (
        "The museum shows {s}.", "I have a postcard of {s}.", "We stood before {s}.", "On the wall hangs {s}.",
        "The book has a page on {s}.", "I dreamt of {s}.")),
    "composer of a work": _maker("composer", "composed", "musician", (
        "Tonight they play {s}.", "I have a record of {s}.", "We have tickets for {s}.", "I hum {s} all day.",
        "The orchestra practises {s}.", "My aunt loves {s}.")),
    "inventor of a thing": _maker("inventor", "invented", "inventor", (
        "The museum shows {s}.", "We spoke of {s} in class.", "I wrote an essay on {s}.",
        "Where would we be without {s}?", "I saw a film on {s}.", "My uncle collects things like {s}.")),
    "discoverer of a thing": _maker("discoverer", "discovered", "scientist", (
        "We spoke of {s} in class.", "I wrote an essay on {s}.", "I saw a film on {s}.",
        "My book has a chapter on {s}.", "The lecture was about {s}.")),
    "city of a landmark": Ways(
        ("the city of {s}", "the city where {s} stands", "the home of {s}", "the town that has {s}",
         "the place where one finds {s}"),
        ("where {s} is", "in which city {s} stands", "which city has {s}", "where one finds {s}",
         "what city is the home of {s}", "where I have to go for {s}"),
        ("Where is it?", "In which city is it?", "Which city is that in?", "In what city does it stand?",
         "Where does one find it?", "Which city is its home?", "And the city?"),
        ("I have a postcard of {s}.", "We want to see {s}.", "My sister took a picture of {s}.",
         "I saw a film on {s}.", "The guide praises {s}.")),
    "mouth of a river": Ways(
        ("the mouth of the {s} River", "the end of the {s} River", "the water that receives the {s} River",
         "the sea or river that the {s} River reaches"),
        ("where the {s} River ends", "into which water the {s} River flows", "what the {s} River flows into",
         "where the mouth of the {s} River is", "which water receives the {s} River",
         "where the water of the {s} River goes"),
        ("Where is its mouth?", "What does it flow into?", "Into which water does it flow?",
         "Where does its water go?", "Which water receives it?", "Where does it come to an end?",
         "And the mouth?"),
        ("We sailed on the {s} River.", "I have a map of the {s} River.", "They fish in the {s} River.",
         "I swam in the {s} River.")),
    "young of an animal": Ways(
        ("the word for a young {s}", "the name of a young {s}", "the young of the {s}",
         "the word for the child of the {s}", "the word for a baby {s}"),
        ("what a young {s} is called", "how one calls a young {s}", "what the young of the {s} is called",
         "which word there is for a young {s}", "what a baby {s} is called"),
        ("What is its young called?", "What do you call a young one?", "What is a young one called?",
         "Which word is there for the young?", "What is the baby called?", "And the young?"),
        ("We watched a {s}.", "The zoo has a {s}.", "My book shows a {s}.", "The child drew a {s}.")),
    "Roman name of a Greek figure": Ways(
        ("the Roman name of {s}", "the Latin name of {s}", "the Roman form of {s}", "{s}'s name in Rome",
         "the name of {s} among the Romans"),
        ("what the Romans called {s}", "how the Romans called {s}", "under which name {s} was known in Rome",
         "what {s} was called in Rome", "what the Roman name of {s} was"),
        ("What did the Romans say?", "What was the name in Rome?", "What did the Romans call the figure?",
         "Which name was used in Rome?", "What is the name in Latin?", "And the Roman name?"),
        ("We read a tale of {s}.", "There is a statue of {s}.", "The play is about {s}.",
         "My book has a chapter on {s}.")),
    "subject of a science": Ways(
        ("the subject of {s}", "the field of {s}", "the matter of {s}", "what {s} studies"),
        ("what {s} is about", "what {s} deals with", "what the subject of {s} is", "what one studies in {s}",
         "what {s} has to do with", "what people in {s} study"),
        ("What does it deal with?", "What is the subject?", "What do they study?",
         "What does one study there?", "What is its subject?", "And the subject?"),
        ("My sister studies {s}.", "There is a lecture on {s}.", "He wrote a book on {s}.",
         "They offer a course in {s}.", "She is a professor of {s}.")),
}
