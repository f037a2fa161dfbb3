class Image(bytes):
    """Bytes of a picture; the builtin engine passes image references through unread."""

    def __new__(cls, value=b"", mime_type="image/*", source_url=None):
        image = super().__new__(cls, value)
        image._mime_type = mime_type
        image.source_url = source_url
        return image
