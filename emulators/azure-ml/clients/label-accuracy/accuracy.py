from promptflow.core import log_metric, tool


@tool
def accuracy(grades: list) -> float:
    value = grades.count("Correct") / len(grades)
    log_metric("accuracy", value)
    return value
