"""Make a release of all packages, which have one version.

    python tools/release.py 0.2.0         on a clean checkout: set the version, date the changelog, keep the
                                          public API, and build all of it into dist/
    python tools/release.py 0.2.0 --try   the same in a copy of the checkout; only dist/ is written here
    python tools/release.py --build       build what is checked out: the newest version of CHANGELOG.md. With
                                          `--tag v0.2.0` fail where that is another version

dist/ has then: packages/ (wheels and sdists, checked by twine and check-wheel-contents), notes/ (what has
changed, by package), sbom/ (a CycloneDX bill of materials for each package, of an environment with it alone)
and SHA256SUMS.
A build of the same commit gives the same bytes. It needs the package index, and about two minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import changelog
import package_metadata
import package_template
from check_wheels import install_uv, run

ROOT = package_metadata.ROOT
CHANGELOG = ROOT / "CHANGELOG.md"
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
        build_packages(uv, tools, folder / "packages", version)
        write_bills(uv, tools, folder, Path(place), version)
    names = [package.name.replace("_", "-") for package in package_metadata.packages()]
    (folder / "notes").mkdir()
    for name, lines in changelog.notes(text, version, names).items():
        (folder / "notes" / f"{name}.md").write_text(lines, encoding="utf-8")
    return version


def build_packages(uv: Path, tools: Path, packages: Path, version: str) -> None:
    """Build wheels and sdists, have the established tools check them, and write their digests."""
    run(uv, "build", "--all-packages", "-o", packages)
    (packages / ".gitignore").unlink(missing_ok=True)  # uv writes one
    wheels, sources = sorted(packages.glob("*.whl")), sorted(packages.glob("*.tar.gz"))
    expected = len(package_metadata.packages())
    if {len(wheels), len(sources)} != {expected} or any(f"-{version}" not in path.name for path in wheels):
        sys.exit(f"expected {expected} wheels and sdists of {version}, there are: {[*wheels, *sources]}")
    run(tools / "bin/python", "-m", "twine", "check", "--strict", *wheels, *sources)
    run(tools / "bin/check-wheel-contents", *wheels)
    digests = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  packages/{path.name}"
        for path in [*wheels, *sources]
    ]
    (packages.parent / "SHA256SUMS").write_text("\n".join(digests) + "\n", encoding="utf-8")


def write_bills(uv: Path, tools: Path, folder: Path, place: Path, version: str) -> None:
    """Write the bill of materials of each package: what is installed with it, with licences."""
    bills = folder / "sbom"
    bills.mkdir()
    for package in package_metadata.packages():
        name = package.name.replace("_", "-")
        environment = place / name
        python = environment / "bin" / "python"
        run(uv, "venv", "-q", environment)
        wanted = f"{name}=={version}"  # never one of that name from the index
        run(
            uv,
            "pip",
            "install",
            "-q",
            "--no-sources",
            "--python",
            python,
            "--find-links",
            folder / "packages",
            wanted,
        )
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
