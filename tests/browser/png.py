"""Smaller PNGs: a screenshot's true colours become a palette of 256, which for text on a plain ground is all there is.

https://www.w3.org/TR/png-3/. It reads only what Chromium's screenshots are: 8 bits for each of red, green and blue.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLORS = 256
_RGB = 3


def smaller(png: bytes) -> bytes:
    """Write a screenshot with the colours that are most frequent in it, the others as the nearest of these."""
    chunks = dict(_chunks(png))
    width, height, depth, kind, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if (depth, kind) != (8, 2):
        raise ValueError(f"not a screenshot of 8 bits a colour: {depth} bits, colour type {kind}")
    rows = list(_rows(zlib.decompress(chunks[b"IDAT"]), width * _RGB, height))
    counted = Counter(pixel for row in rows for pixel in _pixels(row))
    palette = [pixel for pixel, _ in counted.most_common(_COLORS)]
    place = {pixel: number for number, pixel in enumerate(palette)}
    for pixel in counted:
        if pixel not in place:
            place[pixel] = min(range(len(palette)), key=lambda number: _distance(palette[number], pixel))
    # Without filters: for indices they do more harm than good.
    drawn = b"".join(b"\0" + bytes(place[pixel] for pixel in _pixels(row)) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return SIGNATURE + b"".join(
        _chunk(name, content)
        for name, content in (
            (b"IHDR", header),
            (b"PLTE", b"".join(palette)),
            (b"IDAT", zlib.compress(drawn, 9)),
            (b"IEND", b""),
        )
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Read the chunks by name; the image's data are one, however many there are."""
    at, data = len(SIGNATURE), b""
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        content = png[at + 8 : at + 8 + length]
        at += 12 + length
        if name == b"IDAT":
            data += content
        else:
            yield name, content
    yield b"IDAT", data


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _pixels(row: bytes) -> Iterator[bytes]:
    return (row[at : at + _RGB] for at in range(0, len(row), _RGB))


def _rows(filtered: bytes, length: int, height: int) -> Iterator[bytes]:
    """Undo each row's filter."""
    above = bytearray(length)
    for number in range(height):
        start = number * (length + 1)
        row = bytearray(filtered[start + 1 : start + 1 + length])
        _unfilter(filtered[start], row, above)
        yield bytes(row)
        above = row


def _unfilter(kind: int, row: bytearray, above: bytearray) -> None:
    for at in range(len(row)) if kind else ():
        left = row[at - _RGB] if at >= _RGB else 0
        match kind:
            case 1:
                guess = left
            case 2:
                guess = above[at]
            case 3:
                guess = (left + above[at]) // 2
            case _:
                guess = _paeth(left, above[at], above[at - _RGB] if at >= _RGB else 0)
        row[at] = (row[at] + guess) & 0xFF


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda near: abs(guess - near))


def _distance(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
