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


OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
SHARED_FOLDER = os.path.join(os.path.dirname(os.path.dirname(OWN_FOLDER)), "python")


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
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != OWN_FOLDER]
    sys.dont_write_bytecode = True
    # Only while they are imported: the user's modules may have the same names.
    sys.path[:0] = [OWN_FOLDER, SHARED_FOLDER]
    from flowgate_pipes import take_over_pipes
    from flowgate_worker import host
    from flowgate_worker.commands import FlowWorker

    del sys.path[:2]
    commands, answers = take_over_pipes()
    streams = (sys.stdout, sys.stderr)
    host.speak_to(answers)
    worker = FlowWorker(os.path.join(OWN_FOLDER, "stand_in"))
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
