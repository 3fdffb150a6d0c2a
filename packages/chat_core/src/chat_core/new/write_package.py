"""The files of a new provider package, made of a template: `template/` has the example, `chat_acme`."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from pathlib import Path

from chat_core.types.errors import ConfigurationError

TEMPLATE = Path(__file__).parent / "template"
SUFFIX = ".txt"  # of the files of the template, so that nothing takes them for Python


@dataclass(frozen=True, slots=True)
class Names:
    """A provider's name as the files spell it: `acme`, `Acme`, `ACME`."""

    name: str

    @property
    def module(self) -> str:
        """The package to import, `chat_acme`."""
        return f"chat_{self.name}"

    def put_into(self, text: str) -> str:
        """Return a text of the template with this name in it."""
        title = "".join(word.title() for word in self.name.split("_"))
        dashed = self.name.replace("_", "-")
        for old, new in (
            ("chat-acme", f"chat-{dashed}"),
            ("acme-1", f"{dashed}-1"),
            ("acme.example", f"{dashed}.example"),
            ("acme", self.name),
            ("Acme", title),
            ("ACME", self.name.upper()),
        ):
            text = text.replace(old, new)
        return text


def names_of(name: str) -> Names:
    """Return the spellings of a name, which may begin with `chat_`. Raises `ConfigurationError` for others
    than Python can import.
    """
    short = name.strip().replace("-", "_").removeprefix("chat_")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", short) or keyword.iskeyword(short) or short == "core":
        raise ConfigurationError(
            f"{name!r} cannot be the name of a package: small letters, digits and _, such as chat_acme"
        )
    return Names(short)


def write_package(name: str, into: Path) -> Path:
    """Write the package and return its folder, `into/chat_name`.

    Raises `ConfigurationError` where the folder is there already, and for a name that cannot be.
    """
    names = names_of(name)
    folder = into / names.module
    if folder.exists():
        raise ConfigurationError(f"{folder} is there already: choose another name, or --into another folder")
    for source in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        place = str(source.relative_to(TEMPLATE)).removesuffix(SUFFIX)
        target = folder / names.put_into(place)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(names.put_into(source.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    return folder
