"""Validation as JSON Schema draft 2020-12 has it, formats included."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator


def without_nullable(schema: Any) -> Any:
    """OpenAPI's `nullable` as JSON Schema says it."""
    if isinstance(schema, list):
        return [without_nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: without_nullable(value) for key, value in schema.items()}
    if made.get("nullable") is True and "type" in made:
        types = made["type"] if isinstance(made["type"], list) else [made["type"]]
        made["type"] = [*types, "null"]
    return made


def validator(schema: Any) -> Draft202012Validator:
    return Draft202012Validator(
        without_nullable(schema), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
