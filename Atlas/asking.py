"""Many ways to ask for the object of a fact, so that members learn to hear what is asked for however
it is put. None of them yields a phrasing that `Relation.held_out` keeps for the evaluation."""

from __future__ import annotations

import random

from facts import Fact

# What is asked for, as a noun phrase, and as a question about a subject that was just named.
NOUNS: dict[str, tuple[str, str]] = {
    "capital of a country": ("the capital of {s}", "What is the capital?"),
    "currency of a country": ("the currency of {s}", "What is the currency there?"),
    "language of a country": ("the main language of {s}", "What is the main language?"),
    "symbol of an element": ("the chemical symbol of {s}", "What is the symbol?"),
    "atomic number of an element": ("the atomic number of {s}", "What is the atomic number?"),
    "author of a work": ("the author of {s}", "Who is the author?"),
    "painter of a picture": ("the painter of {s}", "Who is the painter?"),
    "composer of a work": ("the composer of {s}", "Who is the composer?"),
    "inventor of a thing": ("the inventor of {s}", "Who is the inventor?"),
    "discoverer of a thing": ("the discoverer of {s}", "Who is the discoverer?"),
    "capital of a region": ("the capital of {s}", "What is the capital?"),
    "city of a landmark": ("the city of {s}", "Where is it?"),
    "mouth of a river": ("the mouth of the {s} River", "What does it flow into?"),
    "young of an animal": ("the word for a young {s}", "What is the young called?"),
    "Roman name of a Greek figure": ("the Roman name of {s}", "What did the Romans say?"),
    "subject of a science": ("the subject of {s}", "What does it deal with?"),
}
NOUN_FRAMES = (
    "Tell me {n}.", "Name {n}.", "Do you know {n}?", "I would like to know {n}.", "Give me {n}, please.",
    "Could you look up {n}?", "Remind me of {n}.", "My sister asks for {n}.", "We need {n} for our homework.",
    "I cannot remember {n}.", "My teacher wants to know {n}.", "{n}, please.", "{n}?",
    "Somebody asked me for {n}.", "Have you heard of {n}?", "Help me with {n}.", "I wonder about {n}.",
    "Who here knows {n}?", "It would be nice to know {n}.",
)
TOPIC_FRAMES = (
    "I was thinking of {s}. {q}", "Let us talk about {s}. {q}", "{s} came up at dinner. {q}",
    "Take {s}. {q}", "We spoke of {s} at school. {q}", "I dreamt of {s}. {q}", "About {s}: {q}",
    "My uncle likes {s}. {q}", "I have a letter about {s}. {q}",
)
GAPS = ("___", "...", "which one", "(fill in)")
BEFORE = ("Hello!", "Good morning.", "Excuse me.", "One more question.", "Next question.", "Now then.",
          "I have a question.", "Let me ask you this.", "Here is one for you.", "Dear friend,")
AFTER = ("Thank you.", "I am curious.", "Can you help?", "Nobody here knows.", "Take your time.")


def capital(text: str) -> str:
    return text[0].upper() + text[1:]


def ask(rng: random.Random, fact: Fact) -> str:
    """A question, a request or a sentence with a gap, sometimes with a word before or after it."""
    noun, short = NOUNS[fact.relation.name]
    sort = rng.random()
    if sort < 0.4:
        text = fact.say(rng.choice(fact.relation.questions))
    elif sort < 0.65:
        text = capital(rng.choice(NOUN_FRAMES).format(n=noun.format(s=fact.subject)))
    elif sort < 0.9:
        question = short if rng.random() < 0.6 else fact.say(rng.choice(fact.relation.questions))
        subject = f"the {fact.subject} River" if fact.relation.table == "rivers" else fact.subject
        text = capital(rng.choice(TOPIC_FRAMES).format(s=subject, q=question))
    else:
        frame = rng.choice(fact.relation.statements).replace("{o}", rng.choice(GAPS))
        text = fact.say(frame)
    if rng.random() < 0.2:
        text = f"{rng.choice(BEFORE)} {text}"
    if rng.random() < 0.15:
        text = f"{text} {rng.choice(AFTER)}"
    return text
