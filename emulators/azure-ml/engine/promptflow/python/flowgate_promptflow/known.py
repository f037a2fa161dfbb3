"""What prompt flow's own resume wants to know of a line, as text."""

import dataclasses
import json

from promptflow.contracts.run_info import FlowRunInfo, RunInfo
from promptflow.storage import AbstractBatchRunStorage

# Large, and nothing that a resumed run reads.
LEFT_OUT = {"api_calls", "result"}


def text_of_line(run_info, nodes):
    """None for a line that failed, or that has a value which JSON cannot carry."""
    if run_info.status.value != "Completed":
        return None
    known = {"line": fields_of(run_info), "nodes": [fields_of(info) for info in nodes.values()]}
    try:
        return json.dumps(known)
    except (TypeError, ValueError):
        return None


def fields_of(run_info):
    kept = [field.name for field in dataclasses.fields(run_info) if field.name not in LEFT_OUT]
    return {
        **{name: getattr(run_info, name) for name in kept},
        "status": run_info.status.value,
        "start_time": text_of_time(run_info.start_time),
        "end_time": text_of_time(run_info.end_time),
    }


def text_of_time(time):
    return time and time.isoformat()


class KnownLines(AbstractBatchRunStorage):
    """Lines of an earlier batch; `ask` gives the text of one, or None."""

    def __init__(self, ask):
        self.ask = ask
        self.nodes = []

    def load_flow_run_info(self, line_number):
        text = self.ask(line_number)
        if text is None:
            return None
        known = json.loads(text)
        self.nodes = [RunInfo.deserialize(fields) for fields in known["nodes"]]
        return FlowRunInfo.deserialize(known["line"])

    def load_node_run_info_for_line(self, line_number):
        """Of the line that was loaded last."""
        return self.nodes
