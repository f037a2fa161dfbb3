"""Prompty as code uses it: the engine that runs this process reads the file and asks the model."""

import asyncio
import dataclasses
import os

from flowgate_worker import host
from promptflow.core._model_configuration import AzureOpenAIModelConfiguration, OpenAIModelConfiguration
from promptflow.exceptions import UserErrorException


class Prompty:
    def __init__(self, path, model=None, **overrides):
        self.path = os.path.abspath(path)
        self._overrides = {**overrides, **({"model": _plain_model(model)} if model else {})}
        # A file that cannot be read is told where it is loaded, not where it is called.
        self._streams = self._ask("describe", {})["streams"]

    @classmethod
    def load(cls, source, **overrides):
        return cls(source, **overrides)

    def __call__(self, *args, **inputs):
        output = self._ask("call", _named(args, inputs))
        return iter([output]) if self._streams and isinstance(output, str) else output

    def render(self, *args, **inputs):
        return self._ask("render", _named(args, inputs))

    def _ask(self, what, inputs):
        return host.ask({"prompty": what, "path": self.path, "overrides": self._overrides, "inputs": inputs})


class AsyncPrompty(Prompty):
    async def __call__(self, *args, **inputs):
        return await asyncio.to_thread(super().__call__, *args, **inputs)


class Flow:
    @classmethod
    def load(cls, source, **overrides):
        if str(source).endswith(".prompty"):
            return Prompty.load(source, **overrides)
        raise UserErrorException(f"Flow.load can load a .prompty here, and {source} is none.")


class AsyncFlow:
    @classmethod
    def load(cls, source, **overrides):
        if str(source).endswith(".prompty"):
            return AsyncPrompty.load(source, **overrides)
        raise UserErrorException(f"AsyncFlow.load can load a .prompty here, and {source} is none.")


def _named(args, inputs):
    if args:
        raise UserErrorException("Prompty can only be called with keyword arguments.")
    return inputs


def _plain_model(model):
    return {**model, "configuration": _plain_configuration(model["configuration"])} if "configuration" in model else model


def _plain_configuration(configuration):
    types = {AzureOpenAIModelConfiguration: "azure_openai", OpenAIModelConfiguration: "openai"}
    kind = types.get(type(configuration))
    if kind is None:
        return configuration
    given = {key: value for key, value in dataclasses.asdict(configuration).items() if value is not None}
    # What the front matter says of another way to the model must not be mixed in.
    fields = [field.name for known in types for field in dataclasses.fields(known)]
    return {**dict.fromkeys(fields), **given, "type": kind}
