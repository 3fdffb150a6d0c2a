"""What a chat was built with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chat_core.chat.toolbox import ToolBox
from chat_core.types.options import ChatOptions, checked_options
from chat_core.types.retry_policy import RetryPolicy

if TYPE_CHECKING:
    from chat_core.chat.checkpoints import Checkpoint
    from chat_core.chat.structured import OutputType
    from chat_core.middleware.chain import Hooks


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Setup:
    """What a chat was built with. It holds no conversation."""

    tools: ToolBox
    options: ChatOptions
    output: OutputType[object] | None
    max_steps: int
    retry: RetryPolicy
    may_pause: bool
    checkpoint: Checkpoint | None = None
    output_retries: int = 0
    snapshots: bool = True
    hooks: Hooks | None = None
    _unobserved: Setup | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.hooks is not None and self.hooks.embeddings:
            object.__setattr__(self, "_unobserved", replace(self, hooks=self.hooks.unobserved))

    def now(self) -> Setup:
        """Return what holds for a call that begins now: without observers where nothing records."""
        hooks = self.hooks
        if self._unobserved is None or hooks is None or hooks.is_recorded:
            return self
        return self._unobserved

    def with_options(self, options: ChatOptions | None) -> Setup:
        """Return the setup of one call with options of its own."""
        if options is None:
            return self
        return replace(self, options=self.options.merged(checked_options(options, "options=")))
