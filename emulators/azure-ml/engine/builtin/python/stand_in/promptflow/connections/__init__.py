"""The connection classes, as plain objects with the fields of the connection."""


class _Connection:
    def __init__(self, *, secrets=None, configs=None, name=None, **fields):
        self.name = name
        self.secrets = dict(secrets or {})
        self.configs = dict(configs or {})
        self.type = type(self).__name__
        for key, value in fields.items():
            setattr(self, key, value)

    def items(self):
        return [(key, value) for key, value in vars(self).items() if not key.startswith("_")]

    def keys(self):
        return [key for key, _ in self.items()]

    def __getitem__(self, key):
        return dict(self.items())[key]


class AzureOpenAIConnection(_Connection):
    api_key = None
    api_base = None
    api_type = "azure"
    api_version = None
    auth_mode = "key"
    resource_id = None


class OpenAIConnection(_Connection):
    api_key = None
    organization = None
    base_url = None


class ServerlessConnection(_Connection):
    api_key = None
    api_base = None


class CognitiveSearchConnection(_Connection):
    pass


class AzureAIServicesConnection(_Connection):
    pass


class AzureContentSafetyConnection(_Connection):
    pass


class FormRecognizerConnection(_Connection):
    pass


class SerpConnection(_Connection):
    pass


class QdrantConnection(_Connection):
    pass


class WeaviateConnection(_Connection):
    pass


class CustomConnection(_Connection):
    """Attributes and items read `secrets` first, then `configs`."""

    def __getattr__(self, key):
        for held in (self.__dict__.get("secrets", {}), self.__dict__.get("configs", {})):
            if key in held:
                return held[key]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{key}'")

    def __getitem__(self, key):
        for held in (self.secrets, self.configs):
            if key in held:
                return held[key]
        raise KeyError(key)

    def items(self):
        return [*self.configs.items(), *self.secrets.items()]

    def is_secret(self, key):
        return key in self.secrets


class CustomStrongTypeConnection(CustomConnection):
    pass
