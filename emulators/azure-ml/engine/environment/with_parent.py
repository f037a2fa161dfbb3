"""Runs a command that ends with whoever started it: once stdin closes, the process group is killed."""

import os
import signal
import subprocess
import sys
import threading


def watch():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=watch, daemon=True).start()
code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL)
# Not sys.exit: the thread above still reads.
os._exit(code)
