"""Questions to the engine while a command runs: it knows models and templates, this process does not."""

import itertools
import json
import queue
import threading

from flowgate_worker import values

_numbers = itertools.count()
_waiting = {}
_lock = threading.Lock()
_answers = None


def speak_to(answers):
    global _answers
    _answers = answers


def write(message):
    """One line; threads of the user's code may ask at the same time."""
    with _lock:
        _answers.write(json.dumps(message) + "\n")
        _answers.flush()


def ask(question):
    from promptflow.exceptions import UserErrorException

    number = next(_numbers)
    reply = _waiting[number] = queue.SimpleQueue()
    write({"ask": number, "question": values.encode(question)[0]})
    answer = reply.get()
    del _waiting[number]
    if "error" in answer:
        raise UserErrorException(answer["error"])
    return values.decode(answer["ok"])


def hear(message):
    """Gives a reply to the thread that waits for it."""
    _waiting[message["reply"]].put(message)
