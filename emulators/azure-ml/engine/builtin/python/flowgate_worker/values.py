"""Values on their way between Python and JSON, and property paths into them."""

import base64
import dataclasses
import datetime
import hashlib
import json
import math

FLOAT_KEY = "\0float"
IMAGE_KEY = "\0image"


class Missing(Exception):
    """A property path leads nowhere."""


class Chunks(list):
    """What is left of what a generator gave: like the generator, it can be read once."""

    def take(self):
        while self:
            yield self.pop(0)


async def drain_async(generator):
    return Chunks([chunk async for chunk in generator])


def chunks_of(value):
    """The pieces that a generator gave, by their key in the value; "" is the value itself."""
    if is_record(value):
        value = as_dict(value)
    held = value if isinstance(value, dict) else {"": value}
    return {str(key): [encode(chunk)[0] for chunk in item] for key, item in held.items() if isinstance(item, Chunks)}


def encode(value):
    """The JSON form, and whether JSON can carry the value at all (else it holds its repr)."""
    state = {"faithful": True}
    try:
        return encode_into(value, state), state["faithful"]
    except Exception:
        # Circular or too deep, or a repr that raises.
        return safe_repr(value), False


def safe_repr(value):
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"


def encode_into(value, state):
    if value is None or isinstance(value, (bool, str)):
        return value if not isinstance(value, str) else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) and not value.is_integer() else {FLOAT_KEY: repr(float(value))}
    if isinstance(value, int):
        return int(value)
    if isinstance(value, bytes) and hasattr(value, "_mime_type"):
        content = base64.b64encode(value).decode()
        return {IMAGE_KEY: [value._mime_type, content, value.source_url, hashlib.sha1(value).hexdigest()[:8]]}
    if isinstance(value, Chunks):
        return "".join(str(chunk) for chunk in value)
    if isinstance(value, dict):
        return {encode_key(key): encode_into(item, state) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode_into(item, state) for item in value]
    state["faithful"] = False
    if is_record(value):
        return encode_into(as_dict(value), state)
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else repr(value)


def is_record(value):
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def as_dict(value):
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def encode_key(key):
    return key if isinstance(key, str) else json.dumps(key) if isinstance(key, (bool, int, float, type(None))) else str(key)


def decode(value):
    if isinstance(value, dict):
        if FLOAT_KEY in value:
            return float(value[FLOAT_KEY])
        if IMAGE_KEY in value:
            return make_image(*value[IMAGE_KEY])
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def make_image(mime, content, url, _hash):
    from promptflow.contracts.multimedia import Image

    return Image(base64.b64decode(content), mime, url)


def follow(value, path):
    for token in path:
        try:
            if isinstance(token, int) or isinstance(value, dict):
                value = value[token]
            else:
                value = getattr(value, token)
        except (KeyError, IndexError, AttributeError, TypeError) as error:
            raise Missing(str(token)) from error
    return value
