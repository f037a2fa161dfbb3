"""Runs one flow with prompt flow's own executor.

Reads one JSON object a line from the pipe that was stdin, answers one a line on the pipe that was
stdout. Needs promptflow; everything that it starts is in its process group and ends with it.
"""

import json
import os
import queue
import signal
import sys
import threading

OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [OWN_FOLDER, os.path.join(os.path.dirname(os.path.dirname(OWN_FOLDER)), "python")]

from flowgate_pipes import take_over_pipes


def read_ahead(commands, waiting):
    """Reads beside the flow, so that all processes end with the one that started this."""
    for line in commands:
        waiting.put(json.loads(line))
    os.killpg(0, signal.SIGKILL)


def main():
    commands, answers = take_over_pipes()
    waiting = queue.SimpleQueue()
    threading.Thread(target=read_ahead, args=(commands, waiting), daemon=True).start()
    from flowgate_promptflow.flow import FlowWorker
    from flowgate_promptflow.results import to_json

    lock = threading.Lock()

    def send(message):
        with lock:
            answers.write(to_json(message) + "\n")
            answers.flush()

    FlowWorker(send, waiting.get).work()


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    # A process of prompt flow's own pool: it has to know the connections too.
    from flowgate_promptflow.connections import provide_connections

    provide_connections()
