"""A folder that tools may work in: no path and no link leads out of it.

Paths are walked from the folder down, one open directory at a time, and a link is never followed (`openat`
with `O_NOFOLLOW`). So nothing changes between a check and its use, whoever else works in the folder.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from chat_core.tools.failure import ToolFailure
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import is_a, kind_of

_DIRECTORY = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_NEEDED = {getattr(os, name, None) for name in ("open", "mkdir", "unlink", "rename", "stat", "link")}
_DEEPEST = 100  # names in a path
_LONGEST = 255  # bytes of a name


class PathRefused(ToolFailure):
    """A path leads out of the folder, through a link, or to what is no file."""


class PathMissing(ToolFailure):
    """There is nothing at a path."""


class PathTaken(ToolFailure):
    """There is something at a path already."""


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A file or a directory in a listing: its path from the folder, and its size in bytes."""

    path: str
    is_directory: bool
    size: int


class ToolFolder:
    """A folder in which a tool reads and writes text files; the model names them by paths such as "a/b.txt".

    Refused are paths with `..`, absolute ones, such with a NUL or a backslash, links, and everything that is
    neither a file nor a directory, with a `PathRefused` that the model reads. Files are written whole or not
    at all. A file of more than `max_bytes` is neither read nor written. With `shown_as="/repo"` the model
    names the folder by that, and its files by "/repo/a/b.txt". Raises `ConfigurationError` for what is no
    folder, and on systems without `openat`, such as Windows.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, shown_as: str = "", max_bytes: int = 10 * 1024 * 1024
    ) -> None:
        if not is_a(path, str, os.PathLike):
            raise ConfigurationError(f"ToolFolder(path) takes a path, not {kind_of(path)}")
        if not os.supports_dir_fd >= _NEEDED or not hasattr(os, "O_NOFOLLOW"):
            raise ConfigurationError("ToolFolder needs a system with openat, such as Linux or macOS")
        root = Path(path).resolve()
        if not root.is_dir():
            raise ConfigurationError(f"ToolFolder({str(path)!r}): there is no such folder; make it first")
        self.path = root
        self.shown_as: str = shown_as.rstrip("/")
        self._max_bytes = max_bytes

    def __repr__(self) -> str:
        return f"ToolFolder({str(self.path)!r})"

    def read(self, path: str) -> str:
        """Return the text of a file. Raises a `ToolFailure` where that cannot be."""
        with self._parent(path) as (parent, name), _explained(path):
            file = os.open(name or ".", os.O_RDONLY | _FILE, dir_fd=parent)
            with os.fdopen(file, "rb") as opened:
                found = os.fstat(file)
                if not stat.S_ISREG(found.st_mode):
                    raise PathRefused(f"The path {path} is not a file.")
                self._check_size(path, found.st_size)
                data = opened.read(self._max_bytes + 1)
        self._check_size(path, len(data))
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise PathRefused(f"The file {path} is no text in UTF-8.") from None

    def write(self, path: str, text: str, *, overwrite: bool) -> None:
        """Write a file, and the directories that lead to it. Raises a `ToolFailure` where that cannot be."""
        data = text.encode("utf-8", "surrogatepass")
        self._check_size(path, len(data))
        with self._parent(path, make=True) as (parent, name), _explained(path):
            before = _state(parent, name) if name else None
            if not name or (before is not None and not stat.S_ISREG(before.st_mode)):
                raise PathRefused(f"The path {path} is not a file.")
            if before is not None and not overwrite:
                raise PathTaken(f"File {path} already exists")
            mode = 0o600 if before is None else stat.S_IMODE(before.st_mode)
            _write_whole(parent, name, data, mode, overwrite=overwrite)

    def delete(self, path: str) -> None:
        """Delete a file, or a directory with all that is in it. Raises a `ToolFailure`."""
        with self._parent(path) as (parent, name), _explained(path):
            if not name:
                raise PathRefused(f"Cannot delete the {path} directory itself")
            if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                shutil.rmtree(name, dir_fd=parent)
            else:
                os.unlink(name, dir_fd=parent)

    def rename(self, old: str, new: str) -> None:
        """Move a file or a directory to where nothing is. Raises a `ToolFailure`."""
        with self._parent(old) as (parent, name):
            if not name:
                raise PathRefused(f"Cannot rename the {old} directory itself")
            with _explained(old):
                os.stat(name, dir_fd=parent, follow_symlinks=False)
            with self._parent(new, make=True) as (target, new_name):
                if not new_name or _state(target, new_name) is not None:
                    raise PathTaken(f"The destination {new} already exists")
                with _explained(old):
                    os.rename(name, new_name, src_dir_fd=parent, dst_dir_fd=target)

    def is_directory(self, path: str) -> bool:
        """Return whether a path is a directory. Raises a `ToolFailure` where nothing is there."""
        with self._parent(path) as (parent, name), _explained(path):
            found = os.stat(name or ".", dir_fd=parent, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            raise PathRefused(f"The path {path} is a link, which is not followed.")
        return stat.S_ISDIR(found.st_mode)

    def entries(self, path: str, *, depth: int = 2) -> Iterator[FolderEntry]:
        """Yield what is in a directory, by name, so many levels deep: no links, and nothing hidden.

        Raises `PathMissing` where there is nothing, and `PathRefused`, or `PathTaken`, for what is no
        directory in the folder.
        """
        with self._directory(self._parts(path), path, make=False) as directory, _explained(path):
            yield from _entries(directory, "", depth)

    def _check_size(self, path: str, size: int) -> None:
        if size > self._max_bytes:
            raise PathRefused(f"The file {path} is larger than {self._max_bytes} bytes.")

    def _parts(self, path: str) -> list[str]:
        """Return the names of a path. Raises `PathRefused` for one that could lead anywhere else."""
        inner = path
        if self.shown_as:
            inner = path.removeprefix(self.shown_as)
            if inner == path or inner[:1] not in ("", "/"):
                raise PathRefused(f"Path must start with {self.shown_as}, got: {path[:200]!r}")
            inner = inner.removeprefix("/")
        if "\0" in inner or "\\" in inner or inner.startswith(("/", "~")):
            raise PathRefused(f"The path {path[:200]!r} is not a path in this folder.")
        parts = [part for part in inner.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise PathRefused(f"The path {path[:200]!r} would leave this folder.")
        sizes = [len(part.encode("utf-8", "surrogatepass")) for part in parts]
        if len(parts) > _DEEPEST or max(sizes, default=0) > _LONGEST or not _is_whole(inner):
            raise PathRefused(f"The path {path[:200]!r} cannot be used: its names are too long or no text.")
        return parts

    @contextmanager
    def _parent(self, path: str, *, make: bool = False) -> Generator[tuple[int, str]]:
        """Yield the open directory that a path's last name is in, and that name: empty for the folder."""
        parts = self._parts(path)
        with self._directory(parts[:-1], path, make=make) as parent:
            yield parent, parts[-1] if parts else ""

    @contextmanager
    def _directory(self, parts: list[str], path: str, *, make: bool) -> Generator[int]:
        with _explained("/"):
            current = os.open(self.path, os.O_RDONLY | _DIRECTORY)
        try:
            for part in parts:
                with _explained(path):
                    below = _open_below(current, part, make=make)
                os.close(current)
                current = below
            yield current
        finally:
            os.close(current)


@contextmanager
def _explained(path: str) -> Generator[None]:
    """Turn errors of the system into sentences for the model, which name no path outside the folder."""
    try:
        yield
    except NotADirectoryError:  # a link that is opened as a directory, too
        raise PathRefused(f"The path {path} leads through a link or a file.") from None
    except FileNotFoundError:
        raise PathMissing(f"The path {path} does not exist. Please provide a valid path.") from None
    except FileExistsError:
        raise PathTaken(f"File {path} already exists") from None
    except IsADirectoryError:
        raise PathRefused(f"The path {path} is not a file.") from None
    except (OSError, UnicodeEncodeError) as exc:
        if isinstance(exc, OSError) and exc.errno in (errno.ELOOP, errno.EMLINK):
            raise PathRefused(f"The path {path} is a link, which is not followed.") from None
        reason = exc.strerror if isinstance(exc, OSError) else "its name cannot be one"
        raise PathRefused(f"The path {path} cannot be used: {reason}.") from None


def _open_below(parent: int, name: str, *, make: bool) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=parent)
    return os.open(name, os.O_RDONLY | _DIRECTORY, dir_fd=parent)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _state(parent: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _write_whole(parent: int, name: str, data: bytes, mode: int, *, overwrite: bool) -> None:
    """Write beside the file and then put that in its place: a reader sees the one or the other."""
    beside = f".{uuid4().hex}"
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE, mode, dir_fd=parent)
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(data)
            os.fchmod(file, mode)
        if overwrite:
            os.rename(beside, name, src_dir_fd=parent, dst_dir_fd=parent)
        else:
            os.link(beside, name, src_dir_fd=parent, dst_dir_fd=parent)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=parent)


def _entries(directory: int, above: str, depth: int) -> Iterator[FolderEntry]:
    with os.scandir(directory) as found:
        items = sorted(found, key=lambda item: item.name)
    for item in items:
        is_directory = item.is_dir(follow_symlinks=False)
        if item.name.startswith(".") or not (is_directory or item.is_file(follow_symlinks=False)):
            continue
        with suppress(OSError):  # it was deleted meanwhile
            yield FolderEntry(above + item.name, is_directory, item.stat(follow_symlinks=False).st_size)
        if is_directory and depth > 1:
            with suppress(OSError), _opened(item.name, directory) as below:
                yield from _entries(below, f"{above}{item.name}/", depth - 1)


@contextmanager
def _opened(name: str, parent: int) -> Generator[int]:
    directory = os.open(name, os.O_RDONLY | _DIRECTORY, dir_fd=parent)
    try:
        yield directory
    finally:
        os.close(directory)
