"""What the Images API can be asked for beside the prompt."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """None is left out; the names are the wire's. What one of them means, `OpenAIBuilder.with_images` says."""

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
        """The fields of a request's body. Fidelity is an edit's, and previews are a stream's: elsewhere the server refuses them."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        if not edits:
            given.pop("input_fidelity", None)
        if not stream:
            given.pop("partial_images", None)
        return given
