"""How far a builder has come, as types: they are never made, only named in type parameters."""

from __future__ import annotations


class NoModel:
    """The builder has no model yet."""


class HasModel:
    """The builder has its model."""


class NoEmbeddings:
    """The client will complete and stream."""


class HasEmbeddings:
    """The client will make embeddings too."""


class HasImages:
    """The client will draw pictures, and nothing else."""


class NeverPauses:
    """All tools are always executed."""


class MayPause:
    """Some tools may wait."""
