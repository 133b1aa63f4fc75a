"""Why could a source not be read, and would a retry help?"""

from __future__ import annotations


class SourceFailure(Exception):
    """A source could not be read completely, so nothing was stored."""

    retryable = False

    def __init__(self, message: str) -> None:
        hints = ("Nothing was stored.", "A retry may help." if self.retryable else "A retry will not help.")
        super().__init__(" ".join([message, *(hint for hint in hints if hint not in message)]))


class TransientFailure(SourceFailure):
    """The network, a limit or the server's own trouble: the same request may succeed later."""

    retryable = True


class PermanentFailure(SourceFailure):
    """Credentials, scopes, a changed interface or contradictory answers: somebody has to act first."""
