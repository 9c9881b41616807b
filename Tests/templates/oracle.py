"""Renders a chat template as `apply_chat_template` of transformers does, with a clock that stands still.

    python3 oracle.py TEMPLATE.jinja CONTEXT.json [--now 2025-03-09T14:05:06] [--called]

The environment is that of transformers 5.24 (`chat_template_utils.py`, `_compile_jinja_template`): the
immutable sandbox, `trim_blocks`, `lstrip_blocks`, loop controls, the `generation` tag, and its own `tojson`,
`raise_exception`, `strftime_now`, `dict` and `namespace`. One environment serves all templates here, and
transformers makes one for each; a template can not tell.

A context is what the template sees. `seen_by_template` makes it from what a caller hands over.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = "2025-03-09T14:05:06"


@dataclass(frozen=True)
class Refused:
    """Why there is no text: the Python class of the error, and its message.

    `TemplateError` is `raise_exception`; subclasses of it have names of their own.
    """

    kind: str
    message: str


class Generation(jinja2.ext.Extension):
    """`{% generation %}…{% endgeneration %}`: the text between, as a call block writes it."""

    tags = {"generation"}

    def parse(self, parser: jinja2.parser.Parser) -> jinja2.nodes.CallBlock:
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_text"), [], [], body).set_lineno(line)

    @jinja2.pass_eval_context
    def _text(self, context: jinja2.nodes.EvalContext, caller: jinja2.runtime.Macro) -> str:
        return caller()


class TemplateDict:
    def __call__(self, *args: Any, **kwargs: Any) -> dict:
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any, **kwargs: Any) -> dict:
        return dict.fromkeys(*args, **kwargs)


class TemplateNamespace(jinja2.utils.Namespace):
    # Not `self`: `namespace(self=…)` is allowed.
    def __init__(*args: Any, **kwargs: Any) -> None:
        self, args = args[0], args[1:]
        attributes = dict(*args, **kwargs)
        for name in attributes:
            TemplateNamespace._check_name(name)
        jinja2.utils.Namespace.__init__(self, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        TemplateNamespace._check_name(name)
        jinja2.utils.Namespace.__setitem__(self, name, value)

    @staticmethod
    def _check_name(name: Any) -> None:
        if isinstance(name, str) and name.startswith("_"):
            raise jinja2.exceptions.SecurityError(
                "Chat templates cannot store underscore-prefixed attributes on a namespace, but got "
                f"{name!r}. Please rename the attribute."
            )


def environment(now: str = NOW, base: type = ImmutableSandboxedEnvironment) -> ImmutableSandboxedEnvironment:
    """That of transformers; `now` is what the clock shows, as ISO 8601 without a time zone."""
    clock = datetime.fromisoformat(now)

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(
            x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
        )

    def strftime_now(format):
        return clock.strftime(format)

    made = base(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = strftime_now
    made.globals["dict"] = TemplateDict()
    made.globals["namespace"] = TemplateNamespace
    return made


@lru_cache(maxsize=16)
def compiled(made: ImmutableSandboxedEnvironment, text: str) -> jinja2.Template:
    return made.from_string(text)


def render(made: ImmutableSandboxedEnvironment, text: str, context: dict[str, Any]) -> str | Refused:
    """The text, or why there is none. The context is not changed: no template can change it."""
    try:
        return compiled(made, text).render(**context)
    except Exception as error:  # a template can raise any error of Python's
        return Refused(type(error).__name__, str(error))


REASONING = ("reasoning_content", "thinking", "reasoning")


def seen_by_template(
    messages: list[dict[str, Any]],
    tools: list[dict] | None = None,
    documents: list[dict] | None = None,
    add_generation_prompt: bool = False,
    special_tokens: dict[str, str] | None = None,
    **kwargs: Any,
) -> dict[str, Any]:
    """The context that `apply_chat_template` makes of its arguments (transformers 5.24).

    Keys of messages that are None are dropped; reasoning under any of its three names is also there under
    the first two; `tools` and `documents` are always defined; kwargs win over special tokens.
    """
    seen = []
    for message in messages:
        message = {key: value for key, value in message.items() if value is not None}
        reasoning = next((message[key] for key in REASONING if key in message), None)
        if reasoning is not None:
            message = {"thinking": reasoning, **message, "reasoning_content": reasoning}
        seen.append(message)
    return {
        "messages": seen,
        "tools": tools,
        "documents": documents,
        "add_generation_prompt": add_generation_prompt,
        **(special_tokens or {}),
        **kwargs,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("template", type=Path)
    parser.add_argument("context", type=Path)
    parser.add_argument("--now", default=NOW)
    parser.add_argument(
        "--called", action="store_true", help="the context is what a caller hands to apply_chat_template"
    )
    options = parser.parse_args()
    # newline="": a template keeps its carriage returns until Jinja2 sees them.
    with options.template.open(encoding="utf-8", newline="") as file:
        text = file.read()
    context = json.loads(options.context.read_text(encoding="utf-8"))
    if options.called:
        context = seen_by_template(**context)
    rendered = render(environment(options.now), text, context)
    if isinstance(rendered, Refused):
        print(f"{rendered.kind}: {rendered.message}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(rendered.encode("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
