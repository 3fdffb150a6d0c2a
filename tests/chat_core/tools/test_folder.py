"""A folder for tools: what works in it, and that nothing leads out of it."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from pathlib import Path

import pytest
from chat_core import ConfigurationError, ToolFolder
from chat_core.tools.folder import FolderEntry, PathMissing, PathRefused, PathTaken

SECRET = "the secret"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text(SECRET)
    root = tmp_path / "inside"
    root.mkdir()
    return root


@pytest.fixture
def folder(root: Path) -> ToolFolder:
    return ToolFolder(root)


def test_files_are_written_read_moved_listed_and_deleted(folder: ToolFolder, root: Path) -> None:
    folder.write("a/b/c.txt", "häßlich\n", overwrite=False)
    folder.write("d.txt", "", overwrite=False)
    (root / ".hidden").write_text("x")
    assert folder.read("./a//b/c.txt") == "häßlich\n"
    assert folder.is_directory("a")
    assert not folder.is_directory("d.txt")
    entries = list(folder.entries(""))
    assert [(entry.path, entry.is_directory) for entry in entries] == [
        ("a", True),
        ("a/b", True),
        ("d.txt", False),
    ]
    assert list(folder.entries("a/b")) == [FolderEntry("c.txt", False, 10)]
    folder.write("d.txt", "new", overwrite=True)
    assert folder.read("d.txt") == "new"
    folder.rename("a/b", "e/f/g")
    assert folder.read("e/f/g/c.txt") == "häßlich\n"
    folder.delete("e")
    folder.delete("d.txt")
    assert sorted(os.listdir(root)) == [".hidden", "a"]


def test_what_is_there_is_not_written_over_unasked(folder: ToolFolder) -> None:
    folder.write("a.txt", "one", overwrite=False)
    folder.write("b.txt", "two", overwrite=False)
    with pytest.raises(PathTaken, match=r"^File a\.txt already exists$"):
        folder.write("a.txt", "three", overwrite=False)
    with pytest.raises(PathTaken, match=r"The destination b\.txt already exists"):
        folder.rename("a.txt", "b.txt")
    assert (folder.read("a.txt"), folder.read("b.txt")) == ("one", "two")


ESCAPES = [
    "../outside/secret.txt",
    "..",
    "a/../../outside/secret.txt",
    "./../outside/secret.txt",
    "/etc/passwd",
    "//etc/passwd",
    "~/.ssh/id_rsa",
    "..\\outside\\secret.txt",
    "C:\\Windows\\win.ini",
    "\\\\host\\share",
    "a\0b",
    "secret.txt\0.png",
    "/".join(["a"] * 200),
    "x" * 5000,
    "\ud800",
]


@pytest.mark.parametrize("path", ESCAPES, ids=range(len(ESCAPES)))
def test_a_path_that_could_lead_elsewhere_is_refused_by_every_operation(
    folder: ToolFolder, root: Path, path: str
) -> None:
    folder.write("here.txt", "here", overwrite=False)
    operations = [
        lambda: folder.read(path),
        lambda: folder.write(path, "x", overwrite=True),
        lambda: folder.write(path, "x", overwrite=False),
        lambda: folder.delete(path),
        lambda: folder.rename(path, "there.txt"),
        lambda: folder.rename("here.txt", path),
        lambda: folder.is_directory(path),
        lambda: list(folder.entries(path)),
    ]
    for operation in operations:
        with pytest.raises(PathRefused) as caught:
            operation()
        assert str(root) not in str(caught.value)
    assert os.listdir(root) == ["here.txt"]
    assert (root.parent / "outside" / "secret.txt").read_text() == SECRET


@pytest.mark.parametrize("target", ["../outside", "/", "/etc", ".", "real"])
def test_a_directory_that_is_a_link_is_not_entered(folder: ToolFolder, root: Path, target: str) -> None:
    (root / "real").mkdir()
    (root / "link").symlink_to(target, target_is_directory=True)
    for operation in (
        lambda: folder.read("link/secret.txt"),
        lambda: folder.write("link/new.txt", "x", overwrite=True),
        lambda: folder.write("link/deep/new.txt", "x", overwrite=False),
        lambda: folder.delete("link/secret.txt"),
        lambda: folder.rename("link/secret.txt", "mine.txt"),
        lambda: list(folder.entries("link")),
        lambda: folder.is_directory("link"),
    ):
        with pytest.raises(PathRefused, match="link"):
            operation()
    assert [entry.path for entry in folder.entries("")] == ["real"]
    assert os.listdir(root.parent / "outside") == ["secret.txt"]


def test_a_file_that_is_a_link_is_neither_read_nor_written(folder: ToolFolder, root: Path) -> None:
    secret = root.parent / "outside" / "secret.txt"
    (root / "link.txt").symlink_to(secret)
    (root / "nowhere.txt").symlink_to(root.parent / "outside" / "new.txt")
    for name in ("link.txt", "nowhere.txt"):
        with pytest.raises(PathRefused, match="link"):
            folder.read(name)
        with pytest.raises(PathRefused):
            folder.write(name, "x", overwrite=True)
    assert secret.read_text() == SECRET
    assert os.listdir(secret.parent) == ["secret.txt"]
    folder.delete("link.txt")  # the link alone
    assert secret.read_text() == SECRET


def test_deleting_a_directory_follows_no_link_in_it(folder: ToolFolder, root: Path) -> None:
    (root / "a").mkdir()
    (root / "a" / "link").symlink_to(root.parent / "outside", target_is_directory=True)
    folder.delete("a")
    assert (root.parent / "outside" / "secret.txt").read_text() == SECRET


def test_writing_a_hard_link_leaves_the_other_file_as_it_was(folder: ToolFolder, root: Path) -> None:
    secret = root.parent / "outside" / "secret.txt"
    os.link(secret, root / "hard.txt")
    folder.write("hard.txt", "mine", overwrite=True)
    assert secret.read_text() == SECRET
    assert folder.read("hard.txt") == "mine"


def test_what_is_no_file_is_refused_and_does_not_hang(folder: ToolFolder, root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "dir").mkdir()
    for name in ("pipe", "dir"):
        with pytest.raises(PathRefused, match="is not a file"):
            folder.read(name)
        with pytest.raises(PathRefused, match="is not a file"):
            folder.write(name, "x", overwrite=True)
    assert [entry.path for entry in folder.entries("")] == ["dir"]


def test_a_link_that_comes_and_goes_never_lets_a_path_out(folder: ToolFolder, root: Path) -> None:
    """Another program swaps a directory for a link to the outside, as fast as it can."""
    (root / "dir").mkdir()
    (root / "dir" / "secret.txt").write_text("inside")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            try:
                os.rename(root / "dir", root / "away")
                os.symlink(root.parent / "outside", root / "dir")
                os.unlink(root / "dir")
                os.rename(root / "away", root / "dir")
            except OSError:  # a file was written meanwhile, and its directory made
                begin_anew()

    def begin_anew() -> None:
        for path in (root / "dir", root / "away"):
            if path.is_symlink():
                path.unlink()
            else:
                shutil.rmtree(path, ignore_errors=True)
        (root / "dir").mkdir(exist_ok=True)
        (root / "dir" / "secret.txt").write_text("inside")

    thread = threading.Thread(target=swap)
    thread.start()
    found: set[str] = set()
    try:
        for number in range(2000):
            try:
                found.add(folder.read("dir/secret.txt"))
                folder.write(f"dir/new{number % 7}.txt", "x", overwrite=True)
                folder.delete(f"dir/new{number % 7}.txt")
            except (PathRefused, PathMissing):
                found.add("refused")
    finally:
        stop.set()
        thread.join()
    assert SECRET not in found
    assert "refused" in found
    assert os.listdir(root.parent / "outside") == ["secret.txt"]


def test_another_spelling_is_another_path(folder: ToolFolder) -> None:
    folder.write("%2e%2e/a.txt", "x", overwrite=False)
    assert folder.read("%2e%2e/a.txt") == "x"
    with pytest.raises(PathRefused):
        folder.read("%2e%2e/../../outside/secret.txt")


def test_sizes_and_texts_are_checked(root: Path) -> None:
    folder = ToolFolder(root, max_bytes=10)
    (root / "big.txt").write_text("x" * 11)
    (root / "binary").write_bytes(b"\xff\xfe\0")
    with pytest.raises(PathRefused, match="larger than 10 bytes"):
        folder.read("big.txt")
    with pytest.raises(PathRefused, match="larger than 10 bytes"):
        folder.write("a.txt", "x" * 11, overwrite=True)
    with pytest.raises(PathRefused, match="no text in UTF-8"):
        folder.read("binary")
    with pytest.raises(PathMissing, match=r"The path no\.txt does not exist\. Please provide a valid path\."):
        folder.read("no.txt")
    assert sorted(os.listdir(root)) == ["big.txt", "binary"]


def test_a_file_keeps_its_permissions_and_new_ones_are_private(folder: ToolFolder, root: Path) -> None:
    (root / "run.sh").write_text("x")
    (root / "run.sh").chmod(0o755)
    folder.write("run.sh", "y", overwrite=True)
    folder.write("new/a.txt", "y", overwrite=False)
    assert stat.S_IMODE((root / "run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "new" / "a.txt").stat().st_mode) == 0o600


def test_the_folder_itself_is_neither_deleted_nor_moved(folder: ToolFolder, root: Path) -> None:
    for path in ("", ".", "./"):
        with pytest.raises(PathRefused):
            folder.delete(path)
        with pytest.raises(PathRefused):
            folder.rename(path, "a")
    assert root.is_dir()
    root.rmdir()
    with pytest.raises(PathMissing):
        folder.read("a.txt")


def test_what_is_no_folder_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="there is no such folder; make it first"):
        ToolFolder(root / "no")
    with pytest.raises(ConfigurationError, match="takes a path, not None"):
        ToolFolder(None)  # type: ignore[arg-type]  # that is the mistake
    monkeypatch.setattr(os, "supports_dir_fd", set())
    with pytest.raises(ConfigurationError, match="openat"):
        ToolFolder(root)


@pytest.mark.parametrize(
    "path", ["/repository/a.txt", "/rep", "a.txt", "", "/repo/../outside/secret.txt", "/repo//etc"]
)
def test_a_folder_that_is_shown_under_a_name_takes_only_paths_with_it(root: Path, path: str) -> None:
    folder = ToolFolder(root, shown_as="/repo")
    folder.write("/repo/a.txt", "x", overwrite=False)
    assert folder.read("/repo/./a.txt") == "x"
    assert folder.is_directory("/repo")
    assert [entry.path for entry in folder.entries("/repo/")] == ["a.txt"]
    with pytest.raises(PathRefused):
        folder.read(path)
