"""Decode one open picture file with Pillow. The only module that imports Pillow, so it is imported late.

The functions run in several threads at once, and change none of Pillow's global settings.
"""

from typing import Any, BinaryIO

import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.Image import Transpose
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pellucid.data.picture_formats import EXPECTED, HEAD_BYTES, MAX_PIXELS, picture_format
from pellucid.errors import FormatError
from pellucid.files.reading import shown

_ORIENTATION = 0x0112
# By EXIF orientation; 1 is upright, and anything else has no meaning.
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def decode(file: BinaryIO, name: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """The picture in `file`: decoded whole, upright, opaque, in 8 bits, converted and resized.

    Args:
        file: at its beginning, and seekable.
        name: of the file, for messages.
        shape: (height, width, 3) or (height, width).

    Returns:
        uint8 of `shape`.

    Raises:
        FormatError: it is not a picture of a supported format, too large, truncated or damaged.
    """
    try:
        image = _open(file, name)
        image.load()
        return _resized(_upright(image), shape)
    except FormatError:
        raise
    # On hostile bytes a decoder may raise any exception.
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise FormatError(
            f"{name} is a truncated or damaged picture ({shown(reason)}); expected {EXPECTED}: "
            "save it again, or remove it"
        ) from error


def _open(file: BinaryIO, name: str) -> ImageFile:
    """The picture with its header read, its size checked before the pixels are allocated."""
    head = file.read(HEAD_BYTES)
    kind = picture_format(head)
    if kind is None:
        raise FormatError(f"{name} is {_foreign_format(head)}; expected {EXPECTED}")
    file.seek(0)
    limit = f"expected at most {MAX_PIXELS:,} pixels: reduce it, or remove it"
    try:
        image = _reader(kind, file)
    except Image.DecompressionBombError as error:
        raise FormatError(f"{name} is too large to decode; {limit}") from error
    if image.width * image.height > MAX_PIXELS:
        raise FormatError(f"{name} has {image.width} x {image.height} pixels; {limit}")
    return image


def _reader(kind: str, file: BinaryIO) -> ImageFile:
    # The formats' own classes, because Image.open warns of large pictures before they can be refused,
    # and warnings belong to the whole process, not to one of its threads.
    if kind == "JPEG":
        return JpegImageFile(file)
    if kind == "PNG":
        return PngImageFile(file)
    if kind == "BMP":
        return BmpImageFile(file)
    return WebPImageFile(file)


def _foreign_format(head: bytes) -> str:
    """The probable format of an unsupported file, among those that people rename or forget to convert."""
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "a GIF picture"
    if head.startswith((b"II*\0", b"MM\0*")):
        return "a TIFF picture"
    if head[4:8] == b"ftyp":
        return "a HEIC or AVIF picture, or a film"
    return "not a picture"


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    # The pixels may be sound although the EXIF data are damaged.
    except Exception:
        return image
    return image if turn is None else image.transpose(turn)


def _resized(image: Image.Image, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    mode = "RGB" if len(shape) == 3 else "L"
    if image.mode != mode:
        image = image.convert(mode)
    return np.array(image.resize((shape[1], shape[0]), Image.Resampling.BICUBIC))


def _eight_bits(image: Image.Image) -> Image.Image:
    """A 16-bit grey picture by its upper bytes; Pillow's own conversion would clip it at 255."""
    values = np.asarray(image)
    grey = Image.fromarray((values >> 8).astype(np.uint8))
    transparent = image.info.get("transparency")
    if transparent is not None:
        grey.putalpha(Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8)))
    return grey
