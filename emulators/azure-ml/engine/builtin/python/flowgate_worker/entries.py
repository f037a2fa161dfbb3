"""The entry of a flex flow: a function, or a class whose instance is called for every line."""

import importlib
import inspect

from flowgate_worker.tool_files import ToolProblem, describe_parameters
from flowgate_worker.values import as_dict, is_record


class Row(dict):
    """A line's outputs as `__aggregate__` sees them: keys are attributes too."""

    def __getattr__(self, key):
        try:
            return self[key]
        except KeyError:
            raise AttributeError(key) from None


class LoadedEntry:
    def __init__(self, found, name):
        self.owner = found if inspect.isclass(found) else None
        self.function = found.__call__ if self.owner else found
        self.name = f"{name}.__call__" if self.owner else name
        self.instance = None
        # Parameter → the connection classes in its hint.
        self.classes = {}

    def describe(self):
        parameters = describe_parameters(self.function, skip_self=self.owner is not None)
        construction = describe_parameters(self.owner.__init__, True) if self.owner else []
        for parameter in [*parameters, *construction]:
            self.classes[parameter["name"]] = parameter.pop("classes")
        return {
            "parameters": parameters,
            "construction": construction,
            "name": self.name,
            "isClass": self.owner is not None,
            "aggregates": self.requires_aggregation(),
        }

    def requires_aggregation(self):
        aggregate = getattr(self.owner, "__aggregate__", None)
        if aggregate is None:
            return False
        if len(inspect.signature(aggregate).parameters) != 2:
            raise ToolProblem(
                "InvalidAggregationFunction",
                f"{self.owner.__name__}.__aggregate__ takes the list of results and nothing else: "
                "write 'def __aggregate__(self, results)'.",
            )
        return True

    def construct(self, arguments):
        self.instance = self.owner(**arguments)

    def bind(self, _arguments):
        return self.instance.__call__ if self.owner else self.function

    def outputs(self, result):
        """What a flex flow returns is its outputs: the fields of a dataclass."""
        return as_dict(result) if is_record(result) else result

    def aggregate(self, results):
        return self.instance.__aggregate__([Row(item) if isinstance(item, dict) else item for item in results])


def load(entry):
    module_name, _, name = entry.partition(":")
    found = getattr(importlib.import_module(module_name), name, None)
    if inspect.isclass(found):
        if any("__call__" in vars(base) for base in found.__mro__):
            return LoadedEntry(found, name)
        raise ToolProblem("PythonLoadError", f"The class '{name}' in '{module_name}' has no __call__ method. Add one.")
    if not inspect.isfunction(found):
        what = "is not there" if found is None else f"is a {type(found).__name__}"
        raise ToolProblem(
            "PythonLoadError",
            f"'{name}' in module '{module_name}' {what}. An entry names a function or a class, as 'module:name'.",
        )
    return LoadedEntry(found, name)

