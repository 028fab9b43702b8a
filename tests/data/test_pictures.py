"""One photograph: every format, mode and orientation against plain Pillow, and real photographs."""

import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from pellucid.data.picture_formats import HEAD_BYTES, MAX_PIXELS, looks_like_picture
from pellucid.data.pictures import decode_picture
from pellucid.errors import MissingPackageError, OptionError

BICUBIC = Image.Resampling.BICUBIC
SIZE = (23, 17)
WHITE = np.full(3, 255)


def colours(size: tuple[int, int] = SIZE, bands: int = 3) -> np.ndarray:
    """(height, width, bands) uint8: smooth, and unlike itself however it is turned."""
    y, x = np.mgrid[: size[1], : size[0]]
    planes = [7 * x + y, 3 * y + 40, x * y // 2, 11 * x + 5 * y]
    return np.stack(planes[:bands], axis=-1).astype(np.uint8)


def photograph(size: tuple[int, int] = SIZE) -> Image.Image:
    return Image.fromarray(colours(size))


def plain(path: Path, mode: str, size: tuple[int, int]) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert(mode).resize(size, BICUBIC))


@pytest.mark.parametrize("size", [(64, 64), SIZE, (5, 40), (1, 1)])
@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".jpg", {}),
        (".jpg", {"progressive": True, "quality": 40}),
        (".png", {}),
        (".bmp", {}),
        (".webp", {}),
        (".webp", {"lossless": True}),
    ],
)
def test_every_format_is_what_pillow_makes_of_it(
    tmp_path: Path, suffix: str, options: dict, size: tuple[int, int]
) -> None:
    path = tmp_path / f"a{suffix}"
    photograph().save(path, **options)
    assert looks_like_picture(path.read_bytes()[:HEAD_BYTES])
    w, h = size
    found = decode_picture(path, (h, w, 3))
    assert (found.shape, found.dtype) == ((h, w, 3), np.uint8)
    np.testing.assert_array_equal(found, plain(path, "RGB", size))
    np.testing.assert_array_equal(decode_picture(str(path), (h, w)), plain(path, "L", size))


def test_a_picture_of_the_right_size_is_untouched(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    photograph().save(path)
    found = decode_picture(path, (*SIZE[::-1], 3))
    np.testing.assert_array_equal(found, colours())
    assert found.flags.writeable


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    photograph().save(path, format="WEBP", lossless=True)
    np.testing.assert_array_equal(decode_picture(path, (*SIZE[::-1], 3)), colours())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_every_orientation_is_turned_upright(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = tmp_path / f"a{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    photograph().save(path, exif=exif)
    np.testing.assert_array_equal(decode_picture(path, (12, 30, 3)), plain(path, "RGB", (30, 12)))
    with Image.open(path) as image:
        swapped = orientation >= 5
        upright = ImageOps.exif_transpose(image)
        assert upright.size == (SIZE[::-1] if swapped else SIZE)
        # The right size, and so nothing else that could hide a wrong turn.
        found = decode_picture(path, (upright.height, upright.width, 3))
        np.testing.assert_array_equal(found, np.asarray(upright.convert("RGB")))


def test_an_orientation_of_xmp_alone_is_turned_too(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    photograph().save(path, xmp=b'<x:xmpmeta tiff:Orientation="6"/>')
    np.testing.assert_array_equal(decode_picture(path, (12, 30, 3)), plain(path, "RGB", (30, 12)))
    with Image.open(path) as image:
        assert image.getexif()[0x0112] == 6


@pytest.mark.parametrize("exif", [b"Exif\0\0II*\0", b"Exif\0\0nothing at all", b"Exif\0\0"])
def test_damaged_exif_says_nothing_against_the_pixels(tmp_path: Path, exif: bytes) -> None:
    path = tmp_path / "a.jpg"
    photograph().save(path, exif=exif, dpi=(72, 72))
    with Image.open(path) as image:
        expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(decode_picture(path, expected.shape), expected)


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    bits = (colours()[..., 0] > 80).astype(np.uint8) * 255
    for suffix in (".png", ".bmp"):
        path = tmp_path / f"a{suffix}"
        Image.fromarray(bits).convert("1").save(path)
        np.testing.assert_array_equal(decode_picture(path, bits.shape), bits)
        np.testing.assert_array_equal(decode_picture(path, (*bits.shape, 3)), np.stack([bits] * 3, -1))


def test_grey_becomes_three_equal_colours(tmp_path: Path) -> None:
    grey = colours()[..., 0]
    for suffix in (".png", ".bmp", ".jpg"):
        path = tmp_path / f"a{suffix}"
        Image.fromarray(grey).save(path)
        found = decode_picture(path, (*grey.shape, 3))
        np.testing.assert_array_equal(found, plain(path, "RGB", SIZE))
        assert (found == found[..., :1]).all()


def test_sixteen_bits_keep_their_upper_eight(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    values = np.arange(0, 65536, 150, dtype=np.uint16)[:437].reshape(19, 23)
    Image.fromarray(values).save(path)
    with Image.open(path) as image:
        assert image.mode == "I;16"
    np.testing.assert_array_equal(decode_picture(path, values.shape), values >> 8)
    np.testing.assert_array_equal(decode_picture(path, (19, 23, 3))[..., 2], values >> 8)


def test_the_transparent_grey_of_sixteen_bits_is_white(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    values = np.array([[0, 300, 65535], [300, 256, 512]], np.uint16)
    Image.fromarray(values).save(path, transparency=300)
    np.testing.assert_array_equal(decode_picture(path, (2, 3)), [[0, 255, 255], [255, 1, 2]])


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_transparency_lies_over_white(tmp_path: Path, suffix: str, mode: str) -> None:
    path = tmp_path / f"a{suffix}"
    pixels = colours(bands=4)
    pixels[:5, :, 3], pixels[5:9, :, 3] = 0, 255
    image = Image.fromarray(pixels).convert(mode)
    image.save(path, lossless=True)
    raw = np.asarray(image.convert("RGBA")).astype(float)
    alpha = raw[..., 3:] / 255
    expected = raw[..., :3] * alpha + 255 * (1 - alpha)
    found = decode_picture(path, (*SIZE[::-1], 3))
    assert np.abs(found - expected).max() <= 1
    assert (found[:5] == WHITE).all()
    np.testing.assert_array_equal(found[5:9], raw[5:9, :, :3])


def test_palettes_with_and_without_transparency(tmp_path: Path) -> None:
    indices = (colours()[..., 0] % 4).astype(np.uint8)
    palette = np.array([[200, 10, 10], [10, 200, 10], [10, 10, 200], [90, 90, 90]], np.uint8)
    image = Image.fromarray(indices)
    image.putpalette(palette.tobytes())
    opaque, index, table = (tmp_path / f"{name}.png" for name in ("opaque", "index", "table"))
    image.save(opaque)
    image.save(index, transparency=2)
    image.save(table, transparency=bytes([255, 0, 255, 128]))
    image.save(tmp_path / "a.bmp")
    shape = (*SIZE[::-1], 3)
    np.testing.assert_array_equal(decode_picture(opaque, shape), palette[indices])
    np.testing.assert_array_equal(decode_picture(tmp_path / "a.bmp", shape), palette[indices])
    palette[2] = 255
    np.testing.assert_array_equal(decode_picture(index, shape), palette[indices])
    palette[1:] = [[255] * 3, [10, 10, 200], [172] * 3]
    assert np.abs(decode_picture(table, shape).astype(int) - palette[indices]).max() <= 1


def test_one_transparent_colour_is_white(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    pixels = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    Image.fromarray(pixels).save(path, transparency=(4, 5, 6))
    np.testing.assert_array_equal(decode_picture(path, (1, 2, 3)), [[[1, 2, 3], [255] * 3]])


def test_four_inks_are_three_colours(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(path, quality=100)
    red = decode_picture(path, (8, 8, 3))
    np.testing.assert_array_equal(red, plain(path, "RGB", (8, 8)))
    assert np.abs(red.astype(int) - [255, 0, 0]).max() <= 3


def test_of_an_animation_the_first_frame_is_read(tmp_path: Path) -> None:
    for suffix in (".png", ".webp"):
        path = tmp_path / f"a{suffix}"
        photograph().save(path, save_all=True, append_images=[Image.new("RGB", SIZE)], lossless=True)
        np.testing.assert_array_equal(decode_picture(path, (*SIZE[::-1], 3)), colours())


def test_the_pictures_of_a_stereo_camera_are_read_as_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    photograph().save(path, format="MPO", save_all=True, append_images=[Image.new("RGB", SIZE)])
    np.testing.assert_array_equal(decode_picture(path, (9, 9, 3)), plain(path, "RGB", (9, 9)))


def test_real_photographs_are_what_pillow_makes_of_them(data_root: Path) -> None:
    paths = sorted((data_root / "cats_dogs" / "test").glob("*.jpg"))[::10]
    assert len(paths) == 10
    for path in paths:
        with Image.open(path) as image:
            expected = np.asarray(image.convert("RGB").resize((64, 64), BICUBIC))
        np.testing.assert_array_equal(decode_picture(path, (64, 64, 3)), expected)


def test_many_threads_agree_with_one(data_root: Path) -> None:
    paths = sorted((data_root / "cats_dogs" / "test").glob("cat.*.jpg"))[:6]
    alone = [decode_picture(path, (20, 30, 3)) for path in paths]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            together = list(pool.map(lambda path: decode_picture(path, (20, 30, 3)), paths))
            np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("shape", [(), (64,), (0, 4, 3), (4, 4, 4), (9999, 4, 3), (4, 4, 3, 1)])
def test_a_shape_that_no_picture_has_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(OptionError, match="shape"):
        decode_picture(tmp_path / "missing.jpg", shape)


def test_a_missing_pillow_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "pellucid.data.decoding", raising=False)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingPackageError, match=r"reading pictures needs Pillow.*pellucid\[images\]"):
        decode_picture(tmp_path / "a.jpg", (4, 4, 3))


def test_pillow_is_loaded_with_the_first_picture_only() -> None:
    code = "import sys, pellucid.data.folders; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_pillows_settings_and_the_warnings_stay_as_they_were(tmp_path: Path) -> None:
    from PIL import ImageFile

    path = tmp_path / "a.jpg"
    photograph().save(path)
    before = list(warnings.filters)
    decode_picture(path, (4, 4, 3))
    assert list(warnings.filters) == before
    # Their initial values: an earlier test may have decoded something.
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES) == (MAX_PIXELS, False)


def test_what_a_picture_looks_like(tmp_path: Path) -> None:
    for form in ("JPEG", "PNG", "BMP", "WEBP"):
        path = tmp_path / form
        photograph().save(path, format=form)
        assert looks_like_picture(path.read_bytes()[:HEAD_BYTES])
    for head in (
        b"",
        b"BMI,age,income\n21.5,40,1000\n",
        b"GIF89a" + bytes(26),
        b"\x89HDF\r\n\x1a\n",
        b"RIFF",
    ):
        assert not looks_like_picture(head)
