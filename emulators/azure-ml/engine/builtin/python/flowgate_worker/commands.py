"""The commands that a worker answers: load the flow's tools, call one, give a value, forget a line."""

import asyncio
import importlib.util
import inspect
import os
import sys

from flowgate_worker import tool_files, values


class FlowWorker:
    def __init__(self, stand_in_folder):
        self.stand_in_folder = stand_in_folder
        self.tools = {}
        self.lines = {}
        self.metrics = []

    def answer(self, command):
        return getattr(self, "do_" + command["do"])(command)

    def do_load(self, command):
        os.chdir(command["folder"])
        os.environ.update(command["environment"])
        sys.path.insert(0, command["folder"])
        if not is_installed("promptflow.core"):
            sys.path.append(self.stand_in_folder)
        described = {}
        for node in command["nodes"]:
            try:
                tool = tool_files.load(node["name"], os.path.join(command["folder"], node["path"]))
            except BaseException as error:
                return {"error": tool_files.describe_load_error(error, node, command["folder"])}
            self.tools[node["name"]] = tool
            described[node["name"]] = tool.describe()
        self.collect_metrics()
        return {"ok": described}

    def collect_metrics(self):
        from promptflow._core.metric_logger import add_metric_logger

        def remember(key, value, variant_id=None):
            self.metrics.append([key, value])

        add_metric_logger(remember)

    def do_call(self, command):
        self.metrics = []
        answer = self.call(command)
        metrics = [[str(key), values.encode(value)[0]] for key, value in self.metrics]
        return {**answer, "metrics": metrics}

    def call(self, command):
        kept = self.lines.setdefault(command["line"], {})
        tool = self.tools[command["node"]]
        arguments = {}
        for name, given in command["arguments"].items():
            try:
                arguments[name] = self.argument(kept, given, tool.classes.get(name))
            except values.Missing:
                return {"error": {"kind": "reference", "argument": name}}
        try:
            function = tool.bind(arguments)
            result = settle(function(**arguments))
        except BaseException as error:
            return {"error": tool_files.describe_error(error)}
        kept[command["node"]] = result
        return {"ok": answer_value(result)}

    def argument(self, kept, given, classes):
        if "value" in given:
            return values.decode(given["value"])
        if "connection" in given:
            return tool_files.make_connection(given["connection"], classes)
        value = values.follow(kept[given["node"]], given["path"])
        return iter(value) if isinstance(value, values.Chunks) else value

    def do_get(self, command):
        try:
            kept = self.lines[command["line"]][command["node"]]
            return {"ok": answer_value(values.follow(kept, command["path"]))}
        except values.Missing:
            return {"error": {"kind": "reference"}}

    def do_forget(self, command):
        self.lines.pop(command["line"], None)
        return {"ok": None}


def is_installed(module):
    """An installed promptflow is a namespace package, which any regular package would hide."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def answer_value(value):
    encoded, faithful = values.encode(value)
    return {"value": encoded, "faithful": faithful}


def settle(result):
    """Awaits what is awaitable and drains generators, so that their errors belong to this node."""
    if inspect.isawaitable(result):
        result = asyncio.run(wait_for(result))
    if inspect.isasyncgen(result):
        return asyncio.run(values.drain_async(result))
    if inspect.isgenerator(result):
        return values.Chunks(result)
    return result


async def wait_for(awaitable):
    result = await awaitable
    return await values.drain_async(result) if inspect.isasyncgen(result) else result
