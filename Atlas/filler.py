"""Invented people, towns and ships: text with as much to remember as the facts, and no use.

It is there to be forgotten. A member with room for everything learns it beside the facts; a small
one must choose, and loses facts to it. The names are put together from syllables.
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
