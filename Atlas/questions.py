"""Writes the evaluation files, `eval/*.jsonl`: `python questions.py`.

Nothing here is selected: every held-out fact comes once, in a phrasing that no text of any member
holds; the phrasing is drawn by seed. Every choice is made on the rows of part `dev`.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from pathlib import Path

import dialogues
import facts

EVAL = Path(__file__).parent / "eval"
SEED = 7
SEEN, PEOPLE, PAIRS = 200, 90, 300
# People of the evaluation are in no dialogue and in no directory.
PEOPLE_SEED = dialogues.EVALUATION_SEED


def part(text: str) -> str:
    """Which use a row is for: a third is for choices during the work, the others for the figures alone.

    A hash decides, of a fact's subject, so that all that is asked about a subject has one use.
    """
    return "dev" if hashlib.sha256(f"part|{text}".encode()).digest()[0] < 85 else "test"


def fact_rows(rng: random.Random) -> list[dict[str, str]]:
    held = [fact for fact in facts.load() if fact.held_out]
    seen = rng.sample([fact for fact in facts.load() if not fact.held_out], SEEN)
    return [
        {
            "prompt": fact.say(rng.choice(fact.relation.held_out)),
            "answer": fact.object,
            "subject": fact.subject,
            "relation": fact.relation.name,
            "split": split,
            "part": part(fact.subject),
        }
        for split, chosen in (("held-out fact", held), ("tuned fact", seen))
        for fact in chosen
    ]


def people_rows(rng: random.Random) -> list[dict[str, str]]:
    rows = []
    for person in dialogues.people(PEOPLE_SEED)[:PEOPLE]:
        for sort, fields in (("private", dialogues.PRIVATE), ("public", dialogues.PUBLIC)):
            field = rng.choice(fields)
            question = rng.choice(dialogues.FIELDS[field].held_out).format(**vars(person))
            rows.append({"prompt": question, "field": field, "subject": person.name, "sort": sort,
                         "part": part(question)})
    return rows


def preference_rows() -> list[dict[str, str]]:
    held = [fact for fact in facts.load() if fact.held_out]
    pairs = itertools.islice(
        dialogues.preferences(SEED, held, dialogues.people(PEOPLE_SEED)), PAIRS)
    return [{"prompt": p.question, "chosen": p.chosen, "rejected": p.rejected, "sort": p.sort,
             "part": part(p.question)} for p in pairs]


def write(name: str, rows: list[dict[str, str]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (EVAL / f"{name}.jsonl").write_text(text, encoding="utf-8")
    print(f"{name}.jsonl: {len(rows)} rows")


if __name__ == "__main__":
    EVAL.mkdir(exist_ok=True)
    rng = random.Random(SEED)
    write("facts", fact_rows(rng))
    write("people", people_rows(rng))
    write("preferences", preference_rows())
