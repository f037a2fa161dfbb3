"""Says which of the requirements given as a JSON list are not installed, and where packages lie."""

import importlib.metadata
import json
import re
import sys

try:
    from packaging.requirements import Requirement
except ImportError:
    try:
        from pip._vendor.packaging.requirements import Requirement
    except ImportError:
        Requirement = None


def is_there(text, extra=""):
    if Requirement is None:
        # Without packaging nobody can tell whether a marker applies, and without pip nothing could be done about it.
        return ";" in text or is_installed(re.split(r"[^A-Za-z0-9._-]", text.strip(), maxsplit=1)[0])
    requirement = Requirement(text)
    if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
        return True
    if not is_installed(requirement.name):
        return False
    distribution = importlib.metadata.distribution(requirement.name)
    if not requirement.specifier.contains(distribution.version, prereleases=True):
        return False
    return all(is_there(needed, wanted) for wanted in requirement.extras for needed in needed_for(distribution, wanted))


def is_installed(name):
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def needed_for(distribution, extra):
    """What only this extra asks for."""
    texts = distribution.requires or []
    return [text for text in texts if "extra" in text and not Requirement(text).marker.evaluate({"extra": ""})]


def answer(texts):
    missing = []
    for text in texts:
        try:
            there = is_there(text)
        except ValueError:
            # pip says what is wrong with it.
            there = False
        if not there:
            missing.append(text)
    return {"missing": missing, "folders": [path for path in sys.path if path.endswith("-packages")]}


print(json.dumps(answer(json.loads(sys.argv[1]))))
