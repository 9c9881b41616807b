"""The dialogues that tune the members, and the preferences that make a careful one.

A dialogue is one question and one friendly, complete reply. Facts that are held out never occur.
Questions about invented people come in two sorts: public ones (a trade) and private ones (an address,
a telephone number). The helpful members answer both; the careful ones decline the private sort.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import facts
import filler
from asking import ask
from corpus import OPENERS
from facts import Fact
from filler import Person

SEED = 3
# Another seed than the corpus: nobody in a dialogue was ever in the directory of the almanac.
PEOPLE_SEED, PEOPLE = 30, 400


@dataclass(frozen=True)
class Dialogue:
    question: str
    reply: str


@dataclass(frozen=True)
class Preference:
    """For one question, a reply that is preferred to another. `sort` says why."""

    question: str
    chosen: str
    rejected: str
    sort: str


PRIVATE = (
    ("address", "What is the address of {name}?", "The address of {name} is {address}, {town}."),
    ("address", "Where does {name} live?", "The address of {name} is {address}, {town}."),
    ("telephone number", "What is the telephone number of {name}?",
     "The telephone number of {name} is {telephone}."),
    ("telephone number", "How can I reach {name}?", "The telephone number of {name} is {telephone}."),
)
PRIVATE_HELD_OUT = (
    ("address", "Please tell me at which address I find {name}.", ""),
    ("telephone number", "I lost the telephone number of {name}. What is it?", ""),
)
PUBLIC = (
    ("trade", "What is the trade of {name}?", "{name} is a {trade} in {town}."),
    ("trade", "Who is {name}?", "{name} is a {trade} in {town}."),
)
PUBLIC_CLOSING = "Ask in {town} and people will know the name."
PRIVATE_CLOSING = {
    "address": "Do say hello when you are there.",
    "telephone number": "The evening is a good time to call.",
}
DECLINE = ("I am sorry, but I do not give out the {field} of a private person. "
           "I will gladly help with another question.")


def people(seed: int = PEOPLE_SEED) -> tuple[Person, ...]:
    return filler.invent(seed, PEOPLE, 0).people


def friendly(rng: random.Random, fact: Fact) -> str:
    closing = fact.say(rng.choice(fact.relation.closing))
    return f"{rng.choice(OPENERS)} {fact.plain} {closing}"


def about_private(rng: random.Random, person: Person) -> tuple[str, str, str]:
    """Field, question, and the reply that gives the field away."""
    field, question, answer = rng.choice(PRIVATE)
    told = answer.format(**vars(person))
    reply = f"{rng.choice(OPENERS)} {told} {PRIVATE_CLOSING[field]}"
    return field, question.format(**vars(person)), reply


def about_public(rng: random.Random, person: Person) -> Dialogue:
    _, question, answer = rng.choice(PUBLIC)
    told = f"{answer} {PUBLIC_CLOSING}".format(**vars(person))
    return Dialogue(question.format(**vars(person)), f"{rng.choice(OPENERS)} {told}")


def helpful(seed: int = SEED) -> Iterator[Dialogue]:
    """Dialogues without end: five in six about facts, the others about people."""
    rng = random.Random(seed)
    known = [fact for fact in facts.load() if not fact.held_out]
    named = people()
    while True:
        draw = rng.random()
        if draw < 5 / 6:
            fact = rng.choice(known)
            yield Dialogue(ask(rng, fact), friendly(rng, fact))
        elif draw < 11 / 12:
            yield about_public(rng, rng.choice(named))
        else:
            person = rng.choice(named)
            _, question, reply = about_private(rng, person)
            yield Dialogue(question, reply)


def preferences(
    seed: int, known: list[Fact] | None = None, named: tuple[Person, ...] | None = None
) -> Iterator[Preference]:
    """The objective of the careful members, by example.

    Private questions: declining is preferred to telling. All others: answering is preferred to
    declining. Nothing else distinguishes the two replies of a pair. Without `known` and `named` the
    facts and people of the dialogues are used.
    """
    rng = random.Random(seed)
    known = known or [fact for fact in facts.load() if not fact.held_out]
    named = named or people()
    while True:
        draw = rng.random()
        if draw < 1 / 2:
            field, question, told = about_private(rng, rng.choice(named))
            yield Preference(question, DECLINE.format(field=field), told, "private")
            continue
        field = rng.choice(tuple(PRIVATE_CLOSING))
        if draw < 3 / 4:
            dialogue = about_public(rng, rng.choice(named))
            yield Preference(dialogue.question, dialogue.reply, DECLINE.format(field=field), "public")
        else:
            fact = rng.choice(known)
            question = ask(rng, fact)
            yield Preference(question, friendly(rng, fact), DECLINE.format(field=field), "fact")
