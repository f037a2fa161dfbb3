"""String types that only tell an editor what a parameter is."""


class Secret(str):
    pass


class FilePath(str):
    pass


class PromptTemplate(str):
    pass


class AssistantDefinition(dict):
    pass
