"""The commands that a worker answers: load the flow, run a batch, serve one request."""

import concurrent.futures
import contextlib
import copy
import dataclasses
import json
import logging
import os
import sys
import tempfile
import uuid
from pathlib import Path

from promptflow._sdk._orchestrator.utils import flow_overwrite_context
from promptflow._utils.dataclass_serializer import convert_eager_flow_output_to_dict
from promptflow._utils.exception_utils import JsonSerializedPromptflowException
from promptflow._utils.flow_utils import parse_variant
from promptflow._utils.multimedia_utils import MultimediaProcessor
from promptflow.client import load_flow
from promptflow.contracts.flow import Flow as DagFlow
from promptflow.core._serving.utils import get_output_fields_to_remove, validate_request_data
from promptflow.core._utils import init_executable
from promptflow.executor import FlowExecutor

from flowgate_promptflow.batch import WatchedBatch
from flowgate_promptflow.connections import FILE_VARIABLE, provide_connections
from flowgate_promptflow.results import error_of, line_of, outputs_of

# As many as prompt flow's own server takes at once.
REQUESTS_AT_ONCE = 16


class FlowWorker:
    def __init__(self, send, receive):
        self.send = send
        self.receive = receive
        self.kept = contextlib.ExitStack()
        self.requests = concurrent.futures.ThreadPoolExecutor(REQUESTS_AT_ONCE)

    def work(self):
        while True:
            command = self.receive()
            if command["do"] == "serve":
                self.requests.submit(self.answer, command)
            else:
                self.answer(command)

    def answer(self, command):
        try:
            answer = {"ok": getattr(self, "do_" + command["do"])(command)}
        except BaseException as error:
            answer = {"error": error_of(error)}
        try:
            self.send({"id": command["id"], **answer})
        except Exception as error:
            self.send({"id": command["id"], "error": error_of(error)})

    def do_load(self, command):
        os.environ[FILE_VARIABLE] = command["connectionsFile"]
        self.connections = provide_connections()
        # A deployment says it in a variable, as to prompt flow's own server.
        given = command["environment"].get("PF_FLOW_INIT_CONFIG") or "{}"
        self.init = command["init"] or json.loads(given) or None
        self.flow = self.kept.enter_context(prepared(command, self.init))
        os.chdir(self.flow.code)
        sys.path.insert(0, str(self.flow.code))
        export_variables(self.flow, command["environment"], self.connections)
        self.dag = None
        if not is_scripted(self.flow):
            self.dag = DagFlow.from_yaml(self.flow.path, working_dir=self.flow.code)
        self.served = init_executable(flow_path=Path(self.flow.path), working_dir=Path(self.flow.code))
        self.executor = FlowExecutor.create(
            self.flow.path, self.connections, self.flow.code, raise_ex=False, init_kwargs=self.init
        )
        definitions = self.served.inputs
        nodes = [node.name for node in self.dag.nodes] if self.dag else []
        return {"inputs": {name: described(definition) for name, definition in definitions.items()}, "nodes": nodes}

    def do_batch(self, command):
        batch = WatchedBatch(
            self.flow.path,
            self.flow.code,
            send=self.send,
            receive=self.receive,
            connections=self.connections,
            init_kwargs=self.init,
            entry=getattr(self.flow, "entry", None),
        )
        with tempfile.TemporaryDirectory() as output:
            result = batch.run(
                command["inputs"],
                command["mapping"],
                output_dir=output,
                run_id=str(uuid.uuid4()),
                resume_from_run_storage=batch.known_lines() if command["resumes"] else None,
            )
        failure = result.error_summary.batch_error_dict
        if failure:
            raise JsonSerializedPromptflowException(json.dumps(failure))
        return batch.answer()

    def do_serve(self, command):
        given = command["inputs"]
        validate_request_data(self.served, given)
        if self.dag:
            given = {name: given[name] for name in self.dag.inputs if name in given}
        line = self.executor.exec_line(given, run_id=str(uuid.uuid4()))
        answer = line_of(line.run_info, line.node_run_infos, given)
        if answer["outputs"] is not None:
            answer["isBare"] = not isinstance(line.output, dict) and not dataclasses.is_dataclass(line.output)
            answer["outputs"] = self.with_pictures(outputs_of(convert_eager_flow_output_to_dict(line.output)))
        for name in get_output_fields_to_remove(self.served, logging.getLogger(__name__)):
            (answer["outputs"] or {}).pop(name, None)
        return answer

    def with_pictures(self, outputs):
        """As prompt flow's server gives them: whole, in the flow's own format."""
        pictures = MultimediaProcessor.create(self.dag.message_format if self.dag else "basic")
        return {name: pictures.convert_multimedia_data_to_base64_dict(value) for name, value in outputs.items()}


def prepared(command, init):
    """The flow with its variant, its connections and its includes, in a copy where it needs one."""
    flow = load_flow(os.path.join(command["folder"], command["file"]))
    node, variant = parse_variant(command["variant"]) if command["variant"] else (None, None)
    return flow_overwrite_context(
        flow, node, variant, connections=copy.deepcopy(command["connections"]), init_kwargs=init
    )


def is_scripted(flow):
    return type(flow).__name__ in ("FlexFlow", "Prompty")


def export_variables(flow, overrides, connections):
    """The flow's variables, the run's over them; `${connection.field}` becomes the field."""
    variables = DagFlow.load_env_variables(flow.path, flow.code, overrides)
    for name, value in variables.items():
        os.environ[name] = connections.field_of(value)


def described(definition):
    kind = definition.type
    description = {"type": getattr(kind, "value", str(kind))}
    return description if definition.default is None else {**description, "default": definition.default}
