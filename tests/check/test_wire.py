"""Values as bytes: values are decoded as encoded, and hostile bytes do no harm."""

import struct
from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.check.wire import Foreign, decode, encode
from pellucid.errors import FormatError

DTYPES = ["bool", "int8", "int32", "int64", "uint8", "uint64", "float16", "float32", "float64"]
arrays = hnp.arrays(
    st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
)
plain = st.none() | st.booleans() | st.integers(-(2**500), 2**500) | st.floats() | st.text(max_size=20)
values = st.recursive(
    plain | arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def same(a: Any, b: Any) -> bool:
    """Equal in value, class and dtype, NaN included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@given(values)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.arange(6, dtype=">f4")[::2],
        np.broadcast_to(np.float64(2), (3, 2)),
        np.zeros((0, 5)),
    ],
)
def test_an_array_arrives_in_c_order_and_can_be_written(array: np.ndarray) -> None:
    back = decode(encode(array))
    assert back.flags.c_contiguous
    assert back.flags.writeable
    assert back.dtype.isnative
    np.testing.assert_array_equal(back, array)


def test_scalars_of_numpy_arrive_as_arrays_of_their_type() -> None:
    back = decode(encode((np.float32(0.1), np.bool_(True), np.int16(-3))))
    assert [(a.shape, a.dtype.name) for a in back] == [((), "float32"), ((), "bool"), ((), "int16")]
    assert back[0] == np.float32(0.1)


def test_kin_of_plain_types_arrive_as_plain() -> None:
    pair = namedtuple("pair", "a b")
    assert same(decode(encode([pair(1, 2), OrderedDict(x=True)])), [(1, 2), {"x": True}])


@pytest.mark.parametrize(
    ("value", "type_name", "text"),
    [
        (1j, "complex", "a value of type complex"),
        (object(), "object", "a value of type object"),
        (np.ones(2).view(np.matrix), "matrix", "a value of type matrix"),
        (np.array([None]), "ndarray", "an array of shape (1,) and type object"),
        (np.array(["abc"]), "ndarray", "an array of shape (1,) and type str96"),
        (np.broadcast_to(1.0, (10**6, 10**6)), "ndarray", "8,000,000,000,000 bytes"),
        (np.zeros((0, 10**12)), "ndarray", "an array of shape (0, 1000000000000)"),
        (2**9999, "int", "an integer of 10,000 bits"),
        ("x" * 2_000_000, "str", "a text of 2,000,000 characters"),
        ([0] * 2_000_000, "list", "a list of 2,000,000 values"),
        ({1: 2}, "dict", "a dict with a key of type int"),
        ({"k" * 999: 2}, "dict", "a dict with a key of 999 characters"),
        (b"abc", "bytes", "a value of type bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_what_is_not_carried_says_what_it_was(value: Any, type_name: str, text: str) -> None:
    _, back = decode(encode((1, value)))
    assert isinstance(back, Foreign)
    assert back.type_name == type_name
    assert text in back.text


def test_what_no_longer_fits_is_left_out_and_the_rest_arrives() -> None:
    first, second = decode(encode((np.ones(100), np.ones(100)), most=1000))
    assert first.sum() == 100
    assert second == Foreign("ndarray", "an array of shape (100,), 800 bytes")


def test_a_list_in_itself_ends() -> None:
    doubled: list[Any] = []
    doubled += [doubled, doubled]
    assert len(encode(doubled)) < 10_000_000
    looped: dict[str, Any] = {}
    looped["self"] = looped
    back, depth = decode(encode(looped)), 0
    while isinstance(back, dict):
        back, depth = back["self"], depth + 1
    assert back == Foreign("dict", f"a dict nested {depth} deep")


class _Liar(np.ndarray):
    shape = (3, 3)  # type: ignore[assignment]
    nbytes = 8  # type: ignore[assignment]


class _Poser:
    __class__ = np.ndarray  # type: ignore[assignment]

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise SystemExit


class _Sullen(dict):
    def __iter__(self) -> Any:
        raise SystemExit

    items = __len__ = __iter__  # type: ignore[assignment]


class _Unnamed(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise SystemExit


def test_classes_that_lie_are_not_asked() -> None:
    assert decode(encode(np.zeros(2).view(_Liar))) == Foreign("_Liar", "a value of type _Liar")
    assert decode(encode(_Poser())) == Foreign("_Poser", "a value of type _Poser")
    assert decode(encode(_Sullen(a=1))) == {"a": 1}
    assert decode(encode(_Unnamed("Odd", (), {})())) == Foreign("Odd", "a value of type Odd")


def array_bytes(code: int, *shape: int, data: bytes = b"") -> bytes:
    return struct.pack(f"<cBB{len(shape)}Q", b"a", code, len(shape), *shape) + data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "ends early"),
        (b"Z", "a value begins with"),
        (b"NN", "1 bytes follow"),
        (b"f123", "ends early"),
        (b"s\xff\xff\xff\xffab", "ends early"),
        (b"l\xff\xff\xff\xff", "4,294,967,295 values"),
        (b"l\x01\x00\x00\x00" * 100 + b"N", "nested more than"),
        (array_bytes(11, 2**62, 2**62), "bytes"),
        (array_bytes(11, 2**32, 2**32), "bytes"),
        (array_bytes(11, 0, 2**60), "bytes"),
        (array_bytes(11, 4, data=b"12345678"), "ends early"),
        (array_bytes(99), "type 99"),
        (array_bytes(11, *[1] * 40), "rank 40"),
        (b"t\x02\x00\x00\x00" + array_bytes(11, 5 << 20) * 2, "ends early"),
    ],
)
def test_bytes_that_are_no_value_are_refused_in_a_line(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        decode(data)
    assert "\n" not in str(caught.value)


def test_arrays_are_counted_together() -> None:
    data = encode([np.ones(100), np.ones(100)])
    with pytest.raises(FormatError, match="800 bytes; 200 are left"):
        decode(data, most=1000)


def decode_or_refuse(data: bytes) -> None:
    """Nothing but FormatError may come instead of a value."""
    try:
        decode(data)
    except FormatError as error:
        line = str(error)
    else:
        return
    assert "\n" not in line


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_one_line(data: bytes) -> None:
    decode_or_refuse(data)


@given(values, st.data())
def test_damage_gives_a_value_or_one_line(value: Any, data: st.DataObject) -> None:
    damaged = bytearray(encode(value))
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    decode_or_refuse(bytes(damaged))
