"""The texts and chats that the tests tokenize, render, score and continue."""

import random

TEXTS = {
    "prose": "It was a bright cold day in April, and the clocks were striking thirteen. She said: “Well, that's that.”",
    "contractions": "I'm sure they'll say it's what we'd've done; you're right, he's late, I've seen WE'LL and DON'T.",
    "digits": "1 22 333 4444 55555 3.14159, 1,000,000 and 0x1F600 + 1e-9; 2026-11-28T09:31:07Z, ½ ² ٣ Ⅷ",
    "emoji": "👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 ❤️ 🇵🇪 😀😃😄 done ✅",
    "chinese": "人工智能正在改变世界。我们在北京见面，好吗？",
    "japanese": "吾輩は猫である。名前はまだ無い。カタカナ、ひらがな、ﾊﾝｶｸ。",
    "korean": "안녕하세요, 세계! 오늘 날씨가 좋네요.",
    "scripts": "Съешь ещё этих мягких булок. Ξεσκεπάζω. مرحبا بالعالم. שלום עולם. สวัสดีชาวโลก नमस्ते",
    "accents": "Ça va? Zażółć gęślą jaźń. Cafe\u0301 und café, naïve façade, Ångström, 5 µm, ﬁn, ＦＵＬＬ",
    "python": "def f(x: int) -> str:\n    if x < 0:\n        return f\"{x!r}\"\n\treturn None  # TODO\n\n\nprint(f(-1))\n",
    "c": "for (int i = 0; i < n; ++i) { a[i] += b[i]<<2; }  /* x&&y||!z */\r\n#include <stdio.h>\r\n",
    "json": '{"a":[1,2.5e-3,null],"b":{"c":"d\\n\\u00e9"},"e":true}',
    "spaces": " a  b   c    d     e\t\tf \t g\n\n\nh \n i\r\n\r\nj   \n",
    "only spaces": "          ",
    "leading newlines": "\n\n\n  x",
    "odd spaces": "a\u00a0b\u2003c\u3000d\u200be\u2028f\u0085g",
    "punctuation": "...!!!???---___***###@@@$$$%%%^^^&&&((()))[[[]]]{{{}}}<<<>>>|||\\\\\\///~~~```'''\"\"\"",
    "url": "https://example.org/a-b_c/d?e=f&g=%20h#i user.name+tag@example.org",
    "long word": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
}

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "     \n\t\r", "'’`\"", ".,;:!?-_()[]{}<>/\\|@#$%^&*+=~",
    "éèüßñçøåłžÉÜØ", "人工智能世界的是不了在", "あいうカキクー、。", "한국어가나다", "абвгдЯ", "αβγδΩ", "ابتث", "אבגד", "नमस्त", "👍🏽👩\u200d👧🎉❤️🇵🇪",
    "\u00a0\u2003\u3000\u200b", "½²³Ⅷ٣", "a\u0301e\u0308",
]


def mixtures(count, seed=20261128):
    """Texts of random pieces: runs of one alphabet, of random length, in random order."""
    source = random.Random(seed)
    return ["".join(
        "".join(source.choice(alphabet) for _ in range(source.randint(1, 6)))
        for alphabet in source.choices(ALPHABETS, weights=[8, 3, 6, 2, 4] + [1] * (len(ALPHABETS) - 5), k=40))
        for _ in range(count)]


def _chat(system, *turns):
    messages = [] if system is None else [{"role": "system", "content": system}]
    return messages + [{"role": ("user", "assistant")[i % 2], "content": turn} for i, turn in enumerate(turns)]


CHATS = {
    "question": _chat(None, "What is the capital of France?"),
    "system": _chat("You are terse.", "What is the capital of France?"),
    "turns": _chat(None, "Hi!", "Hello, how can I help?", "Who wrote Emma?"),
    "system and turns": _chat("Answer as a pirate.", "Hi!", "Arr.", "Who wrote Emma?", "Jane Austen, arr.", "When?"),
    "white space": _chat(" Be brief.\n", "\n  Where is it? \n", " There.\n\n", "\tThank you. "),
    "empty": _chat("", "", "", "Hm?"),
    "scripts": _chat("Antworte auf Märchenart. 漢字", "Wo ist die Bücherei? 👩‍👩‍👧 ¿Dónde?"),
    "code": _chat(None, "What does this print?\n```python\nfor i in range(3):\n    print(f'{i:>2}')\n```"),
    "braces": _chat(None, "{{ messages }} {% if x %} {# c #} [INST] <<SYS>> <s>"),
    "user twice": [{"role": "user", "content": "Hello."}, {"role": "user", "content": "Still there?"}],
}

#: What is scored: prose, code and another script, 40 to 110 tokens each.
SCORED = {
    "prose": (
        "The lighthouse keeper climbed the stairs every evening at dusk, lit the lamp, and wrote the date in his book. "
        "In thirty years he had missed a single night, when a storm broke the windows and put out the flame. "
        "On the following morning the fishermen told him that they had been afraid for the first time."),
    "code": (
        "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n    a, b = 0, 1\n    for _ in range(n):\n"
        "        a, b = b, a + b\n    return a\n\n\nif __name__ == \"__main__\":\n    print([fibonacci(i) for i in range(10)])\n"),
    "german": (
        "Am nächsten Morgen ging die Sonne über den Dächern der Stadt auf, und die Händler öffneten ihre Läden. "
        "Auf dem Markt roch es nach Brot und Kaffee."),
    "chinese": "北京是中华人民共和国的首都，也是全国的政治、文化中心。每年有许多游客来到这里参观故宫和长城。",
}

#: What is continued, by sampling and greedily.
OPENINGS = [
    "The capital of France is", "Once upon a time there was a", "To make a good cup of tea, first", "The three primary colours are",
    "In 1969, astronauts", "The best way to learn a language is", "def quicksort(items):\n", "A short list of fruits:\n1.",
    "Dear Sir or Madam,\n\nI am writing to", "Water boils at", "The main difference between cats and dogs is",
    "import json\n\nwith open(", "The weather tomorrow will be", "My favourite book is", "SELECT name, age FROM",
    "The sun rises in the", "Q: What is 12 times 12?\nA:", "The president announced on Monday that", "// Returns the larger of two numbers\nint max(",
    "Shakespeare wrote",
]
QUESTIONS = [
    "What is the capital of France?", "Write a haiku about the sea.", "Write a Python function that reverses a string.",
]
