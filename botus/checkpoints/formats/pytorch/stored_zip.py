"""The members of a zip that are stored as they are, read in place: torch.save packs a model so.

The layout is that of PKWARE's APPNOTE.TXT: at the end of the file lies a directory, behind it a record that
says where it begins; each member lies behind a header of its own. What torch.save writes is told from what
somebody made for one reader to see something else than another: the directory ends where the records begin,
members have one name each, lie apart from each other, and their own headers agree with the directory.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise

from botus.checkpoints.folder_or_tar import AGAIN, StoredFile
from botus.errors import FileError
from botus.text import printable

_END = struct.Struct("<4s4H2IH")  # signature, disks, entries, size and place of the directory, comment
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")  # signature, disk, place of the record before it, disks
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_LARGEST_DIRECTORY = 4 << 20  # bytes; the members of GPT-2's largest size need 50,000
_ENCRYPTED = 1
_IN_EXTRA = 0xFFFFFFFF  # a number of 64 bits stands in the extra field instead


@dataclass(frozen=True)
class Member:
    """A member; `crc` is 0 where whoever wrote it did not count it."""

    file: StoredFile
    crc: int

    def check(self, content: bytes | memoryview) -> None:
        """Check the whole content.

        Raises:
            FileError: it is not what was written.
        """
        if self.crc and zlib.crc32(content) != self.crc:
            raise FileError(f"{self.file.label} is damaged: a checksum in it is wrong", AGAIN)


def members(file: StoredFile) -> dict[str, Member]:
    """Return the members of a zip by name.

    Raises:
        FileError: it is truncated, damaged, compressed, encrypted, or made to mislead.
    """
    found: dict[str, Member] = {}
    try:
        directory, end = _directory(file)
        places = []
        at = 0
        while at < len(directory):
            name, member, begin, at = _entry(file, directory, at)
            if name in found:
                raise ValueError(f"two files in it have the name {printable(name[:100])}")
            found[name] = member
            places.append((begin, member.file.start - file.start + member.file.size))
    except struct.error as error:
        raise FileError(f"{file.label} is damaged: a number in it is cut off", AGAIN) from error
    except ValueError as error:
        raise FileError(f"{file.label} is damaged: {error}", AGAIN) from error
    if any(begin < before for (_, before), (begin, _) in pairwise([*sorted(places), (end, end)])):
        raise FileError(f"{file.label} is damaged: two files in it lie in the same place", AGAIN)
    return found


def _directory(file: StoredFile) -> tuple[bytes, int]:
    """Return the directory and where it begins."""
    tail = file.read(max(0, file.size - (1 << 17))).tobytes()
    last = tail.rfind(b"PK\5\6")
    if last < 0 or len(tail) - last < _END.size:
        raise FileError(f"{file.label} is truncated: it is a zip without its end", AGAIN)
    *_, entries, size, begin, comment = _END.unpack_from(tail, last)
    end = last
    if last >= _LOCATOR.size and tail.startswith(b"PK\6\7", last - _LOCATOR.size):
        end = last - _LOCATOR.size - _END_64.size
        signature, _, _, _, _, _, _, entries, size, begin = _END_64.unpack_from(tail, max(0, end))
        if end < 0 or signature != b"PK\6\6":
            raise ValueError("its end does not agree with itself")
    if size > _LARGEST_DIRECTORY:
        raise ValueError(f"it holds more files than any model ({entries:,})")
    if begin + size != file.size - len(tail) + end or last + _END.size + comment != len(tail):
        raise ValueError("its end does not agree with itself")
    return file.read(begin, size).tobytes(), begin


def _entry(file: StoredFile, directory: bytes, at: int) -> tuple[str, Member, int, int]:
    """Return a member's name, itself, where its header begins, and where the next entry does."""
    fields = _ENTRY.unpack_from(directory, at)
    signature, _, _, flags, method, _, _, crc, packed, size, named, more, comment, _, _, _, begin = fields
    name_at, extra_at = at + _ENTRY.size, at + _ENTRY.size + named
    if signature != b"PK\1\2" or extra_at + more + comment > len(directory):
        raise ValueError("its list of files is cut off")
    raw = directory[name_at:extra_at]
    size, packed, begin = _large(directory[extra_at : extra_at + more], size, packed, begin)
    if method or flags & _ENCRYPTED or size != packed:
        raise FileError(
            f"{file.label} is a compressed or encrypted zip, and a model's is neither",
            "copy the file that was saved, or unzip this one if the model is inside",
        )
    local = file.read(begin, min(_LOCAL.size + named, max(0, file.size - begin))).tobytes()
    own, _, _, method, _, _, _, own_packed, own_size, own_named, own_more = _LOCAL.unpack_from(local)
    agrees = all(own in (0, _IN_EXTRA, size) for own in (own_packed, own_size))
    if own != b"PK\3\4" or method or not agrees or own_named != named or local[_LOCAL.size :] != raw:
        raise ValueError("a file in it is not what its list of files says")
    start = begin + _LOCAL.size + named + own_more
    if start + size > file.size:
        raise ValueError("a file in it is longer than the rest of it")
    stored = StoredFile(file.label, file.path, file.start + start, size)
    return raw.decode("utf-8", "replace"), Member(stored, crc), begin, extra_at + more + comment


def _large(extra: bytes, *numbers: int) -> tuple[int, ...]:
    """Return the numbers, those of 64 bits from the extra field: pieces of tag, length and content."""
    at, wide = 0, b""
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == 1:
            wide = extra[at + 4 : at + 4 + length]
        at += 4 + length
    places = iter(range(0, len(wide), 8))
    return tuple(
        struct.unpack_from("<Q", wide, next(places, len(wide)))[0] if number == _IN_EXTRA else number
        for number in numbers
    )
