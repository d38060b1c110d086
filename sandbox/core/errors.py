"""The one family of errors that people see. Each says what is wrong, where, and what to do about it.

``message`` and ``remedy`` are English templates and catalogue keys; edges (CLI, portal, Lab) render them in the
reader's language. Raise the most telling subclass; programming mistakes stay ordinary Python exceptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sandbox.core.messages import Message, Translate


class SandboxError(Exception):
    """Base of all errors with a remedy. ``fields`` fill both templates; ``status`` is the nearest HTTP status."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "error"

    def __init__(self, message: str, remedy: str = "", **fields: Any) -> None:
        self.message = Message(message, fields)
        self.remedy = Message(remedy, fields)
        super().__init__(message, remedy)

    def __str__(self) -> str:
        return self.message.render()

    def render(self, translate: Translate | None = None) -> tuple[str, str]:
        """(what is wrong, what to do) in the reader's language."""
        return self.message.render(translate), self.remedy.render(translate)

    def __reduce__(self) -> Any:
        # Errors cross process borders (executor workers): rebuild from templates and fields.
        return _rebuild, (type(self), self.message, self.remedy)


def _rebuild(cls: type[SandboxError], message: Message, remedy: Message) -> SandboxError:
    error = cls.__new__(cls)
    Exception.__init__(error, message.template, remedy.template)
    error.message, error.remedy = message, remedy
    return error


class WrongValue(ValueError):
    """What is wrong with a value, said by one of pydantic's validators, which let nothing but ValueErrors pass.

    ``at`` is the path from the model that raises it to the value that is to be corrected. ``problems``: all that are
    wrong at once, itself if there are no others.
    """

    def __init__(self, template: str, *, at: Sequence[str | int] = (), **fields: Any) -> None:
        self.message = Message(template, fields)
        self.at = tuple(at)
        self.problems: tuple[WrongValue, ...] = (self,)
        super().__init__(self.message.render())

    @classmethod
    def of(cls, error: SandboxError) -> WrongValue:
        """``error`` where a file's value brought it about."""
        return cls("{problem} {remedy}", problem=error.message, remedy=error.remedy)

    @classmethod
    def together(cls, problems: Sequence[WrongValue]) -> WrongValue:
        """Several as one; there must be one at least."""
        whole = cls("{problem}", problem=problems[0].message)
        whole.problems = tuple(problems)
        return whole


class BadInput(SandboxError):
    """What the user gave cannot be used: a file, a form field, a spec."""

    status = 422
    slug = "bad-input"


class RowsBelow(BadInput):
    """Rows below a table look like totals or notes, and nobody has said what they are; the field ``count`` says how
    many."""

    slug = "rows-below"


class NotSignedIn(SandboxError):
    status = 401
    slug = "not-signed-in"


class NotAllowed(SandboxError):
    """The person may not do this; the message says who may."""

    status = 403
    slug = "not-allowed"


class BadgeMissing(NotAllowed):
    """A dataset asks for learning paths that the person has not completed; the field ``paths`` names them."""

    slug = "badge-missing"


class NotFound(SandboxError):
    status = 404
    slug = "not-found"


class Conflict(SandboxError):
    """The thing is not in the state that this step needs, or somebody else was faster."""

    status = 409
    slug = "conflict"


class TooLarge(SandboxError):
    status = 413
    slug = "too-large"


class TooBusy(SandboxError):
    """``retry_after``: when it is worth trying again, seconds; None when nobody can say."""

    status = 429
    slug = "too-busy"
    retry_after: int | None = None


class Damaged(SandboxError):
    """Something on disk is not what its hash, manifest or chain says."""

    status = 500
    slug = "damaged"


class Unavailable(SandboxError):
    """A program, a folder or a capability of the machine that is needed is not there."""

    status = 503
    slug = "unavailable"


class GateFailed(SandboxError):
    """A snapshot did not pass its gates; nothing was published."""

    status = 422
    slug = "gate-failed"
