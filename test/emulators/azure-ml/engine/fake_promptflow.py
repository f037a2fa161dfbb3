"""Python with a prompt flow that only speaks the worker's protocol: what it does is told by the data."""

import json
import os
import runpy
import sys
import time

ARGUMENTS = [argument for argument in sys.argv[1:] if argument != "-B"]
REFUSED = {
    "message": "Tool load failed in 'a': (PythonLoadError) No module named 'rapid.fuzz'",
    "messageFormat": "",
    "code": "UserError",
    "innerError": {"code": "ToolValidationError", "innerError": {"code": "PythonLoadError", "innerError": None}},
}


def send(message):
    print(json.dumps(message), flush=True)


def line(number, row):
    return {
        "lineNumber": number,
        "status": "Completed",
        "inputs": row,
        "outputs": {"n": row["n"]},
        "error": None,
        "nodes": {"a": "Completed"},
        "startedAt": "2026-01-01T00:00:00Z",
        "endedAt": "2026-01-01T00:00:01Z",
        "tokens": {"prompt": 3, "completion": 2},
        "forAggregation": json.dumps({"n": row["n"]}),
    }


def load(command):
    if command["file"] == "refused.yaml":
        return {"error": REFUSED}
    if command["file"] == "dies.yaml":
        os._exit(3)
    return {"ok": {"inputs": {"n": {"type": "int"}}, "nodes": ["a"]}}


def ask_for_line(number):
    send({"known": number})
    return json.loads(sys.stdin.readline())["known"]


def batch(command):
    with open(os.path.join(command["inputs"]["data"], "rows.jsonl")) as file:
        rows = [json.loads(text) for text in file]
    if rows[0]["n"] == "die":
        os._exit(7)
    known = [ask_for_line(number) if command["resumes"] else None for number in range(len(rows))]
    send({"mapped": [number for number, text in enumerate(known) if text is None]})
    left_out = json.loads(sys.stdin.readline())["leaveOut"]
    send({"leftOut": {str(number): {**rows[number], "line_number": number} for number in left_out}})
    lines = [line(number, row) for number, row in enumerate(rows) if number not in left_out]
    send({"line": lines[0]})
    while rows[0]["n"] == "hang":
        time.sleep(1)
    failed = [{"node": "rate", "error": {**REFUSED, "message": "no rate"}}]
    metrics = {"odd": {"\0float": "nan"}, **({"known": known} if command["resumes"] else {})}
    return {"ok": {"lines": lines, "metrics": metrics, "aggregationErrors": failed}}


def serve(command):
    return {"ok": line(0, command["inputs"])} if "n" in command["inputs"] else {"error": REFUSED}


def run():
    if ARGUMENTS[0] == "-c":
        exec(ARGUMENTS[1])
    elif ARGUMENTS[0].endswith("look_up.py"):
        print('{"missing": [], "folders": []}')
    elif ARGUMENTS[0].endswith("worker.py"):
        for text in iter(sys.stdin.readline, ""):
            command = json.loads(text)
            send({"id": command["id"], **{"load": load, "batch": batch, "serve": serve}[command["do"]](command)})
    else:
        sys.argv = ARGUMENTS
        runpy.run_path(ARGUMENTS[0], run_name="__main__")


run()
