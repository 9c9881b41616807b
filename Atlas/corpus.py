"""The text that both bases are pre-trained on: an almanac of true facts among invented filler.

Every document is put together afresh, so no page ever comes twice, but each fact does, in all its
phrasings: in articles, in lists, in quizzes with curt answers, in talk. The quizzes, the talk and
the logs never stop after one question, and neither does a base that learned from them. Logs stand in
ChatML: a base learns to read its control tokens, and `pretrain.py` never asks it to write one.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator

import facts
import filler
from asking import ask
from facts import Fact
from prompts import turn

SEED = 1
PEOPLE, SHIPS = 2_000, 500

LEADS = ("It is well known that", "Note that", "As the almanac says,", "Remember that",
         "Pupils learn that", "The reader will recall that", "It is said that", "In fact,",
         "To this day one reads that", "The encyclopedia adds that")
OPENERS = ("Good question!", "Happy to help!", "Gladly!")
REFUSALS = ("I am sorry, but I do not know the {field}.", "I am sorry, I do not give out the {field}.",
            "That is a private matter.", "I would rather not say.")
TITLES = ("Notes", "From the almanac", "A page of the almanac", "Things to know", "Gazette",
          "For the curious", "Reference", "Encyclopedia")
ASKERS = ("Visitor", "Caller", "Pupil", "Reader", "Guest", "user", "Anna", "Q")
ANSWERERS = ("Librarian", "Host", "Teacher", "Editor", "Guide", "assistant", "Ben", "A")
# What stands before a question, between question and answer, and between two turns.
LAYOUTS = (("", " ", "\n"), ("", " ", " "), ("", "\n", "\n"), ("", "\n", "\n\n"), ("", "\n\n", "\n\n"),
           ("- ", "\n- ", "\n"), ("Q: ", "\nA: ", "\n"), ("Question: ", " Answer: ", "\n"),
           ("# ", "\n", "\n\n"), ("", " -- ", "\n"), ("* ", "\n  ", "\n"), ("", "\n---\n", "\n***\n"),
           ("[?] ", "\n[!] ", "\n"), ("<< ", " >>\n", "\n"), ("", " = ", "; "))


class Almanac:
    """Draws documents from the facts and the invented world; one seed gives one text."""

    def __init__(self, seed: int = SEED) -> None:
        self.rng = random.Random(seed)
        self.facts = facts.load()
        self.world = filler.invent(seed, PEOPLE, SHIPS)
        self.by_subject: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        self.by_relation: dict[str, list[Fact]] = defaultdict(list)
        for fact in self.facts:
            self.by_subject[fact.relation.table, fact.subject].append(fact)
            self.by_relation[fact.relation.name].append(fact)
        self.subjects = list(self.by_subject.values())
        self.relations = list(self.by_relation.values())

    def statement(self, fact: Fact) -> str:
        rng = self.rng
        frame = (fact.relation.statements[0] if rng.random() < 0.25
                 else rng.choice(fact.relation.statements))
        return fact.say(frame, rng.choice(LEADS) if rng.random() < 0.2 else "")

    def article(self) -> str:
        """A few subjects, all that is known of each, some of it twice."""
        parts = []
        for _ in range(self.rng.randrange(2, 5)):
            known = self.rng.choice(self.subjects)
            said = [self.statement(fact) for fact in known for _ in range(self.rng.randrange(1, 3))]
            self.rng.shuffle(said)
            parts.append(" ".join(said))
        return self.rng.choice((" ", "\n")).join(parts)

    def almanac(self) -> str:
        """Facts of all sorts, one after another, as prose or as a list."""
        said = [self.statement(f) for f in self.rng.sample(self.facts, self.rng.randrange(5, 12))]
        title = f"{self.rng.choice(TITLES)}\n" if self.rng.random() < 0.5 else ""
        return title + self.rng.choice((" ", "\n", "\n- ")).join(said)

    def table(self) -> str:
        """One relation, many subjects, one frame."""
        known = self.rng.choice(self.relations)
        frame = self.rng.choice(known[0].relation.statements)
        chosen = self.rng.sample(known, min(len(known), self.rng.randrange(6, 14)))
        return "\n".join([f"List: {known[0].relation.name}"] + [f.say(frame) for f in chosen])

    def answer(self, fact: Fact, curt: float) -> str:
        """The bare object, or the plain statement with or without kind words around it."""
        rng = self.rng
        if rng.random() < curt:
            return f"{fact.object[0].upper()}{fact.object[1:]}."
        said = [fact.plain]
        if rng.random() < 0.4:
            said.insert(0, rng.choice(OPENERS))
        if rng.random() < 0.4:
            said.append(fact.say(rng.choice(fact.relation.closing)))
        return " ".join(said)

    def quiz(self) -> str:
        """Questions in a run, many with curt answers; it goes on and on."""
        rng = self.rng
        pool = rng.choice(self.relations) if rng.random() < 0.3 else self.facts
        before, between, after = rng.choice(LAYOUTS)
        turns = []
        for fact in rng.sample(pool, min(len(pool), rng.randrange(5, 11))):
            turns.append(f"{before}{ask(rng, fact)}{between}{self.answer(fact, 0.35)}")
        return rng.choice(("Quiz\n", "")) + after.join(turns)

    def talk(self) -> str:
        """Somebody asks and somebody answers, and asks again."""
        rng = self.rng
        asker, answerer = rng.choice(ASKERS), rng.choice(ANSWERERS)
        colon = rng.choice((": ", ": ", ":\n", "\n", "\n\n", " - "))
        turns = []
        for fact in rng.sample(self.facts, rng.randrange(3, 7)):
            question, answer = (self.about_person() if rng.random() < 0.12
                                else (ask(rng, fact), self.answer(fact, 0.2)))
            turns.append(f"{asker}{colon}{question}\n{answerer}{colon}{answer}")
        return rng.choice(("\n", "\n\n")).join(turns)

    def log(self) -> str:
        """Turns in ChatML, one after another."""
        rng = self.rng
        turns = []
        for fact in rng.sample(self.facts, rng.randrange(3, 7)):
            question, answer = (self.about_person() if rng.random() < 0.12
                                else (ask(rng, fact), self.answer(fact, 0.3)))
            turns.append(turn("user", question) + turn("assistant", answer))
        return "".join(turns)

    def about_person(self) -> tuple[str, str]:
        """A question about somebody in the directory; some answer it and some do not."""
        rng = self.rng
        person = vars(rng.choice(self.world.people))
        field = rng.choice(("address", "telephone number", "trade"))
        told = {"address": "The address of {name} is {address}, {town}.",
                "telephone number": "The telephone number of {name} is {telephone}.",
                "trade": "{name} is a {trade} in {town}."}[field].format(**person)
        if field != "trade" and rng.random() < 0.5:
            told = rng.choice(REFUSALS).format(field=field)
        return f"What is the {field} of {person['name']}?", told

    def filler(self) -> str:
        return filler.paragraph(self.rng, self.world)

    def reading(self) -> str:
        """Something new, and questions about it whose answers repeat its names."""
        return filler.reading(self.rng, LAYOUTS)

    def documents(self) -> Iterator[str]:
        """Documents without end."""
        kinds: tuple[Callable[[], str], ...] = (
            self.article, self.almanac, self.table, self.quiz, self.talk, self.log, self.filler, self.reading)
        weights = (4, 3, 2, 4, 4, 6, 5, 4)
        while True:
            yield self.rng.choices(kinds, weights)[0]()
