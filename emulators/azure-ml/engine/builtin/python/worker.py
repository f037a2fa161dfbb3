"""Runs the python nodes of one flow for the builtin engine.

Reads one JSON object a line from the pipe that was stdin, answers one a line on the pipe that was
stdout. Needs the standard library only.
"""

import json
import os
import queue
import signal
import sys
import threading


def take_over_pipes():
    """Keeps the pipes for the protocol, so that nothing the user's code prints can break it."""
    commands = os.fdopen(os.dup(0), "r", encoding="utf-8", newline="\n")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    return commands, answers


def read_ahead(commands, waiting, hear):
    """Reads beside the user's code, so that the process ends with its parent whatever it is doing."""
    for line in commands:
        message = json.loads(line)
        if "reply" in message:
            hear(message)
        else:
            waiting.put(message)
    os._exit(0)


def main():
    # Ctrl-C reaches the whole process group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commands, answers = take_over_pipes()
    streams = (sys.stdout, sys.stderr)
    own_folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != own_folder]
    sys.dont_write_bytecode = True
    sys.path.insert(0, own_folder)
    from flowgate_worker import host
    from flowgate_worker.commands import FlowWorker

    sys.path.remove(own_folder)
    host.speak_to(answers)
    worker = FlowWorker(os.path.join(own_folder, "stand_in"))
    waiting = queue.SimpleQueue()
    threading.Thread(target=read_ahead, args=(commands, waiting, host.hear), daemon=True).start()
    while True:
        command = waiting.get()
        mark("start", command)
        answer = worker.answer(command)
        # User code may have replaced them.
        sys.stdout, sys.stderr = streams
        for stream in streams:
            stream.flush()
        mark("end", command)
        host.write({"id": command["id"], **answer})


def mark(what, command):
    """Tells the reader of the log which call the text between two marks belongs to."""
    os.write(2, f"\x1e{what} {command['id']}\n".encode())


if __name__ == "__main__":
    main()
