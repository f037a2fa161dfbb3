"""The decorator that marks a function as a node's tool."""

import functools
import inspect


def tool(func=None, *, name=None, description=None, type=None, input_settings=None, **extra):
    """Marks `func`; works with and without parentheses, on functions and methods, sync and async."""

    def mark(function):
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def called(*args, **kwargs):
                return await function(*args, **kwargs)

        else:

            @functools.wraps(function)
            def called(*args, **kwargs):
                return function(*args, **kwargs)

        setattr(called, "__tool", None)
        return called

    return mark if func is None else mark(func)


class ToolProvider:
    """Base of classes whose decorated method is a tool; the constructor takes node inputs too."""


class InputSetting:
    def __init__(self, **settings):
        self.__dict__.update(settings)
