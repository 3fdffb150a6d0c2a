"""The options of the Images API beside the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """Options of a drawing; None is left out.

    The names are the wire's, `OpenAIBuilder.with_images` explains them.
    """

    n: int | None = None
    size: str | None = None
    quality: str | None = None
    output_format: str | None = None
    output_compression: int | None = None
    background: str | None = None
    moderation: str | None = None
    input_fidelity: str | None = None
    partial_images: int | None = None

    def body(self, *, edits: bool, stream: bool) -> dict[str, object]:
        """Return the fields of a request's body.

        Fidelity belongs to an edit and previews to a stream: elsewhere the server refuses them.
        """
        given = {name: value for name, value in asdict(self).items() if value is not None}
        if not edits:
            given.pop("input_fidelity", None)
        if not stream:
            given.pop("partial_images", None)
        return given


@dataclass(frozen=True, slots=True)
class ImageDefaults:
    """What every request of a client that draws carries. `extra` is merged into the body last."""

    options: ImageOptions = ImageOptions()
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
