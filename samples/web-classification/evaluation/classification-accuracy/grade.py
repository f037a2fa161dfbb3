from promptflow.core import tool


@tool
def grade(groundtruth: str, prediction: str) -> str:
    """Case and outer blanks make no difference."""
    same = groundtruth.strip().lower() == prediction.strip().lower()
    return "Correct" if same else "Incorrect"
