"""Which model answers, and how it is reached."""

from dataclasses import dataclass


@dataclass
class AzureOpenAIModelConfiguration:
    azure_deployment: str
    azure_endpoint: str = None
    api_version: str = None
    api_key: str = None
    connection: str = None

    def __post_init__(self):
        _require_one_way(self.connection, self.azure_endpoint, self.api_version, self.api_key)

    @classmethod
    def from_connection(cls, connection, azure_deployment):
        return cls(azure_deployment, connection.api_base, connection.api_version, connection.api_key)


@dataclass
class OpenAIModelConfiguration:
    model: str
    base_url: str = None
    api_key: str = None
    organization: str = None
    connection: str = None

    def __post_init__(self):
        _require_one_way(self.connection, self.base_url, self.api_key, self.organization)

    @classmethod
    def from_connection(cls, connection, model):
        return cls(model, connection.base_url, connection.api_key, connection.organization)


def _require_one_way(connection, *fields):
    if connection and any(fields):
        raise ValueError("Cannot configure model config and connection at the same time.")
