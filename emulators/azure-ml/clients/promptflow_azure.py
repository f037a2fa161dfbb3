"""A flow and its evaluation with promptflow-azure as it comes from PyPI; README.md says how to point it here."""

import contextlib
import io
import json
import tempfile
import uuid
from pathlib import Path

from azure.identity import DefaultAzureCredential
from promptflow.azure import PFClient

HERE = Path(__file__).parent
SUFFIX = uuid.uuid4().hex[:8]


def check(what, seen, expected):
    if seen != expected:
        raise SystemExit(f"{what}: {seen!r}, expected {expected!r}")
    print(f"ok  {what}")


client = PFClient(
    DefaultAzureCredential(),
    subscription_id="00000000-0000-0000-0000-000000000001",
    resource_group_name="flowgate",
    workspace_name="local",
)

base = client.run(
    flow=HERE / "guess-label",
    data=HERE / "guess-label" / "data.jsonl",
    name=f"base_{SUFFIX}",
    display_name="Guess",
    tags={"made": "by promptflow-azure"},
)
check("run", base.name, f"base_{SUFFIX}")
check("stream", client.stream(base).status, "Completed")

evaluation = client.run(
    flow=HERE / "label-accuracy",
    data=HERE / "guess-label" / "data.jsonl",
    run=base,
    column_mapping={"expected": "${data.label}", "guessed": "${run.outputs.label}"},
    name=f"evaluation_{SUFFIX}",
)
check("stream of the evaluation", client.stream(evaluation).status, "Completed")
check("get_metrics", client.get_metrics(evaluation), {"accuracy": 0.75})
details = client.get_details(evaluation)
check(
    "get_details",
    list(details["outputs.grade"]),
    ["Correct", "Correct", "Correct", "Incorrect"],
)

unmapped = client.run(
    flow=HERE / "label-accuracy",
    run=base,
    column_mapping={"expected": "${run.inputs.text}", "guessed": "${run.outputs.label}"},
    name=f"unmapped_{SUFFIX}",
)
check("evaluation without data", client.stream(unmapped).status, "Completed")
resumed = client.run(resume_from=base, name=f"resumed_{SUFFIX}")
with contextlib.redirect_stdout(io.StringIO()) as streamed:
    status = client.stream(resumed).status
check("resume", status, "Completed")
check("resume runs no line again", "Skipped the execution of 4 existing" in streamed.getvalue(), True)
check("get_details, max_results", len(client.get_details(resumed, max_results=2)), 2)
broken = client.run(
    flow=HERE / "guess-label",
    data=HERE / "guess-label" / "data.jsonl",
    column_mapping={"text": "${data.nothing}"},
    name=f"broken_{SUFFIX}",
)
try:
    client.stream(broken)
except Exception as error:
    check("stream of a run that fails", "nothing" in str(error), True)
else:
    raise SystemExit("stream of a run that fails: it says nothing")

runs = client.runs
check("get", (runs.get(base.name).status, runs.get(base.name)._error), ("Completed", None))
client.visualize([base, evaluation])
listed = [run.name for run in runs.list(max_results=2)]
check("list, newest first", listed, [broken.name, resumed.name])
updated = runs.update(base, display_name="Guess again", description="Updated", tags={"more": "1"})
check("update", (updated.display_name, updated.description), ("Guess again", "Updated"))
check("tags", dict(updated.tags), {"made": "by promptflow-azure", "more": "1"})
runs.archive(base)
check("archive", base.name in [run.name for run in runs.list()], False)
runs.restore(base)
check("restore", base.name in [run.name for run in runs.list()], True)

with tempfile.TemporaryDirectory() as folder:
    downloaded = Path(runs.download(base, output=folder))
    lines = (downloaded / "flow_outputs" / "output.jsonl").read_text().splitlines()
    check("download of the outputs", json.loads(lines[0]), {"line_number": 0, "label": "question"})
    check("download of the snapshot", (downloaded / "snapshot" / "guess.py").exists(), True)
    check("download of the metrics", json.loads((downloaded / "metrics.json").read_text()), {})

slow = Path(tempfile.mkdtemp()) / "slow.jsonl"
slow.write_text('{"text": "wait"}\n')
waiting = client.run(flow=HERE / "guess-label", data=slow, name=f"slow_{SUFFIX}")
runs.cancel(waiting)
check("cancel", client.stream(waiting, raise_on_error=False).status in ("CancelRequested", "Canceled"), True)
