"""Python whose venv and pip need neither network nor ensurepip: FAKE_PIP says how pip behaves."""

import os
import runpy
import sys

ARGUMENTS = sys.argv[1:]
FAILURES = {
    "no network": "WARNING: Retrying after connection broken by 'NewConnectionError(...)'\n"
    "ERROR: No matching distribution found for greeting",
    "unknown": "ERROR: Could not find a version that satisfies the requirement greeting==9 (from versions: 1.0)\n"
    "ERROR: No matching distribution found for greeting==9",
    "conflict": "ERROR: Cannot install greeting and other because these package versions have conflicting dependencies.\n"
    "ERROR: ResolutionImpossible: for help visit the documentation",
}


def make_environment(folder):
    if os.environ.get("FAKE_PIP") == "no venv":
        sys.exit("The virtual environment was not created successfully because ensurepip is not available.")
    os.makedirs(os.path.join(folder, "bin"))
    os.makedirs(os.path.join(folder, "site-packages"))
    python = os.path.join(folder, "bin", "python")
    with open(python, "w") as file:
        file.write(f'#!/bin/sh\nFAKE_FOLDER={folder} exec {sys.executable} {os.path.abspath(__file__)} "$@"\n')
    os.chmod(python, 0o755)


def install(arguments):
    behaviour = os.environ.get("FAKE_PIP", "")
    if behaviour in FAILURES:
        sys.exit(FAILURES[behaviour])
    with open(arguments[arguments.index("-r") + 1]) as file:
        lines = file.read().split("\n")
    for line in filter(None, lines):
        print("Collecting", line, flush=True)
    print("Using a wheel")
    packages = os.path.join(os.environ["FAKE_FOLDER"], "site-packages")
    with open(os.path.join(packages, "greeting.py"), "w") as file:
        file.write("WORD = 'hello'\n")
    print("Successfully installed greeting-1.0")


def run():
    if "FAKE_FOLDER" in os.environ:
        sys.path.append(os.path.join(os.environ["FAKE_FOLDER"], "site-packages"))
    if ARGUMENTS[:2] == ["-m", "venv"]:
        make_environment(ARGUMENTS[2])
    elif ARGUMENTS[:2] == ["-m", "pip"]:
        install(ARGUMENTS)
    elif ARGUMENTS[0] == "-c" and "purelib" in ARGUMENTS[1]:
        print(os.path.join(os.environ["FAKE_FOLDER"], "site-packages"))
    elif ARGUMENTS[0] == "-c":
        exec(ARGUMENTS[1])
    else:
        script = [argument for argument in ARGUMENTS if argument != "-B"]
        sys.argv = script
        sys.path.insert(0, os.path.dirname(os.path.abspath(script[0])))
        runpy.run_path(script[0], run_name="__main__")


run()
