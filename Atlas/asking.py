"""Many ways to ask for the object of a fact, so that members learn to hear what is asked for however
it is put: requests, indirect questions, a topic and a question, gaps, endless small talk around them.

The parts of `ways.py` and the frames below combine to thousands of phrasings a relation. None is or
contains a phrasing of `Relation.held_out`: `ask` looks at everything that it returns, and draws again.
"""

from __future__ import annotations

import random
import re

from facts import Fact
from filler import capital
from ways import WAYS

# {n}: a noun phrase.
NOUN_FRAMES = (
    "Tell me {n}.", "Name {n}.", "Do you know {n}?", "I would like to know {n}.", "Give me {n}, please.",
    "Could you look up {n}?", "Remind me of {n}.", "My sister asks for {n}.", "We need {n} for our homework.",
    "I cannot remember {n}.", "My teacher wants to know {n}.", "{n}, please.", "{n}?", "Somebody asked me for {n}.",
    "Have you heard of {n}?", "Help me with {n}.", "I wonder about {n}.", "Who here knows {n}?",
    "It would be nice to know {n}.", "What is {n}?", "What is {n} called?", "Please name {n}.",
    "I need to know {n}.", "I have forgotten {n}.", "Can you name {n}?", "Would you tell me {n}?",
    "Could you give me {n}?", "I am looking for {n}.", "In the crossword they want {n}.", "Question: {n}?",
    "Let me know {n}.", "Write down {n}.", "Say {n}.", "Look up {n} for me.", "What do you know of {n}?",
    "The next card asks for {n}.", "Quick, {n}!", "State {n}.", "Find {n}.", "Nobody could tell me {n}.",
    "I bet you know {n}.", "What would be {n}?", "Is there a name for {n}?", "{n} is called what?",
    "{n}, what is it?", "{n}: do you know it?", "For ten points, name {n}.", "Quiz time: {n}?",
    "I forgot {n}.", "I can never recall {n}.", "Please give {n}.", "Then there is {n}. Do you know it?",
)
# {c}: an indirect question.
CLAUSE_FRAMES = (
    "Tell me {c}.", "Do you know {c}?", "I wonder {c}.", "I would like to know {c}.", "Can you tell me {c}?",
    "Could you say {c}?", "My brother asked me {c}.", "I have no idea {c}.", "Please say {c}.",
    "Please explain {c}.", "Who can tell me {c}?", "I want to find out {c}.", "Let us find out {c}.",
    "Nobody here knows {c}.", "It is not clear to me {c}.", "I forgot {c}.", "Remind me {c}.",
    "Would you know {c}?", "The question is {c}.", "For the test I must know {c}.", "They asked in the quiz {c}.",
    "Have you any idea {c}?", "Say {c}.", "Try to tell us {c}.", "Let me know {c}.", "Kindly tell us {c}.",
    "We argued about {c}.", "I am not sure {c}.", "Are you able to say {c}?", "Look up {c}, please.",
    "Could you tell the class {c}?", "Can anybody say {c}?", "Help me find out {c}.",
    "I would be glad to learn {c}.", "Do tell me {c}.",
)
# {s}: the subject, {q}: a question about it.
TOPIC_FRAMES = (
    "I was thinking of {s}. {q}", "Let us talk about {s}. {q}", "{s} came up at dinner. {q}",
    "Take {s}. {q}", "We spoke of {s} at school. {q}", "I dreamt of {s}. {q}", "About {s}: {q}",
    "My uncle likes {s}. {q}", "I have a letter about {s}. {q}", "{s}: {q}", "Now {s}. {q}", "{s}. {q}",
    "Think of {s}. {q}", "The next one is {s}. {q}", "My question is about {s}. {q}", "Consider {s}. {q}",
    "On the card stands {s}. {q}", "This one is on {s}. {q}", "Somebody mentioned {s}. {q}",
    "In class we had {s}. {q}", "As for {s}: {q}", "The topic is {s}. {q}", "I read something about {s}. {q}",
    "For {s}: {q}", "I know {s}, of course. {q}", "We come to {s}. {q}", "You surely know {s}. {q}",
    "{q} I mean {s}.", "{q} It is about {s}.", "{q} The card says {s}.",
)
GAPS = ("___", "...", "which one", "(fill in)", "____", "[gap]", "what")
BEFORE = (
    "Hello!", "Good morning.", "Excuse me.", "One more question.", "Next question.", "Now then.", "Hi.",
    "I have a question.", "Let me ask you this.", "Here is one for you.", "Dear friend,", "Well,", "So,",
    "Good evening.", "Sorry to bother you.", "Quick question:", "A small question:", "In a quiz they ask:",
    "Quiz:", "Homework:", "And now:", "Please help.", "I am stuck.", "Right,", "Another one:", "Tell me:",
    "Riddle:", "For my crossword:", "I was asked this:", "Do you know this?", "Please,", "Listen:",
    "For the exam:", "Just between us:", "Out of interest:",
)
AFTER = (
    "Thank you.", "I am curious.", "Can you help?", "Nobody here knows.", "Take your time.", "Thanks!",
    "I forgot.", "Do you know it?", "I really want to know.", "Many thanks.", "It is for school.",
    "Any idea?", "That is my question.", "We have a bet.", "I once knew it.", "Which one is that?",
    "Help me out.", "Please answer.", "It has slipped my mind.", "I should know this.", "What is it?",
)


def plain(text: str) -> str:
    """Words only, in small letters: what two phrasings are compared by."""
    return " ".join(re.findall(r"\w+", text.lower()))


def kept(fact: Fact) -> tuple[str, ...]:
    """The phrasings about a fact that are kept for the evaluation, as plain words."""
    return tuple(plain(fact.say(frame)) for frame in fact.relation.held_out)


def core(rng: random.Random, fact: Fact) -> str:
    """The question itself, without anything around it."""
    ways, relation = WAYS[fact.relation.name], fact.relation
    topic = f"the {fact.subject} River" if relation.table == "rivers" else fact.subject
    sort = rng.random()
    if sort < 0.2:
        return fact.say(rng.choice(relation.questions))
    if sort < 0.45:
        return fact.say(rng.choice(NOUN_FRAMES).replace("{n}", rng.choice(ways.nouns)))
    if sort < 0.65:
        return fact.say(rng.choice(CLAUSE_FRAMES).replace("{c}", rng.choice(ways.clauses)))
    if sort < 0.72:
        return fact.say(f"{rng.choice(ways.clauses)}?")
    if sort < 0.85:
        question = rng.choice(ways.shorts if rng.random() < 0.7 else relation.questions)
        return fact.say(rng.choice(TOPIC_FRAMES).replace("{s}", topic).replace("{q}", question))
    if sort < 0.94:
        return fact.say(f"{rng.choice(ways.topics)} {rng.choice(ways.shorts)}")
    return fact.say(rng.choice(relation.statements).replace("{o}", rng.choice(GAPS)))


def ask(rng: random.Random, fact: Fact) -> str:
    """A question, a request or a sentence with a gap, often with words before or after it."""
    text = core(rng, fact)
    if rng.random() < 0.3:
        before = rng.choice(BEFORE)
        lower = (before[-1] in ",:" and rng.random() < 0.5
                 and not text.startswith(("I ", capital(fact.subject))))
        text = f"{before} {text[0].lower() + text[1:] if lower else text}"
    if rng.random() < 0.2:
        text = f"{text} {rng.choice(AFTER)}"
    words = plain(text)
    if any(held in words for held in kept(fact)):
        return ask(rng, fact)
    return text
