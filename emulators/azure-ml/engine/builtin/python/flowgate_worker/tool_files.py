"""Loading a tool file, finding its one tool, and describing what goes wrong."""

import importlib.util
import inspect
import os
import sys
import traceback
import typing

from flowgate_worker import values

MODULE_NAME = "__pf_main__"
NAMED_HINTS = {"Image": "image", "PromptTemplate": "prompt_template"}
HINT_TYPES = {int: "int", float: "double", bool: "bool", str: "string", list: "list"}


class ToolProblem(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class LoadedTool:
    def __init__(self, function, owner=None):
        self.function = function
        self.owner = owner
        self.instance = None
        # Parameter → the connection classes in its hint.
        self.classes = {}

    def describe(self):
        parameters = describe_parameters(self.function, skip_self=self.owner is not None)
        constructor = describe_parameters(self.owner.__init__, True) if self.owner else []
        for parameter in [*parameters, *constructor]:
            self.classes[parameter["name"]] = parameter.pop("classes")
        return {"parameters": parameters, "construction": constructor}

    def bind(self, arguments):
        """The function to call; takes the constructor's arguments out of `arguments`."""
        if self.owner is None:
            return self.function
        names = {parameter["name"] for parameter in describe_parameters(self.owner.__init__, True)}
        given = {name: arguments.pop(name) for name in list(arguments) if name in names}
        if self.instance is None:
            self.instance = self.owner(**given)
        return getattr(self.instance, self.function.__name__)

    def outputs(self, result):
        return result


def load(node, path):
    name = os.path.basename(path)
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path)
    if spec is None:
        raise ToolProblem("PythonLoaderNotFound", f"{name} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE_NAME] = module
    spec.loader.exec_module(module)
    tools = list(find_tools(module))
    if not tools:
        raise ToolProblem("NoToolDefined", f"No tool found in {name}. Decorate one function with @tool.")
    if len(tools) > 1:
        names = ", ".join(tool.function.__name__ for tool in tools)
        raise ToolProblem(
            "MultipleToolsDefined",
            f"Expected 1 tool in {name} but found {len(tools)}: {names}. Keep one @tool in a file.",
        )
    return tools[0]


def find_tools(module):
    for item in list(vars(module).values()):
        if inspect.isfunction(item):
            if is_tool(item, module):
                yield LoadedTool(item)
        elif inspect.isclass(item) and item.__module__ == module.__name__ and is_provider(item):
            for member in vars(item).values():
                if inspect.isfunction(member) and is_tool(member, module):
                    yield LoadedTool(member, item)


def is_tool(function, module):
    return hasattr(function, "__tool") and function.__module__ == module.__name__


def is_provider(owner):
    return any(base.__name__ == "ToolProvider" for base in owner.__mro__)


def describe_parameters(function, skip_self):
    signature = inspect.signature(function)
    try:
        hints = typing.get_type_hints(inspect.unwrap(function))
    except Exception:
        hints = {}
    parameters = list(signature.parameters.values())[1 if skip_self else 0 :]
    return [describe_parameter(parameter, hints) for parameter in parameters]


def describe_parameter(parameter, hints):
    hint = hints.get(parameter.name, parameter.annotation)
    collected = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    classes = connection_classes(hint)
    return {
        "name": parameter.name,
        "collected": collected,
        "hasDefault": parameter.default is not parameter.empty,
        "default": plain_default(parameter.default),
        "type": NAMED_HINTS.get(getattr(hint, "__name__", "")) or HINT_TYPES.get(hint, "object"),
        "connections": [option.__name__ for option in classes],
        "model": model_configuration(hint),
        "classes": classes,
    }


def plain_default(value):
    """The default where JSON can carry it, else null."""
    if value is inspect.Parameter.empty:
        return None
    encoded, faithful = values.encode(value)
    return encoded if faithful else None


def model_configuration(hint):
    """The name of the model configuration class in the hint."""
    name = getattr(hint, "__name__", "")
    return name if name in ("AzureOpenAIModelConfiguration", "OpenAIModelConfiguration") else None


def connection_classes(hint):
    options = typing.get_args(hint) or (hint,)
    return [option for option in options if is_connection_class(option)]


def is_connection_class(hint):
    return inspect.isclass(hint) and any(
        base.__name__ in ("_Connection", "CustomConnection") for base in hint.__mro__
    )


def make_connection(connection, wanted):
    """The connection as the parameter's hint wants it; a custom one becomes the hinted subclass."""
    import promptflow.connections

    if connection["type"] == "CustomConnection" and wanted:
        return wanted[0](**connection["value"])
    return getattr(promptflow.connections, connection["type"])(**connection["value"])


def make_model_configuration(name, fields):
    import promptflow.core

    return getattr(promptflow.core, name)(**fields)


def describe_load_error(error, node, folder):
    if isinstance(error, ToolProblem):
        return {"node": node["name"], "code": error.code, "message": str(error)}
    at = syntax_place(error) or user_place(error, folder)
    return {
        "node": node["name"],
        "code": "PythonLoadError",
        "type": type(error).__name__,
        "message": str(error),
        "file": at[0] if at else node.get("path", node.get("entry", node.get("tool"))),
        "line": at[1] if at else None,
        "module": error.name if isinstance(error, ModuleNotFoundError) else None,
    }


def syntax_place(error):
    if isinstance(error, SyntaxError) and error.filename:
        return os.path.basename(error.filename), error.lineno
    return None


def user_place(error, folder):
    """The deepest frame inside the flow folder: the line that the user can correct."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<") and os.path.abspath(frame.filename).startswith(folder + os.sep)
    ]
    return (os.path.relpath(frames[-1].filename, folder), frames[-1].lineno) if frames else None


OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INSTALLED_PROMPTFLOW = os.path.join("site-packages", "promptflow")


def is_of_user(frame):
    """Not this worker, the stand-in or prompt flow's own wrappers."""
    path = os.path.abspath(frame.filename)
    return not path.startswith(OWN_FOLDER + os.sep) and INSTALLED_PROMPTFLOW + os.sep not in path


def describe_error(error):
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_of_user(frame)]
    last = frames[-1] if frames else None
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)]
    lines += traceback.format_exception_only(type(error), error)
    return {
        "kind": "tool",
        "type": type(error).__name__,
        "message": str(error),
        "traceback": "".join(lines),
        "filename": last.filename if last else None,
        "lineno": last.lineno if last else None,
        "name": last.name if last else None,
    }
