"""The commands that a worker answers: load the flow's tools, call one, give a value, forget a line."""

import asyncio
import collections.abc
import dataclasses
import importlib.util
import inspect
import os
import sys

from flowgate_worker import entries, package_tools, tool_files, values


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
                tool = load_tool(node, command["folder"])
                described[node["name"]] = tool.describe()
            except BaseException as error:
                return {"error": tool_files.describe_load_error(error, node, command["folder"])}
            self.tools[node["name"]] = tool
        self.collect_metrics()
        return {"ok": described}

    def collect_metrics(self):
        from promptflow._core.metric_logger import add_metric_logger

        def remember(key, value, variant_id=None):
            self.metrics.append([key, value])

        add_metric_logger(remember)

    def do_construct(self, command):
        """Builds the instance that a flex flow's class is called on."""
        entry = self.tools[command["node"]]
        try:
            entry.construct({name: self.argument({}, given, entry.classes.get(name)) for name, given in command["arguments"].items()})
        except BaseException as error:
            return {"error": tool_files.describe_error(error)}
        return {"ok": None}

    def do_aggregate(self, command):
        self.metrics = []
        try:
            result = settle(self.tools[command["node"]].aggregate(values.decode(command["results"])))
        except BaseException as error:
            return {"error": tool_files.describe_error(error), "metrics": []}
        logged = [*self.metrics, *(result.items() if isinstance(result, dict) else [])]
        metrics = [[str(key), values.encode(value)[0]] for key, value in logged]
        return {"ok": {"isDict": isinstance(result, dict)}, "metrics": metrics}

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
            result = tool.outputs(settle(function(**arguments)))
        except BaseException as error:
            return {"error": tool_files.describe_error(error)}
        kept[command["node"]] = result
        return {"ok": answer_value(result)}

    def argument(self, kept, given, classes):
        if "model" in given:
            return tool_files.make_model_configuration(given["model"], given["value"])
        if "value" in given:
            return values.decode(given["value"])
        if "connection" in given:
            return tool_files.make_connection(given["connection"], classes)
        value = values.follow(kept[given["node"]], given["path"])
        return value.take() if isinstance(value, values.Chunks) else value

    def do_get(self, command):
        try:
            kept = self.lines[command["line"]][command["node"]]
            return {"ok": answer_value(values.follow(kept, command["path"]))}
        except values.Missing:
            return {"error": {"kind": "reference"}}

    def do_forget(self, command):
        self.lines.pop(command["line"], None)
        return {"ok": None}


def load_tool(node, folder):
    if "entry" in node:
        return entries.load(node["entry"])
    if "tool" in node:
        return package_tools.load(node["tool"], node["template"] and os.path.join(folder, node["template"]))
    return tool_files.load(node["name"], os.path.join(folder, node["path"]))


def is_installed(module):
    """An installed promptflow is a namespace package, which any regular package would hide."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def answer_value(value):
    encoded, faithful = values.encode(value)
    return {"value": encoded, "faithful": faithful, "chunks": values.chunks_of(value)}


def settle(result):
    """Awaits what is awaitable and drains generators, so that their errors belong to this node."""
    if inspect.isawaitable(result):
        result = asyncio.run(wait_for(result))
    if isinstance(result, dict):
        return drain_items(result)
    if values.is_record(result):
        drained = drain_items(values.as_dict(result))
        return dataclasses.replace(result, **drained) if any_chunks(drained) else result
    return drain(result)


def drain(value):
    if inspect.isasyncgen(value):
        return asyncio.run(values.drain_async(value))
    return values.Chunks(value) if isinstance(value, collections.abc.Iterator) else value


def drain_items(held):
    drained = {key: drain(item) for key, item in held.items()}
    return drained if any_chunks(drained) else held


def any_chunks(held):
    return any(isinstance(item, values.Chunks) for item in held.values())


async def wait_for(awaitable):
    result = await awaitable
    return await values.drain_async(result) if inspect.isasyncgen(result) else result
