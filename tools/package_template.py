"""Write the template of `python -m chat_core.new` from examples/chat_acme.

python tools/package_template.py          write it
python tools/package_template.py --check  only say whether it would change
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "chat_acme"
TEMPLATE = ROOT / "packages/chat_core/src/chat_core/new/template"
_LEFT_OUT = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "dist", "build")


def files() -> dict[Path, bytes]:
    """Return the files of the example, by their path in it."""
    found = (path for path in sorted(EXAMPLE.rglob("*")) if path.is_file())
    inside = {path.relative_to(EXAMPLE): path for path in found}
    return {
        name: path.read_bytes()
        for name, path in inside.items()
        if not any(
            part in _LEFT_OUT or part.startswith(".") or part.endswith(".egg-info") for part in name.parts
        )
    }


def stale() -> list[str]:
    """Return the files of the template that are not those of the example."""
    wanted = {Path(f"{name}.txt"): data for name, data in files().items()}
    there = {path.relative_to(TEMPLATE): path.read_bytes() for path in TEMPLATE.rglob("*") if path.is_file()}
    return sorted(str(name) for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def main() -> None:
    """Write the template, or say what is stale."""
    if "--check" in sys.argv:
        sys.exit(
            f"run `python tools/package_template.py`: it would change {', '.join(stale())}" if stale() else 0
        )
    write()


def write() -> None:
    """Write the template."""
    for path in sorted(TEMPLATE.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    for name, data in files().items():
        target = TEMPLATE / f"{name}.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main()
