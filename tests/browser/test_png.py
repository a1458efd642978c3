"""Pictures are made smaller without becoming others."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.browser.png import SIGNATURE, _chunk, _chunks, _paeth, smaller

WIDTH = 4


def screenshot(rows: list[bytes], kind: int = 2) -> bytes:
    """As Chromium writes it: each row with any of the five filters."""
    header = struct.pack(">IIBBBBB", WIDTH, len(rows), 8, kind, 0, 0, 0)
    above, filtered = bytes(WIDTH * 3), b""
    for number, row in enumerate(rows):
        filtered += bytes([number % 5]) + bytes(difference(number % 5, row, above, at) for at in range(len(row)))
        above = row
    parts = zlib.compress(filtered)
    chunks = ((b"IHDR", header), (b"IDAT", parts[:5]), (b"IDAT", parts[5:]), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(*chunk) for chunk in chunks)


def difference(kind: int, row: bytes, above: bytes, at: int) -> int:
    left, corner = (row[at - 3], above[at - 3]) if at >= 3 else (0, 0)
    guesses = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))
    return (row[at] - guesses[kind]) & 0xFF


def seen(png: bytes) -> list[bytes]:
    """The rows of a picture with a palette, in true colours."""
    chunks = dict(_chunks(png))
    palette, drawn = chunks[b"PLTE"], zlib.decompress(chunks[b"IDAT"])
    rows = [drawn[at + 1 : at + 1 + WIDTH] for at in range(0, len(drawn), WIDTH + 1)]
    return [b"".join(palette[3 * index : 3 * index + 3] for index in row) for row in rows]


@given(st.lists(st.binary(min_size=WIDTH * 3, max_size=WIDTH * 3), min_size=1, max_size=60))
def test_a_picture_of_few_colours_stays_as_it_is(rows: list[bytes]) -> None:
    assert seen(smaller(screenshot(rows))) == rows


def test_a_picture_of_many_colours_keeps_the_frequent_ones_and_what_is_near_to_the_others() -> None:
    white, many = bytes([255] * WIDTH * 3), [bytes([n // 2, (n + 1) // 2, 9] * WIDTH) for n in range(300)]
    rows = seen(smaller(screenshot([white, *many, white])))
    assert rows[0] == rows[-1] == white
    worst = max(abs(a - b) for row, true in zip(rows[1:-1], many, strict=True) for a, b in zip(row, true, strict=True))
    assert 0 < worst < 50


def test_what_is_no_screenshot_is_refused() -> None:
    with pytest.raises(ValueError, match="colour type 6"):
        smaller(screenshot([bytes(WIDTH * 3)], kind=6))
