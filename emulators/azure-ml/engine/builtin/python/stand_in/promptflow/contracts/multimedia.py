"""Pictures and texts as tools get and return them."""

import base64
import hashlib

_SIGNATURES = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"RIFF", "image/webp"),
)


class PFBytes(bytes):
    def __new__(cls, value, *_args, **_named):
        return super().__new__(cls, value)

    def __init__(self, value, mime_type, source_url=None):
        self._hash = hashlib.sha1(value).hexdigest()[:8]
        self._mime_type = mime_type.lower()
        self._source_url = source_url

    @property
    def source_url(self):
        return self._source_url

    def to_base64(self, with_type=False):
        content = base64.b64encode(self).decode()
        return f"data:{self._mime_type};base64,{content}" if with_type else content


class Image(PFBytes):
    def __init__(self, value, mime_type=None, source_url=None):
        super().__init__(value, mime_type or _guess(value), source_url)

    def __str__(self):
        return f"Image({self._hash})"

    __repr__ = __str__

    def serialize(self, encoder=None):
        return str(self) if encoder is None else encoder(self)


def _guess(value):
    return next((mime for start, mime in _SIGNATURES if value.startswith(start)), "image/*")


class Text(str):
    """A text with annotations, as an assistant answers it."""

    def __new__(cls, value, annotations=None):
        text = super().__new__(cls, value)
        text._annotations = annotations
        return text
