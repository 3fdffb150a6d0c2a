"""Make a release of all packages, which have one version.

    python tools/release.py 0.2.0         on a clean checkout: set the version, date the changelog, keep the
                                          public API, and build all of it into dist/
    python tools/release.py 0.2.0 --try   the same in a copy of the checkout; only dist/ is written here
    python tools/release.py --build       build what is checked out: the newest version of CHANGELOG.md. With
                                          `--tag v0.2.0` fail where that is another version

dist/ has then: packages/ (wheels and sdists, checked by twine and check-wheel-contents), notes/ (what has
changed, by package), sbom/ (a CycloneDX bill of materials for each package, of an environment with it alone)
and SHA256SUMS; unsettled/ has the packages of UNSETTLED, which are not published.
A build of the same commit gives the same bytes: all is built a second time, elsewhere, and compared. Each
wheel is installed alone and imported, and the quickstart runs from them. It needs the package index, and
about four minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import changelog
import package_metadata
import package_template
from check_wheels import OPENS, check_quickstart, install_uv, run

ROOT = package_metadata.ROOT
CHANGELOG = ROOT / "CHANGELOG.md"
UNSETTLED = {"chat-mcp": "in the package index this name belongs to another project"}
_VERSION = re.compile(r"\d+\.\d+\.\d+")
NEXT = """
{version} is ready. Then:
  bash .ci/run
  git commit -am "Release {version}" && git tag v{version} && git push origin main v{version}
The tag has .github/workflows/release.yml build and publish it."""


def check_version(version: str, text: str, current: str) -> None:
    """Leave with a message where a version cannot follow those of a changelog."""
    if not _VERSION.fullmatch(version):
        sys.exit(f"{version} is no version: three numbers, such as 0.2.0")
    done = [known for known, _ in changelog.releases(text)]
    newest = max(map(_numbers, [*done, "0.0.0"]))
    if _numbers(version) <= newest or _numbers(version) < _numbers(current):
        sys.exit(f"{version} does not come after {'.'.join(map(str, newest)) if done else current}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def set_version(version: str, root: Path = ROOT) -> None:
    """Write a version into the packages, and its series into what depends on them."""
    for path in (root / "pyproject.toml", *root.glob("packages/*/pyproject.toml")):
        _substitute(path, r'^version = ".*"$', f'version = "{version}"')
    series = version.rpartition(".")[0]
    for name in ("examples/chat_acme/pyproject.toml", "AGENTS.md"):
        _substitute(root / name, r"chat-core~=\d+\.\d+\.0", f"chat-core~={series}.0")


def _substitute(path: Path, pattern: str, text: str) -> None:
    before = path.read_text(encoding="utf-8")
    after, count = re.subn(pattern, text, before, flags=re.MULTILINE)
    if not count:
        sys.exit(f"{path.relative_to(ROOT)} has no {pattern}")
    path.write_text(after, encoding="utf-8")


def prepare(version: str) -> None:
    """Write everything that a version changes in the checkout."""
    import released_api  # it imports the packages, which a build does not need

    if run("git", "status", "--porcelain"):
        sys.exit("the checkout has changes: commit them, or use --try, which takes what is committed")
    text = CHANGELOG.read_text(encoding="utf-8")
    check_version(version, text, package_metadata.version())
    names = [folder.name for folder in package_metadata.packages()]
    for name in names:
        if gone := released_api.removed(released_api.read(name), released_api.public_names(name)):
            sys.exit(
                f"these names of the last release are gone and were not deprecated in it: {', '.join(gone)}"
            )
    CHANGELOG.write_text(
        changelog.with_release(text, version, f"{datetime.now(UTC):%Y-%m-%d}"), encoding="utf-8"
    )
    set_version(version)
    package_metadata.write()
    package_template.write()
    for name in names:
        released_api.write(name, version)


def build(folder: Path, tag: str | None = None) -> str:
    """Build the newest version of the changelog into a folder, check it, and return the version."""
    text = CHANGELOG.read_text(encoding="utf-8")
    version, date = (changelog.releases(text) or [("", "")])[0]
    if version != package_metadata.version() or tag not in (None, f"v{version}"):
        sys.exit(
            f"the packages have version {package_metadata.version()}, the newest in CHANGELOG.md is "
            f"{version or 'none'}{f', the tag is {tag}' if tag else ''}: "
            "`python tools/release.py VERSION` makes them equal"
        )
    shutil.rmtree(folder, ignore_errors=True)
    # files in archives get the date of the release: the same commit gives the same bytes
    os.environ["SOURCE_DATE_EPOCH"] = f"{datetime.fromisoformat(f'{date}T00:00:00+00:00').timestamp():.0f}"
    with TemporaryDirectory() as place:
        tools = Path(place) / "tools"
        uv = install_uv(tools, "twine", "check-wheel-contents", "cyclonedx-bom")
        with timed("built and checked by twine and check-wheel-contents"):
            build_packages(uv, tools, folder / "packages", version)
        with timed("built a second time, elsewhere, to the same bytes"):
            build_again(uv, Path(place), folder / "packages")
        with timed("each installed alone and imported; bills of materials"):
            write_bills(uv, tools, folder, Path(place), version)
        with timed("the quickstart from the wheels"):
            check_quickstart(uv, folder / "packages", Path(place))
    set_aside(folder)
    write_digests(folder)
    names = [package.name.replace("_", "-") for package in package_metadata.packages()]
    (folder / "notes").mkdir()
    for name, lines in changelog.notes(text, version, names).items():
        (folder / "notes" / f"{name}.md").write_text(lines, encoding="utf-8")
    return version


def build_packages(uv: Path, tools: Path, packages: Path, version: str) -> None:
    """Build wheels and sdists, and have the established tools check them."""
    run(uv, "build", "--all-packages", "-o", packages)
    (packages / ".gitignore").unlink(missing_ok=True)  # uv writes one
    wheels, sources = sorted(packages.glob("*.whl")), sorted(packages.glob("*.tar.gz"))
    expected = len(package_metadata.packages())
    if {len(wheels), len(sources)} != {expected} or any(f"-{version}" not in path.name for path in wheels):
        sys.exit(f"expected {expected} wheels and sdists of {version}, there are: {[*wheels, *sources]}")
    run(tools / "bin/python", "-m", "twine", "check", "--strict", *wheels, *sources)
    # W002, equal files: two wires may have the same tape
    run(tools / "bin/check-wheel-contents", "--ignore", "W002", *wheels)


def build_again(uv: Path, place: Path, packages: Path) -> None:
    """Build from a copy of the sources in another folder, and compare; leave with the files that differ."""
    copy, again = place / "copy", place / "again"
    copy.mkdir()
    for name in run("git", "ls-files", "-z").split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)  # without the times and modes of the original
    run(uv, "build", "--all-packages", "-o", again, folder=copy)
    if differing := differences(packages, again):
        sys.exit(f"a second build gives other bytes: {', '.join(differing)}")


def differences(first: Path, second: Path) -> list[str]:
    """Return the names of wheels and sdists that are not the same, byte for byte, in two folders."""
    found = [
        {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".whl", ".gz")}
        for folder in (first, second)
    ]
    return sorted(name for name in found[0].keys() | found[1] if found[0].get(name) != found[1].get(name))


def set_aside(folder: Path) -> None:
    """Move the files of packages whose name is not settled out of what is published."""
    for name, reason in UNSETTLED.items():
        files = sorted((folder / "packages").glob(f"{name.replace('-', '_')}-*"))
        if files:
            (folder / "unsettled").mkdir(exist_ok=True)
            print(f"{name} is not published: {reason}")
        for path in files:
            path.rename(folder / "unsettled" / path.name)


def write_digests(folder: Path) -> None:
    """Write SHA256SUMS of all wheels and sdists."""
    paths = sorted(path for name in ("packages", "unsettled") for path in (folder / name).glob("*"))
    digests = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}" for path in paths
    )
    (folder / "SHA256SUMS").write_text("\n".join(digests) + "\n", encoding="utf-8")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something took."""
    begun = time.monotonic()
    yield
    print(f"{time.monotonic() - begun:4.0f} s  {what}", flush=True)


def write_bills(uv: Path, tools: Path, folder: Path, place: Path, version: str) -> None:
    """Install each package alone and import it, and write its bill of materials: what came with it."""
    bills = folder / "sbom"
    bills.mkdir()
    for package in package_metadata.packages():
        name = package.name.replace("_", "-")
        environment = place / name
        python = environment / "bin" / "python"
        run(uv, "venv", "-q", environment)
        install = (uv, "pip", "install", "-q", "--no-sources", "--python", python)
        wanted = f"{name}=={version}"  # never one of that name from the index
        run(*install, "--find-links", folder / "packages", wanted)
        run(python, "-I", "-W", "error", "-c", OPENS.format(name=name, module=package.name))
        options = ("--pyproject", package / "pyproject.toml", "--mc-type", "library", "--output-reproducible")
        run(tools / "bin/cyclonedx-py", "environment", *options, "-o", bills / f"{name}.cdx.json", python)


def try_out(version: str) -> None:
    """Release a version from a clone of this checkout, and take its dist/ over."""
    with TemporaryDirectory() as place:
        clone = Path(place) / "clone"
        run("git", "clone", "-q", ROOT, clone)
        done = subprocess.run([sys.executable, clone / "tools/release.py", version], cwd=clone, check=False)
        if done.returncode:
            sys.exit(done.returncode)
        shutil.rmtree(ROOT / "dist", ignore_errors=True)
        shutil.copytree(clone / "dist", ROOT / "dist")


def main() -> None:
    """Release, try a release out, or build."""
    parser = argparse.ArgumentParser(description="Make a release of all packages.")
    parser.add_argument("version", nargs="?", help="such as 0.2.0")
    parser.add_argument("--try", dest="tries", action="store_true", help="in a copy of the checkout")
    parser.add_argument("--build", action="store_true", help="build the version that is checked out")
    parser.add_argument("--tag", help="with --build: the tag that it is built for")
    given = parser.parse_args()
    if given.build == bool(given.version) or (given.tag and not given.build) or (given.tries and given.build):
        parser.error("give a version, or --build")
    if given.tries:
        try_out(given.version)
        return
    if given.version:
        prepare(given.version)
    version = build(ROOT / "dist", given.tag)
    print(f"dist/ has {version}: packages, notes, bills of materials, digests")
    if given.version:
        print(NEXT.format(version=version))


if __name__ == "__main__":
    main()
