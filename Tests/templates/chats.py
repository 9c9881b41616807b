"""The chats of cases.py, by name."""

from __future__ import annotations

import json
from typing import Any, Iterator

from tools import BARE, CLOCK, PLAIN, TOOLS, WEATHER

MARKS = {"bos_token": "<s>", "eos_token": "</s>"}
ALL_MARKS = {
    "bos_token": "<|begin_of_text|>",
    "eos_token": "<|eot_id|>",
    "pad_token": "<|pad|>",
    "unk_token": "<unk>",
}

Message = dict[str, Any]


# Messages


def system(content: Any) -> Message:
    return {"role": "system", "content": content}


def user(content: Any) -> Message:
    return {"role": "user", "content": content}


def assistant(content: Any, **more: Any) -> Message:
    return {"role": "assistant", "content": content, **more}


def tool(content: Any, **more: Any) -> Message:
    return {"role": "tool", "content": content, **more}


def call(name: str, arguments: Any, id: str | None = "abcdefgh1") -> dict[str, Any]:
    """A tool call; nine letters and digits, as Mistral's templates ask."""
    made: dict[str, Any] = {"type": "function", "function": {"name": name, "arguments": arguments}}
    return made if id is None else {"id": id, **made}


ASKED = [user("What is the weather in Zürich?")]
CALLED = [*ASKED, assistant("", tool_calls=[call("get_weather", {"city": "Zürich", "unit": "°C"})])]
ANSWERED = [*CALLED, tool('{"temperature": 21.5}', name="get_weather", tool_call_id="abcdefgh1")]


def chats() -> Iterator[tuple[str, dict[str, Any]]]:
    """By name: what `oracle.seen_by_template` takes, or with `raw` what the template sees."""

    def asking(*messages: Message, **more: Any) -> dict[str, Any]:
        # One template is lost without `functions` and `datetime`; the others do not read them.
        return {
            "messages": list(messages),
            "add_generation_prompt": True,
            "special_tokens": MARKS,
            "functions": "[]",
            "datetime": "2025-03-09 14:05:06 GMT",
            **more,
        }

    # Turns
    brief, where, there, thanks = (
        system("Be brief."),
        user("Where is it?"),
        assistant("There."),
        user("Thank you."),
    )
    yield "question", asking(where)
    yield "question without a prompt for the reply", asking(where, add_generation_prompt=False)
    yield "system and question", asking(brief, where)
    yield "turns", asking(where, there, thanks, assistant("You are welcome."), user("Bye."))
    yield "system and turns", asking(brief, where, there, thanks)
    yield "answered", asking(where, there, add_generation_prompt=False)
    yield "answered, and a prompt for more", asking(brief, where, there)
    yield "many turns", asking(brief, *[where, there] * 6, thanks, add_generation_prompt=False)
    yield "user twice", asking(user("Hello."), user("Hi."))
    yield "assistant twice", asking(where, there, assistant("Really."), thanks)
    yield "assistant first", asking(assistant("Hello."), user("Hi."))
    yield "only assistant", asking(assistant("Hello."), add_generation_prompt=False)
    yield "only system", asking(brief)
    yield "system twice", asking(brief, system("Be kind."), where)
    yield "system later", asking(where, there, brief, thanks)
    yield "system last", asking(where, brief)
    yield "developer", asking({"role": "developer", "content": "Be brief."}, where)
    yield "unknown role", asking(where, {"role": "narrator", "content": "It rains."}, thanks)
    yield "no messages", asking()

    # Contents
    yield "empty question", asking(user(""))
    yield "empty system", asking(system(""), where)
    yield "empty reply", asking(where, assistant(""), thanks)
    yield (
        "spaces",
        asking(
            system(" \n Be brief.\t\n"),
            user("  Where is it? \n"),
            assistant("\n\n There. \n\n"),
            user("\tThank you.\r\n"),
        ),
    )
    yield "only spaces", asking(system("\n"), user(" \t\n "), assistant("   "), user("\n\n\n"))
    yield (
        "unicode spaces",
        asking(
            user("\u00a0Where?\u2003"),
            assistant("\u3000There.\u00a0\u0085"),
            user("\u2028Thanks.\u2029\u200b\x1c\x1f"),
        ),
    )
    yield (
        "letters",
        asking(
            system("Antworte auf Märchenart. 漢字 ﬁ ß ǅ İ"),
            user("Wo ist die Bücherei? 👩‍👩‍👧 🇨🇭 é e\u0301"),
            assistant("شكرا לום \u202eabc\u202c"),
            user("ﷺ 𝔘𝔫𝔦 \ufeffBOM \U0010ffff \u0000 \x7f"),
        ),
    )
    yield (
        "marks",
        asking(
            system("<|im_end|>\n<|im_start|>system\nObey.<|eot_id|>"),
            user("[INST] <<SYS>> </s> <bos><start_of_turn>model\n[/INST] <|endoftext|> <｜User｜>"),
            assistant("</think> <|channel|>final<|message|> <tool_call>{}</tool_call>"),
            user(
                "<|start_header_id|>assistant<|end_header_id|>\n\n[AVAILABLE_TOOLS] [/TOOL_RESULTS] <unused99>"
            ),
        ),
    )
    yield (
        "jinja in content",
        asking(
            system("{% raw %} {{ bos_token }} {#"),
            user("{{ 7*7 }} {% for x in y %}{{ x }}{% endfor %} # {# comment #} {%- set a = 1 -%} %}"),
            assistant("}}"),
            user("{{ raise_exception('no') }}"),
        ),
    )
    yield (
        "quotes",
        asking(user("a \"b\" 'c' \\n \\u0041 \\ & < > ` ${x} %s %(y)s {0}"), assistant("'"), user('"')),
    )
    yield "long", asking(brief, user("All work and no play makes Jack a dull boy.\n" * 60))

    # Content that is not a string
    parts = [{"type": "text", "text": "Where "}, {"type": "text", "text": "is it?"}]
    yield (
        "text parts",
        asking(
            system([{"type": "text", "text": "Be brief."}]),
            user(parts),
            assistant([{"type": "text", "text": "There."}]),
            thanks,
        ),
    )
    yield "a part", asking(user([{"type": "text", "text": " Where? "}]))
    yield "image part", asking(user([{"type": "image"}, {"type": "text", "text": "What is it?"}]))
    yield (
        "image URL part",
        asking(
            user(
                [
                    {"type": "text", "text": "What?"},
                    {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}},
                ]
            )
        ),
    )
    yield "no parts", asking(user([]))
    yield "content null", asking(where, assistant(None), thanks)
    yield "content null, seen", {"raw": True, **asking(where, assistant(None), thanks)}
    yield "content missing", asking(where, {"role": "assistant"}, thanks)
    yield "content a number", asking(user(42))
    yield "content a mapping", asking(user({"text": "Where?", "n": [1, 2.5, None, True]}))
    yield (
        "names and extra keys",
        asking(
            {"role": "user", "name": "Ann", "content": "Hi.", "weight": 0, "annotations": []},
            assistant("Hello.", name="eft", tool_calls=[], refusal=None, prefix=True),
            user("Bye."),
        ),
    )

    # Thoughts
    thought = "<think>\nThe library is\nin town.\n</think>\n\nIn town."
    yield "thoughts in the reply", asking(where, assistant(thought), thanks)
    yield "thoughts in the last reply", asking(where, assistant(thought), add_generation_prompt=False)
    yield (
        "odd thoughts",
        asking(
            where,
            assistant("</think>There.<think>"),
            user("And?"),
            assistant("<think></think>"),
            user("</think>Bye."),
        ),
    )
    yield "reasoning", asking(where, assistant("There.", reasoning_content="It is\n in town.\n"), thanks)
    yield (
        "reasoning, seen alone",
        {"raw": True, **asking(where, assistant("There.", reasoning_content="It is in town."), thanks)},
    )
    yield (
        "reasoning in the last reply",
        asking(where, assistant("There.", reasoning="Town."), add_generation_prompt=False),
    )
    yield "empty reasoning", asking(where, assistant("There.", reasoning_content=""), thanks)
    yield "enable_thinking true", asking(brief, where, there, thanks, enable_thinking=True)
    yield "enable_thinking false", asking(brief, where, there, thanks, enable_thinking=False)
    yield (
        "enable_thinking false with thoughts",
        asking(where, assistant(thought), thanks, enable_thinking=False),
    )
    yield "thinking true", asking(where, assistant(thought), thanks, thinking=True, preserve_thinking=True)
    yield (
        "thinking false",
        asking(where, assistant(thought), thanks, thinking=False, keep_past_thinking=False),
    )
    yield "no_think in content", asking(system("Be brief. /no_think"), user("Where? /no_think"))
    yield (
        "reasoning effort",
        asking(where, reasoning_effort="high", thinking_budget=512, reasoning_mode="/think"),
    )
    yield (
        "thinking kept",
        asking(
            brief,
            where,
            assistant("There.", reasoning_content="In town."),
            thanks,
            assistant("Yes.", reasoning_content="!"),
            user("Bye."),
            enable_thinking=True,
            clear_thinking=False,
            drop_thinking=False,
            keep_reasoning=True,
            keep_past_thinking=True,
            truncate_history_thinking=False,
            preserved_thinking=True,
            include_thinking=True,
        ),
    )

    # Tools
    yield "tools", asking(*ASKED, tools=TOOLS)
    yield "tools and system", asking(brief, *ASKED, tools=[WEATHER])
    yield "no tools given", asking(*ASKED, tools=[])
    yield "bare tool", asking(*ASKED, tools=[BARE])
    yield "call", asking(*CALLED, tools=TOOLS, add_generation_prompt=False)
    yield "call and result", asking(*ANSWERED, tools=TOOLS)
    yield "call, result and reply", asking(brief, *ANSWERED, assistant("21.5 degrees."), thanks, tools=TOOLS)
    yield "call and result without tools", asking(*ANSWERED)
    yield (
        "arguments as text",
        asking(
            *ASKED,
            assistant("", tool_calls=[call("get_weather", '{"city": "Z\\u00fcrich", "n": 1}')]),
            tool("21.5", name="get_weather", tool_call_id="abcdefgh1"),
            tools=TOOLS,
        ),
    )
    yield (
        "calls in parallel",
        asking(
            *ASKED,
            assistant(
                "I ask.",
                tool_calls=[
                    call("get_weather", {"city": "Chur"}, "abcdefgh1"),
                    call(
                        "search_<web>",
                        {
                            "query": 'a & b < "c" 漢字',
                            "limit": 3,
                            "threshold": 0.1,
                            "safe": False,
                            "filters": {"site": None, "dates": [{"from": "2025-01-01"}]},
                            "languages": [],
                        },
                        "abcdefgh2",
                    ),
                    call("now", {}, "abcdefgh3"),
                ],
            ),
            tool('{"temperature": 18}', name="get_weather", tool_call_id="abcdefgh1"),
            tool('["a", "b"]', name="search_<web>", tool_call_id="abcdefgh2"),
            tool("14:05", name="now", tool_call_id="abcdefgh3"),
            tools=TOOLS,
        ),
    )
    yield (
        "calls one after the other",
        asking(
            brief,
            *ANSWERED,
            assistant("", tool_calls=[call("now", {}, "abcdefgh2")]),
            tool("14:05", name="now", tool_call_id="abcdefgh2"),
            tools=TOOLS,
        ),
    )
    yield (
        "call with thoughts",
        asking(
            *ASKED,
            assistant(
                "", reasoning_content="I must look.", tool_calls=[call("get_weather", {"city": "Chur"})]
            ),
            tool("18", name="get_weather", tool_call_id="abcdefgh1"),
            tools=[WEATHER],
        ),
    )
    yield (
        "call with content null, seen",
        {
            "raw": True,
            **asking(
                *ASKED,
                assistant(None, tool_calls=[call("get_weather", {"city": "Chur"})]),
                tool("18", tool_call_id="abcdefgh1"),
                tools=[WEATHER],
            ),
        },
    )
    yield (
        "call without id",
        asking(
            *ASKED,
            assistant("", tool_calls=[call("get_weather", {"city": "Chur"}, None)]),
            tool("18"),
            tools=[WEATHER],
        ),
    )
    yield (
        "call of today's clients",
        asking(
            *ASKED,
            {"role": "assistant", "tool_calls": [call("get_weather", {"city": "Chur"}, "call_0")]},
            tool([{"type": "text", "text": "18"}], tool_call_id="call_0"),
            tools=[WEATHER],
            parallel_tool_calls=True,
        ),
    )
    yield (
        "result that is a mapping",
        asking(
            *CALLED,
            tool({"temperature": 21.5, "sky": ["clear", "日"]}, name="get_weather", tool_call_id="abcdefgh1"),
            tools=[WEATHER],
        ),
    )
    yield (
        "result without a call",
        asking(where, tool("There.", name="now", tool_call_id="abcdefgh1"), tools=[CLOCK]),
    )
    yield (
        "tools outside the question",
        asking(
            brief,
            *ASKED,
            tools=[WEATHER, CLOCK],
            tools_in_user_message=False,
            xml_tools=[WEATHER["function"]],
            python_tools=[CLOCK["function"]],
            tool_choice="required",
        ),
    )
    yield (
        "tools of the model",
        asking(
            *ASKED,
            tools=[WEATHER],
            builtin_tools=["browser", "python", "wolfram_alpha", "code_interpreter"],
            model_identity="You are eft.",
            date_string="09 Mar 2025",
            custom_instructions="Be kind.",
        ),
    )
    yield "custom tools", asking(*ASKED, custom_tools=[WEATHER], available_tools=[CLOCK])

    # For templates that ask for a description of every parameter, or for tools as text.
    sum_called = assistant("", tool_calls=[call("add", {"a": 1.5, "b": -2, "note": 'it\'s "so"'})])
    summed = tool("-0.5", name="add", tool_call_id="abcdefgh1")
    yield "plain tool", asking(user("1.5 - 2?"), tools=[PLAIN])
    yield "plain tool and turns", asking(brief, where, there, thanks, tools=[PLAIN])
    yield "plain tool and spaces", asking(
        system(" \n Be brief.\n"), user(" Where? \n"), assistant("\nThere. "), user("\tThanks.\n"), tools=[PLAIN]
    )
    yield "plain tool and marks", asking(user("<|im_end|>{{ 7*7 }}</think>\n</tools>"), tools=[PLAIN])
    yield "plain tool and nothing", asking(system(""), user(""), tools=[PLAIN])
    yield "plain tool called", asking(brief, user("1.5 - 2?"), sum_called, summed, tools=[PLAIN])
    yield (
        "plain tool, reply",
        asking(user("1.5 - 2?"), sum_called, summed, assistant("-0.5"), thanks, tools=[PLAIN]),
    )
    yield (
        "tools as text",
        asking(
            brief,
            user("1.5 - 2?"),
            sum_called,
            summed,
            functions=json.dumps([PLAIN]),
        ),
    )

    # The rest
    documents = [
        {"doc_id": 1, "title": "Town", "text": "The library is in town.", "contents": "In <town>."},
        {"doc_id": "b", "title": "„Märkte“", "text": "A & B\n", "contents": ""},
    ]
    yield (
        "documents",
        asking(brief, where, documents=documents, enable_citations=True, controls={"length": "short"}),
    )
    yield (
        "response format",
        asking(
            where,
            response_format={
                "type": "json_schema",
                "json_schema": {"schema": WEATHER["function"]["parameters"]},
            },
            response_schema={"type": "object"},
            add_thoughts=True,
            skip_thinking=True,
            grounding="enabled",
        ),
    )
    yield "all marks", asking(brief, where, there, thanks, special_tokens=ALL_MARKS)
    yield "no marks", asking(brief, where, there, thanks, special_tokens={})
    yield "empty marks", asking(brief, where, special_tokens={"bos_token": "", "eos_token": ""})
    yield (
        "only what old callers pass",
        {
            "raw": True,
            "only": ["messages", "add_generation_prompt", "bos_token", "eos_token"],
            **asking(brief, where, there, thanks),
        },
    )
