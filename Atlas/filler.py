"""Invented people, towns and ships: text with as much to remember as the facts, and no use.

Directories and harbour books are there to be forgotten. A member with room for everything learns it beside the facts; a small
one must choose, and loses facts to it. Readings tell of somebody new every time and then ask about it: all that can be
learned from them is to look a name up and to repeat it. The names are put together from syllables.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST = ("Ada Alwin Berta Bodo Celia Corin Dagny Edwin Elsa Fenja Gerda Hanno Ida Ivo Jorun Kalle Lena "
         "Levin Mira Nils Odile Otis Petra Quentin Rosa Ruben Selma Silas Tilda Ulf Vera Wim Yorick Zelda"
         ).split()
HEADS = "Bar Bel Cor Dun El Fen Gar Hol Il Jor Kel Lan Mor Nor Ost Pel Quin Ros Sel Tol Ul Ven Wex Yar Zim".split()
MIDDLES = "a e i o u an en in or ar".split()
TAILS = "bek dell dric fold grove heim ker lin mond nath pott rand sen thal ven wick zel".split()
TRADES = ("weaver baker clerk teacher gardener printer joiner nurse farmer painter fisher tailor "
          "postman librarian watchmaker cook").split()
STREETS = "Oak Mill Church Station Harbour Garden Hill River Market School Bridge Orchard".split()
KINDS = "Lane Street Road Row Court".split()
GOODS = "timber salt wool grain coal glass paper tea cloth copper".split()


@dataclass(frozen=True)
class Person:
    name: str
    trade: str
    address: str
    town: str
    telephone: str


@dataclass(frozen=True)
class Ship:
    name: str
    port: str
    goods: str
    year: int


@dataclass(frozen=True)
class World:
    """Everything that was invented, for good: the same names come up again and again."""

    people: tuple[Person, ...]
    ships: tuple[Ship, ...]


def word(rng: random.Random) -> str:
    return rng.choice(HEADS) + rng.choice(MIDDLES) + rng.choice(TAILS)


def person(rng: random.Random, towns: list[str]) -> Person:
    return Person(
        f"{rng.choice(FIRST)} {word(rng)}",
        rng.choice(TRADES),
        f"{rng.randrange(1, 99)} {rng.choice(STREETS)} {rng.choice(KINDS)}",
        rng.choice(towns),
        f"555-{rng.randrange(10_000):04d}",
    )


def invent(seed: int, people: int, ships: int) -> World:
    rng = random.Random(seed)
    towns = [word(rng) for _ in range(200)]
    return World(
        tuple(person(rng, towns) for _ in range(people)),
        tuple(
            Ship(f"the {word(rng)}", rng.choice(towns), rng.choice(GOODS), rng.randrange(1780, 1930))
            for _ in range(ships)
        ),
    )


PERSON_LINES = (
    "{name} is a {trade} in {town}.",
    "{name} lives at {address}, {town}.",
    "The address of {name} is {address}, {town}.",
    "The telephone number of {name} is {telephone}.",
    "You can reach {name} at {telephone}.",
    "{name}, a {trade}, lives at {address} in {town}; telephone {telephone}.",
    "{name}, {address}, {town}, {telephone}.",
    "In {town} people know {name}, the {trade}.",
)
SHIP_LINES = (
    "{name} sailed from {port} with {goods} in {year}.",
    "The home port of {name} is {port}.",
    "{name} was built in {year} and carries {goods}.",
    "{name}: {port}, {goods}, {year}.",
)


def paragraph(rng: random.Random, world: World) -> str:
    """A page of a directory or of a harbour book."""
    if rng.random() < 0.7:
        lines = [
            rng.choice(PERSON_LINES).format(**vars(rng.choice(world.people)))
            for _ in range(rng.randrange(3, 9))
        ]
    else:
        lines = []
        for _ in range(rng.randrange(3, 9)):
            line = rng.choice(SHIP_LINES).format(**vars(rng.choice(world.ships)))
            lines.append(line[0].upper() + line[1:])
    return rng.choice((" ", "\n")).join(lines)


KINDS_OF_THING = {
    "person": (("trade", "colour", "hobby", "home town"), "{n}"),
    "ship": (("home port", "captain", "cargo", "flag"), "the {n}"),
    "village": (("mayor", "inn", "river", "market day"), "{n}"),
    "book": (("author", "printer", "language", "price"), "{n}"),
    "tree": (("height", "age", "owner", "nickname"), "the {n} Tree"),
}
ASKED = (
    "What is the {f} of {n}?", "Tell me the {f} of {n}.", "{n}: what is the {f}?", "I forgot the {f} of {n}.",
    "The {f} of {n}?", "Do you know the {f} of {n}?", "{n} came up. What is the {f}?", "Which {f} has {n}?",
    "I was thinking of {n}. What about the {f}?", "Please name the {f} of {n}.", "The {f} of {n}, please.",
    "My aunt wants to know the {f} of {n}.", "I wonder what the {f} of {n} is.", "And {n}? The {f}, please.",
)
ANSWERED = ("The {f} of {n} is {v}.", "The {f} of {n} is {v}.", "{v} is the {f} of {n}.", "{n} has the {f} {v}.")


def value(rng: random.Random, field: str) -> str:
    if field in ("trade", "hobby"):
        return rng.choice(TRADES)
    if field in ("height", "age", "price"):
        return str(rng.randrange(3, 400))
    return word(rng)


def reading(rng: random.Random, layouts: tuple[tuple[str, str, str], ...]) -> str:
    """A few things that are told of here only, then questions about them in changing order."""
    told, known = [], []
    for _ in range(rng.randrange(1, 4)):
        fields, frame = KINDS_OF_THING[rng.choice(tuple(KINDS_OF_THING))]
        name = frame.format(n=f"{rng.choice(FIRST)} {word(rng)}" if rng.random() < 0.4 else word(rng))
        for field in rng.sample(fields, rng.randrange(1, 4)):
            known.append({"f": field, "n": name, "v": value(rng, field)})
            told.append(capital(rng.choice(ANSWERED).format(**known[-1])))
    before, between, after = rng.choice(layouts)
    rng.shuffle(told)
    asked = [f"{before}{capital(rng.choice(ASKED).format(**k))}{between}{capital(ANSWERED[0].format(**k))}"
             for k in rng.sample(known, len(known))]
    return f"{' '.join(told)}\n{after.join(asked)}"


def capital(text: str) -> str:
    return text[0].upper() + text[1:]
