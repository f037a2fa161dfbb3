import time

from promptflow.core import tool


@tool
def guess(text: str) -> str:
    if text.startswith("wait"):
        time.sleep(120)
    return "question" if text.endswith("?") else "statement"
