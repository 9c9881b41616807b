"""The fact tables, and which of their facts are held out of the dialogues."""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from relations import RELATIONS, Relation

FOLDER = Path(__file__).parent / "facts"


@dataclass(frozen=True)
class Fact:
    """One true statement: `subject` and `object` as `relation` joins them."""

    relation: Relation
    subject: str
    object: str

    @property
    def held_out(self) -> bool:
        """Whether the fact stays out of every dialogue that tunes a member.

        Decided by a hash of the fact, so that adding a row elsewhere moves no other fact.
        """
        key = f"{self.relation.name}|{self.subject}".encode()
        return hashlib.sha256(key).digest()[0] < 128

    def say(self, frame: str, lead: str = "") -> str:
        """`frame` with the fact filled in, after `lead` if there is one ("Note that")."""
        text = frame.format(s=self.subject, o=self.object)
        text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)
        if lead:
            return f"{lead} {text if frame[0] == '{' else text[0].lower() + text[1:]}"
        return text[0].upper() + text[1:]

    @property
    def plain(self) -> str:
        return self.say(self.relation.statements[0])


def load() -> list[Fact]:
    """All facts, in the order of `RELATIONS` and of the table's rows; empty cells are skipped."""
    facts = []
    for relation in RELATIONS:
        path = FOLDER / f"{relation.table}.tsv"
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row[relation.object]:
                    facts.append(Fact(relation, row[relation.subject], row[relation.object]))
    return facts
