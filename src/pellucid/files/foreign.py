"""Descriptions of files that are not model files, for error messages; they decide nothing."""

_EXPECTED = "expected a model saved by Pellucid"
_NO_PICKLES = f"Pellucid never loads pickles: {_EXPECTED}"

# The first bytes of a file, and what they mean. A zip archive needs a second look.
_SIGNATURES = (
    (b"\x80\x01", f"is a pickle; {_NO_PICKLES}"),
    (b"\x80\x02", f"is a pickle; {_NO_PICKLES}"),
    (b"\x80\x03", f"is a pickle; {_NO_PICKLES}"),
    (b"\x80\x04", f"is a pickle; {_NO_PICKLES}"),
    (b"\x80\x05", f"is a pickle; {_NO_PICKLES}"),
    # Protocol 0 is text: a dictionary, a list, an object of a module.
    (b"(dp", f"is a pickle; {_NO_PICKLES}"),
    (b"(lp", f"is a pickle; {_NO_PICKLES}"),
    (b"ccopy_reg\n", f"is a pickle; {_NO_PICKLES}"),
    (b"cnumpy", f"is a pickle; {_NO_PICKLES}"),
    (b"\x93NUMPY", f"is a NumPy array (.npy); {_EXPECTED}"),
    (b"\x89HDF\r\n\x1a\n", f"is an HDF5 file; {_EXPECTED}"),
    (b"\x89PNG\r\n\x1a\n", f"is a PNG picture; {_EXPECTED}"),
    (b"\xff\xd8\xff", f"is a JPEG picture; {_EXPECTED}"),
    (b"GIF8", f"is a GIF picture; {_EXPECTED}"),
    (b"BM", f"is a BMP picture; {_EXPECTED}"),
    (b"RIFF", f"is a WebP picture or another RIFF file; {_EXPECTED}"),
    (b"II*\x00", f"is a TIFF picture; {_EXPECTED}"),
    (b"MM\x00*", f"is a TIFF picture; {_EXPECTED}"),
    (b"GGUF", f"is a GGUF file; {_EXPECTED}"),
    (b"\x1f\x8b", f"is compressed (gzip); {_EXPECTED}"),
    (b"%PDF", f"is a PDF document; {_EXPECTED}"),
    (b"version https://git-lfs", "is a pointer to a file in Git LFS; git lfs pull fetches the file itself"),
)


def described(start: bytes) -> str:
    """The format of a file with these first bytes: the end of a sentence that begins with its name.

    Args:
        start: its first bytes; 256 are enough.
    """
    if start.startswith(b"PK\x03\x04"):
        return _described_zip(start)
    for signature, description in _SIGNATURES:
        if start.startswith(signature):
            return description
    return f"is not a safetensors file; {_EXPECTED}"


def _described_zip(start: bytes) -> str:
    # The name of the first member is in its header, 30 bytes into the archive.
    name = start[30:]
    if b"data.pkl" in name or b".format_version" in name:
        return f"is a PyTorch file, a zip archive with a pickle inside; {_NO_PICKLES}"
    if b".npy" in name:
        return f"is an archive of NumPy arrays (.npz); {_EXPECTED}"
    return f"is a zip archive; {_EXPECTED}"
