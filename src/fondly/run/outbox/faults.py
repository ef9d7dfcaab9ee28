"""Named places in the sending path where a proof can step in: kill, wait, look.

Nothing happens here unless a test puts its own function into `reach`.
"""

from collections.abc import Callable

NAMES = (
    "before_claim", "after_claim", "after_connect", "after_mail", "after_rcpt", "after_data", "after_body",
    "before_commit", "checked", "after_commit", "after_dot", "after_reply", "before_result", "after_result",
)  # fmt: skip


def _nothing(name: str) -> None:
    """The default: go on."""


_hook: Callable[[str], None] = _nothing


def reach(name: str) -> None:
    """The sender has reached this place."""
    _hook(name)


def use(hook: Callable[[str], None] | None) -> None:
    """Call `hook(name)` at every place from now on; None goes back to nothing."""
    global _hook
    _hook = hook or _nothing
