"""The format of a picture, recognised by its first bytes, never by its name."""

# How many of a file's first bytes `looks_like_picture` needs.
HEAD_BYTES = 32
# A quarter of a gigabyte as RGB: where Pillow, too, begins to suspect a decompression bomb.
MAX_PIXELS = 89_478_485
EXPECTED = "a JPEG, PNG, BMP or WebP picture"


def looks_like_picture(head: bytes) -> bool:
    """Whether a file that begins with `head` (`HEAD_BYTES` of it, or all) is of a supported format."""
    return picture_format(head) is not None


def picture_format(head: bytes) -> str | None:
    """The format of a file that begins with `head`: JPEG, PNG, WebP, BMP, or None."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WebP"
    # "BM" alone may begin a table ("BMI,age,..."): the size of the second header decides.
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 64, 108, 124):
        return "BMP"
    return None
