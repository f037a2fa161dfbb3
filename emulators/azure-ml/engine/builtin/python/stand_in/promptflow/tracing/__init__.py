"""Tracing that traces nothing."""


def trace(func=None, **_options):
    return (lambda function: function) if func is None else func


def start_trace(**_options):
    return None
