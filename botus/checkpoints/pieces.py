"""Where the files of a checkpoint lie: in a folder, or inside an uncompressed tar that is read in place.

In comes a path; out come its files as pieces, by name. Nothing is ever extracted: a piece of a tar is an
offset and a size in it. The surprise: what downloads leave behind under a model file's name (a web page,
a pointer of Git LFS) is recognised here, before anybody tries to understand it.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from botus.errors import FileError, SettingsError
from botus.store.durable import files

try:
    import numpy as np
    import numpy.typing as npt
except ImportError as error:
    raise SettingsError("the generate extra is not installed", "pip install 'botus[generate]'") from error

AGAIN = "copy or download it again"
_PACK_AGAIN = "pack the run folder again"


@dataclass(frozen=True)
class Piece:
    """A stretch of a file: a whole file of a folder, or one member inside a tar."""

    label: str
    path: Path
    start: int
    size: int

    def read(self) -> bytes:
        """Return the whole piece.

        Raises:
            FileError: it cannot be read, or has become shorter.
        """
        return self.fill(0, np.empty(self.size, np.uint8)).tobytes()

    def fill(self, offset: int, target: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Read bytes from `offset` on into the whole of a uint8 array, and return that array."""
        try:
            with open(self.path, "rb", buffering=0) as source:
                source.seek(self.start + offset)
                done, view = 0, memoryview(target.data)
                while done < len(view):  # one read of an unbuffered file may stop at 2 GiB
                    count = source.readinto(view[done:])
                    if not count:
                        raise FileError(f"{self.label} ends early, at byte {offset + done}", AGAIN)
                    done += count
        except OSError as error:
            raise files.explain(error, self.path, "read") from error
        return target


def find_pieces(path: Path) -> dict[str, Piece]:
    """Return the files of a checkpoint by name.

    Args:
        path: a folder, or an uncompressed tar of one.

    Raises:
        FileError: there is nothing, or something else; a tar holds links, devices, names that point outside
            of it, no checkpoint or several, or is truncated.
    """
    try:
        if path.is_dir():
            return _folder(path)
        if path.is_file():
            return _tar(path)
    except OSError as error:
        raise files.explain(error, path, "read") from error
    raise FileError(f"there is no checkpoint at {path}", "give the run folder, such as checkpoint/run1")


def _folder(path: Path) -> dict[str, Piece]:
    names = [file for file in path.iterdir() if file.is_file()]
    found = {file.name: Piece(str(file), file, 0, file.stat().st_size) for file in names}
    if "hparams.json" not in found:
        inner = sorted(file.parent for file in path.glob("*/hparams.json"))
        if inner:
            raise FileError(f"{path} is not a checkpoint itself", f"did you mean {inner[0]}?")
    return found


def _tar(path: Path) -> dict[str, Piece]:
    """Return the places of the files inside a tar, of the one folder in it that holds an hparams.json."""
    _refuse_packed(path)
    try:
        with tarfile.open(path, "r:") as archive:
            members = [member for member in archive if not member.isdir()]
    except tarfile.TarError as error:
        raise FileError(f"{path} is not a tar file, or is damaged: {error}", AGAIN) from error
    found: dict[PurePosixPath, dict[str, Piece]] = {}
    for member in members:
        inside = _safe_name(member, path)
        piece = Piece(f"{path}:{inside}", path, member.offset_data, member.size)
        # As in any tar, a later copy of a file replaces an earlier one.
        found.setdefault(inside.parent, {})[inside.name] = piece
    runs = [folder for folder, pieces in found.items() if "hparams.json" in pieces]
    if len(runs) != 1:
        count = "no checkpoint" if not runs else f"{len(runs)} checkpoints"
        raise FileError(f"{path} holds {count}", "give a tar of one run folder, or that folder itself")
    return found[runs[0]]


def _refuse_packed(path: Path) -> None:
    start = Piece(str(path), path, 0, min(path.stat().st_size, 512)).read()
    if start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")):
        raise FileError(f"{path} is compressed, and a tar is read in place", "unpack it first: gunzip")
    if start.startswith(b"PK\x03\x04"):
        raise FileError(f"{path} is a zip file", "unzip it and give the folder")
    if b"model_checkpoint_path" in start or path.name.startswith(("model-", "model.ckpt")):
        raise FileError(f"{path} is one file of a checkpoint", f"give its folder: {path.parent}")
    refuse_strangers(start, str(path))


def _safe_name(member: tarfile.TarInfo, path: Path) -> PurePosixPath:
    """Refuse what a run folder's tar never has, and what could point out of it."""
    inside = PurePosixPath(member.name)
    if not member.isreg() or member.issparse():
        raise FileError(f"{path} holds {member.name}, which is not a plain file", _PACK_AGAIN)
    if inside.is_absolute() or ".." in inside.parts:
        raise FileError(f"{path} holds a file outside its folder: {member.name}", _PACK_AGAIN)
    return inside


def refuse_strangers(start: bytes, label: str) -> None:
    """Refuse what downloads leave behind in the place of the real file.

    Args:
        start: the first bytes of the file, 512 are enough.
        label: how to call the file in an error.

    Raises:
        FileError: it is a web page or a pointer of Git LFS.
    """
    beginning = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise FileError(f"{label} is a web page saved under this name", "download the file itself again")
    if beginning.startswith(b"version https://git-lfs"):
        raise FileError(f"{label} is only a pointer of Git LFS", "fetch the file itself: git lfs pull")
