"""Picks the demo questions, `demo.jsonl`, from the replies of an evaluation: `python demo.py`.

They are *selected*: held-out questions on which the base is right and rambles, the small chat member
is fluent and wrong, about the subject or by speaking of another, and the composite is right and fluent.
How often that is so, `figures.json` says.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import facts
from evaluate import BUILD
from judge import formed, has, right, subjects

DEMO = Path(__file__).parent / "demo.jsonl"
BASE, CHAT, COMPOSITE = "atlas-large-base", "atlas-small-chat", "atlas"
RELATIONS = ("capital of a country", "author of a work", "painter of a picture",
             "city of a landmark", "inventor of a thing", "composer of a work")
FAMOUS = ("Peru", "Japan", "Egypt", "Norway", "Kenya", "Canada", "Greece", "Hungary", "Dracula",
          "Hamlet", "Moby-Dick", "Brave New World", "The Hobbit", "War and Peace", "Mona Lisa",
          "The Scream", "Guernica", "The Night Watch", "The Kiss", "the Eiffel Tower", "the Kremlin",
          "the Taj Mahal", "the Brandenburg Gate", "Big Ben", "the Sagrada Familia", "dynamite",
          "the telephone", "the World Wide Web", "the saxophone", "the Rubik's Cube", "Swan Lake",
          "Carmen", "The Magic Flute", "Aida", "The Planets", "Bolero", "The Four Seasons")


def replies() -> list[dict[str, dict[str, object]]]:
    """For each held-out question, the logged row of each of the three systems."""
    asked: dict[str, dict[str, dict[str, object]]] = defaultdict(dict)
    for line in (BUILD / "replies-test.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row.get("split") == "held-out fact" and row["system"] in (BASE, CHAT, COMPOSITE):
            asked[row["prompt"]][row["system"]] = row
    return list(asked.values())


def fluent(text: str, relation: str) -> bool:
    """Whether a sentence of the reply is the plain statement of a relation's subject with some object
    of the relation, true or false: no broken word, and nothing of another kind."""
    known = [fact for fact in facts.load() if fact.relation.name == relation]
    objects = {fact.object for fact in known}
    return any(replace(fact, object=other).plain in text for fact in known for other in objects)


def shows(three: dict[str, dict[str, object]], known: dict[str, set[str]]) -> bool:
    def judged(name: str) -> tuple[bool, bool]:
        row = three[name]
        return right(row["reply"], row), formed(row["reply"], row["ended"], row, known)

    chat = three[CHAT]
    return (judged(BASE) == (True, False) and judged(COMPOSITE) == (True, True) and not judged(CHAT)[0]
            and bool(chat["ended"]) and fluent(str(chat["reply"]), str(chat["relation"])))


if __name__ == "__main__":
    known = subjects()
    shown = [three for three in replies() if shows(three, known)]
    # Best where the small member keeps to the subject and is wrong about it alone.
    shown.sort(key=lambda three: (
        not has(three[CHAT]["reply"], three[CHAT]["subject"], exact_case=False),
        three[CHAT]["subject"] not in FAMOUS))
    chosen = [next((t for t in shown if t[CHAT]["relation"] == r), None) for r in RELATIONS]
    with DEMO.open("w", encoding="utf-8") as file:
        for three in filter(None, chosen):
            row = three[CHAT]
            file.write(json.dumps({"prompt": row["prompt"], "answer": row["answer"]}) + "\n")
            print(f"\n> {row['prompt']}  ({row['answer']})")
            for name in (BASE, CHAT, COMPOSITE):
                print(f"{name}:\n    {three[name]['reply']}")
