"""Tools as the chats of cases.py offer them: JSON schemas with what templates stumble over."""

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather at a place.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "The city, e.g. \"Zürich\" or 'Genève'"},
                "unit": {"type": "string", "description": "Of the reply", "enum": ["°C", "°F"], "default": "°C"},
            },
            "required": ["city"],
        },
    },
}
SEARCH = {
    "type": "function",
    "function": {
        "name": "search_<web>",
        "description": 'Finds pages & ranks them.\nA line with \\ and "quotes", <b>tags</b>, 漢字 and 👩‍👩‍👧.',
        "parameters": {
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "What to look for", "minLength": 1},
                "limit": {"type": "integer", "description": "How many", "default": 10, "minimum": 1},
                "threshold": {"type": "number", "default": 0.5, "maximum": 1e21},
                "safe": {"type": "boolean", "default": True},
                "filters": {
                    "type": "object",
                    "description": "Narrower",
                    "properties": {
                        "site": {"type": ["string", "null"], "default": None},
                        "dates": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {
                                    "from": {"type": "string", "format": "date"},
                                    "to": {"type": "string", "format": "date"},
                                },
                                "required": ["from"],
                                "additionalProperties": False,
                            },
                        },
                    },
                    "additionalProperties": {"type": "string"},
                },
                "languages": {"type": "array", "items": {"type": "string", "enum": ["de", "fr", "rm"]}},
                "kind": {"oneOf": [{"type": "string"}, {"type": "integer"}], "description": "Either"},
                "where": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]},
            },
            "required": ["query", "filters"],
            "$defs": {"place": {"type": "object", "properties": {"x": {"type": "number"}}}},
        },
        "return": {"type": "array", "description": "Pages", "items": {"type": "string"}},
    },
}
CLOCK = {
    "type": "function",
    "function": {
        "name": "now",
        "description": "The time.",
        "parameters": {"type": "object", "properties": {}},
    },
}
PLAIN = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds two numbers",
        "parameters": {
            "type": "object",
            "properties": {
                "a": {"type": "number", "description": "The first"},
                "b": {"type": "number", "description": "The second"},
                "note": {"type": "string", "description": "Why"},
            },
            "required": ["a", "b"],
        },
    },
}
BARE = {
    "name": "get_weather",
    "description": "Without its envelope.",
    "parameters": WEATHER["function"]["parameters"],
}
TOOLS = [WEATHER, SEARCH, CLOCK]
