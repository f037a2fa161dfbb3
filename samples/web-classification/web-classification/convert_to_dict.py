import json

from promptflow.core import tool


@tool
def convert_to_dict(reply: str) -> dict:
    """A reply that is not the JSON we asked for gets a category that no page has, so it counts as wrong."""
    try:
        answer = json.loads(reply)
        return {"category": str(answer["category"])}
    except (ValueError, KeyError, TypeError):
        print(f"Not the JSON we asked for: {reply!r}")
        return {"category": "None"}
