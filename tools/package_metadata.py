"""Write what the packages share: metadata in `packages/*/pyproject.toml`, LICENSE, `__version__`, and
dev.txt.

    python tools/package_metadata.py            write
    python tools/package_metadata.py --check    fail, and name the packages, where something would be written

A package states for itself: name, version, description, keywords, its dependencies and extras. Written here:
the licence, authors, classifiers, URLs, and the bounds between our own packages, which are released together.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = ""  # the address of the public repository; until it is known the packages name no URLs
CLASSIFIERS = (
    "Development Status :: 4 - Beta",
    "Framework :: AnyIO",
    "Framework :: AsyncIO",
    "Framework :: Trio",
    "Intended Audience :: Developers",
    "Operating System :: OS Independent",
    "Programming Language :: Python :: 3",
    "Programming Language :: Python :: 3 :: Only",
    "Programming Language :: Python :: 3.11",
    "Programming Language :: Python :: 3.12",
    "Programming Language :: Python :: 3.13",
    "Programming Language :: Python :: 3.14",
    "Topic :: Scientific/Engineering :: Artificial Intelligence",
    "Topic :: Software Development :: Libraries :: Python Modules",
    "Typing :: Typed",
)
COMMON_KEYWORDS = ("ai", "chat", "llm")
DEV_EXTRAS = {"chat_local": "[llama]"}  # what only some tests of a package need
KEYWORDS = {
    "chat-core": ("agents", "tools", "human-in-the-loop", "structured-output", "streaming"),
    "chat-openai": ("openai", "gpt", "responses-api"),
    "chat-claude": ("anthropic", "claude"),
    "chat-gemini": ("google", "gemini"),
    "chat-completions": ("openai-compatible", "vllm", "llama.cpp", "litellm"),
}


def packages() -> list[Path]:
    """Return the folders of the packages."""
    return sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))


def version() -> str:
    """Return the version of the packages. Leaves with a message where they have several."""
    found = {
        tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        for folder in packages()
    }
    if len(found) != 1:
        sys.exit(f"the packages have several versions: {', '.join(sorted(found))}")
    return str(found.pop())


def written(text: str) -> str:
    """Return a `pyproject.toml` with the shared metadata in it."""
    name = tomllib.loads(text)["project"]["name"]
    series = ".".join(tomllib.loads(text)["project"]["version"].split(".")[:2])
    for field in ("license-files", "authors", "keywords", "classifiers"):
        text = re.sub(rf"^{field} = \[(?:.*|\n(?: .*\n)*)\]\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^\[project\.urls\]\n(?:.+\n)*\n?", "", text, flags=re.MULTILINE)
    keywords = sorted({*COMMON_KEYWORDS, *KEYWORDS.get(name, (name.removeprefix("chat-"),))})
    shared = [
        'license = "MIT"',
        'license-files = ["LICENSE"]',
        'authors = [{ name = "the chat-py authors" }]',
        f"keywords = [{', '.join(map(_quoted, keywords))}]",
        "classifiers = [",
        *(f"    {_quoted(classifier)}," for classifier in CLASSIFIERS),
        "]",
    ]
    text = re.sub(r'^license = "MIT"\n', "\n".join(shared) + "\n", text, flags=re.MULTILINE)
    head, named, rest = text.partition(f'name = "{name}"')
    rest = re.sub(r'"(chat-[a-z0-9]+(?:\[[a-z0-9,]+\])?)(?:~=[\d.]+)?"', rf'"\1~={series}.0"', rest)
    text = head + named + rest
    text = re.sub(
        r'^\[project\.entry-points\."chat_core\.providers"\]\n(?:.+\n)*\n?', "", text, flags=re.MULTILINE
    )
    if builder := builder_of(name.replace("-", "_")):
        word, module = name.removeprefix("chat-"), name.replace("-", "_")
        entry = f'[project.entry-points."chat_core.providers"]\n{word} = "{module}:{builder}"\n\n'
        text = text.replace("[tool.hatch", entry + "[tool.hatch", 1)
    if REPOSITORY:
        urls = f'[project.urls]\nSource = "{REPOSITORY}"\nDocumentation = "{REPOSITORY}/tree/main/docs"\n\n'
        text = text.replace("[tool.hatch", urls + "[tool.hatch", 1)
    return text


def builder_of(package: str) -> str | None:
    """Return the name of a package's builder, by which `open_model` opens it."""
    init = (ROOT / "packages" / package / "src" / package / "__init__.py").read_text(encoding="utf-8")
    words = {package.replace("_", ""), package.removeprefix("chat_").replace("_", "")}
    names = re.findall(r'"(\w+)Builder"', init)
    return next((f"{name}Builder" for name in names if name.lower() in words), None)


def _quoted(text: str) -> str:
    return f'"{text}"'


def dev_requirements() -> str:
    """Return dev.txt: every package from its source, in the versions of constraints.txt."""
    lines = [f"-e packages/{folder.name}{DEV_EXTRAS.get(folder.name, '')}" for folder in packages()]
    about = "# Every package from its source. Written by tools/package_metadata.py."
    return "\n".join([about, "-c constraints.txt", *lines]) + "\n"


def files(folder: Path) -> dict[Path, str]:
    """Return the files of a package that this program writes, each with its text."""
    project = folder / "pyproject.toml"
    text = written(project.read_text(encoding="utf-8"))
    version = tomllib.loads(text)["project"]["version"]
    package = folder / "src" / folder.name
    init = (package / "__init__.py").read_text(encoding="utf-8")
    init = re.sub(r'^__version__ = ".*"\n\n?', "", init, flags=re.MULTILINE)
    found = {project: text, folder / "LICENSE": (ROOT / "LICENSE").read_text(encoding="utf-8")}
    if folder.name == "chat_core":  # its rooms need the version too, and do not see the package itself
        about = "The version of chat-core. Written by tools/package_metadata.py."
        found[package / "types" / "version.py"] = f'"""{about}"""\n\nVERSION = "{version}"\n'
    else:
        found[package / "__init__.py"] = init.replace(
            "__all__ = [", f'__version__ = "{version}"\n\n__all__ = [', 1
        )
    return found


def stale() -> list[str]:
    """Return the names of the packages whose files are not what this program writes."""
    return [
        folder.name
        for folder in packages()
        if any(
            not path.is_file() or path.read_text(encoding="utf-8") != text
            for path, text in files(folder).items()
        )
    ]


def main() -> None:
    """Write, or check."""
    if "--check" in sys.argv:
        if names := stale():
            sys.exit(f"run `python tools/package_metadata.py`: it would change {', '.join(names)}")
        return
    write()


def write() -> None:
    """Write the files."""
    for folder in packages():
        for path, text in files(folder).items():
            path.write_text(text, encoding="utf-8")
    (ROOT / "dev.txt").write_text(dev_requirements(), encoding="utf-8")


if __name__ == "__main__":
    main()
