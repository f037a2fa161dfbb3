from promptflow.core import tool


@tool
def grade(expected: str, guessed: str) -> str:
    return "Correct" if expected == guessed else "Incorrect"
