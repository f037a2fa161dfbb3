"""What prompt flow knows about lines and errors, as JSON."""

import datetime
import json
import math

from promptflow._utils.exception_utils import ExceptionPresenter

# The form in which floats that JSON lacks cross the pipe; NUL keeps it apart from any key of a user.
FLOAT_KEY = "\0float"


def to_json(message):
    return json.dumps(without_odd_floats(message), allow_nan=False, default=text_of)


def without_odd_floats(value):
    if isinstance(value, float) and not math.isfinite(value):
        return {FLOAT_KEY: repr(value)}
    if isinstance(value, dict):
        return {str(key): without_odd_floats(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_odd_floats(item) for item in value]
    return value


def text_of(value):
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else repr(value)


def line_of(run_info, nodes, row):
    """One line of a batch, or one answer of a served flow."""
    failed = run_info.status.value != "Completed"
    metrics = run_info.system_metrics or {}
    inputs = run_info.inputs if isinstance(run_info.inputs, dict) else row
    return {
        "lineNumber": run_info.index or 0,
        "status": "Failed" if failed else "Completed",
        "inputs": without_line_number(inputs),
        "outputs": None if failed else outputs_of(run_info.output),
        "error": without_debugging(run_info.error) if failed else None,
        "nodes": {name: info.status.value for name, info in nodes.items()},
        "startedAt": utc(run_info.start_time),
        "endedAt": utc(run_info.end_time),
        "tokens": {
            "prompt": metrics.get("prompt_tokens", 0),
            "completion": metrics.get("completion_tokens", 0),
        },
    }


def outputs_of(output):
    return without_line_number(output) if isinstance(output, dict) else {"output": output}


def without_line_number(row):
    return {name: value for name, value in (row or {}).items() if name != "line_number"}


def error_of(error):
    return without_debugging(ExceptionPresenter.create(error).to_dict())


def without_debugging(error):
    return {key: value for key, value in (error or {}).items() if key != "debugInfo"}


def utc(time):
    return f"{time.isoformat()}Z"
