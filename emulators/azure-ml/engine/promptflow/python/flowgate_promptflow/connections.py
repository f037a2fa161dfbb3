"""Connections as Flowgate knows them; for models that nobody defined, the offline model."""

import json
import os
import sys

from promptflow.contracts.tool import ConnectionType
from promptflow.core import _prompty_utils
from promptflow.core._connection_provider._connection_provider import ConnectionProvider
from promptflow.core._connection_provider._dict_connection_provider import DictConnectionProvider
from promptflow.executor._tool_resolver import ToolResolver

FILE_VARIABLE = "FLOWGATE_CONNECTIONS_FILE"
MODELS = ("AzureOpenAIConnection", "OpenAIConnection")


class Connections(DictConnectionProvider):
    def __init__(self, known, offline):
        super().__init__({name: as_prompt_flow_wants(connection) for name, connection in known.items()})
        self.offline = offline
        self.warned = set()
        # Connection classes that the parameter now being filled accepts.
        self.wanted = ()

    def get(self, name):
        if not isinstance(name, str) or name in self._connections:
            return super().get(name)
        model = next((kind for kind in self.wanted if kind in MODELS), None)
        if model is None and self.wanted:
            return super().get(name)
        self.warn(name)
        return self._build_connection({"name": name, **self.offline["connections"][model or self.offline["type"]]})

    def field_of(self, text):
        """`${name.field}` is that field of a connection; any other text is itself."""
        name, _, field = text[2:-1].partition(".")
        known = self._connections.get(name) if text.startswith("${") and text.endswith("}") else None
        value = getattr(known, field, None)
        return text if value is None else str(value)

    def warn(self, name):
        if name in self.warned or ConnectionType.is_connection_value(name):
            return
        self.warned.add(name)
        url = self.offline["url"]
        print(f"WARNING: connection '{name}' is not defined here; the model at {url} answers in its place.", file=sys.stderr)


def as_prompt_flow_wants(connection):
    """A custom connection is flat there, with the names of its secrets beside it."""
    value = connection["value"]
    if connection["type"] == "CustomConnection" and isinstance(value.get("secrets"), dict):
        secrets = value["secrets"]
        return {**connection, "value": {**(value.get("configs") or {}), **secrets}, "secret_keys": list(secrets)}
    return connection


def provide_connections():
    """The provider of this process; connections by name go through it wherever prompt flow looks them up."""
    with open(os.environ[FILE_VARIABLE], encoding="utf-8") as file:
        given = json.load(file)
    provider = Connections(given["known"], given["offline"])
    ConnectionProvider._instance = provider
    return provider


def connection_of_prompty(name):
    """As prompty wants it: fields and type. It would ask the database of prompt flow's client."""
    connection = ConnectionProvider.get_instance().get(name)
    return {**connection.configs, **connection.secrets}, connection.TYPE


_prompty_utils.get_connection_by_name = connection_of_prompty


def tell_what_is_wanted(convert):
    def wrapper(self, key, value, node_name, conn_types):
        provider = self._connection_provider
        if not isinstance(provider, Connections):
            return convert(self, key, value, node_name, conn_types)
        provider.wanted = [getattr(kind, "value", kind) for kind in conn_types]
        try:
            return convert(self, key, value, node_name, conn_types)
        finally:
            provider.wanted = ()

    return wrapper


ToolResolver._convert_to_connection_value = tell_what_is_wanted(ToolResolver._convert_to_connection_value)
