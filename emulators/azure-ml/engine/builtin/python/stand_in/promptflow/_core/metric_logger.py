"""Metrics go to whoever listens; without a listener they are ignored."""

import inspect

_listeners = []


def add_metric_logger(listener):
    if listener not in _listeners:
        _listeners.append(listener)


def log_metric(key, value, variant_id=None):
    for listener in _listeners:
        if len(inspect.signature(listener).parameters) == 2:
            listener(key, value)
        else:
            listener(key, value, variant_id)
