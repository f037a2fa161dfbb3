"""Tools that installed packages bring, found by their entry points as prompt flow finds them."""

import importlib
import importlib.metadata

from flowgate_worker.tool_files import LoadedTool, ToolProblem


class PromptTool(LoadedTool):
    """A tool that is handed its template: a custom_llm node."""

    def __init__(self, function, owner, template):
        super().__init__(function, owner)
        with open(template, encoding="utf-8") as file:
            self.template = file.read()

    def bind(self, arguments):
        parameters = [p["name"] for p in self.describe()["parameters"] if p["type"] == "prompt_template"]
        for name in parameters[:1] or ["prompt"]:
            arguments[name] = self.template
        return super().bind(arguments)


def load(tool, template):
    described = list_tools().get(tool)
    if described is None:
        raise ToolProblem(
            "PackageToolNotFoundError",
            f"Package tool '{tool}' is not found in the current environment. Install the package that brings it "
            "into the Python that Flowgate uses, or use a python node with a file of its own.",
        )
    module = importlib.import_module(described["module"])
    owner = getattr(module, described["class_name"]) if described.get("class_name") else None
    function = getattr(owner or module, described["function"])
    return PromptTool(function, owner, template) if template else LoadedTool(function, owner)


def list_tools():
    found = importlib.metadata.entry_points()
    points = found.select(group="package_tools") if hasattr(found, "select") else found.get("package_tools", [])
    tools = {}
    for point in points:
        tools.update(point.load()())
    return tools
