"""Check with `pyright --verifytypes` that every public name of every package has a type, in about a minute.

    python tools/verify_types.py              all packages
    python tools/verify_types.py chat_core    these

It fails below 100 %, and shows what is missing. The packages are those installed beside this Python.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import package_metadata

_SCORE = re.compile(r"Type completeness score: ([\d.]+)%")
_PUBLIC = re.compile(r'Symbols exported by "\w+": (\d+)')


def verify(package: str, folder: Path) -> tuple[bool, str]:
    """Return whether all public names of a package have types, and a line or more about it."""
    binaries = Path(sys.executable).parent
    path = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"  # where pyright looks for Python
    done = subprocess.run(
        [str(binaries / "pyright"), "--ignoreexternal", "--verifytypes", package],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    score, public = _SCORE.search(done.stdout), _PUBLIC.search(done.stdout)
    if score is None or public is None:
        return False, f"{package}: pyright gives no score\n{done.stdout}{done.stderr}"
    is_complete = done.returncode == 0 and float(score[1]) == 100 and int(public[1]) > 0
    about = f"{package}: {score[1]} % of {public[1]} public names have a type"
    return is_complete, about if is_complete else f"{about}\n{done.stdout}"


def main() -> None:
    """Verify the packages that are named, or all."""
    names = sys.argv[1:] or [folder.name for folder in package_metadata.packages()]
    with TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        found = list(pool.map(verify, names, [Path(folder)] * len(names)))
    print(*(about for _, about in found), sep="\n")
    if not all(is_complete for is_complete, _ in found):
        sys.exit("a public name has no type, or one that type checkers would infer differently: annotate it")


if __name__ == "__main__":
    main()
