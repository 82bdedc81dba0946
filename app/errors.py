"""Refusals: every one has a status, a stable code and a sentence that says what to do."""

from typing import ClassVar


class AppError(Exception):
    """A request or a command that is refused; `detail` says what was wrong and what to do."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, leaves_record: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.leaves_record = leaves_record


class Invalid(AppError):
    """A value that breaks a rule of the field: a wrong check digit, a date in the future."""

    status = 422
    code = "invalid_value"
    title = "Invalid value"


class NotSignedIn(AppError):
    """No token, or one that is wrong or too old."""

    status = 401
    code = "not_signed_in"
    title = "Not signed in"


class Forbidden(AppError):
    """The role or the division of the user does not allow this."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class ConsentMissing(AppError):
    """The subject has not agreed to this inquiry by this organisation for this purpose."""

    status = 403
    code = "consent_missing"
    title = "No valid consent"


class NotFound(AppError):
    """There is no such thing, or none that this user may know of."""

    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(AppError):
    """The state of the data does not allow this now."""

    status = 409
    code = "conflict"
    title = "Conflict"


class TooManyAttempts(AppError):
    """Too many failed sign-ins; the account rests for a while."""

    status = 429
    code = "too_many_attempts"
    title = "Too many attempts"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class NotReady(AppError):
    """The service lives but cannot answer yet: no database, old tables, or no published night."""

    status = 503
    code = "not_ready"
    title = "Not ready"


class DatabaseUnavailable(AppError):
    """The database cannot be used now: a cut connection, a full disk, a lock that does not end."""

    status = 503
    code = "database_unavailable"
    title = "Database unavailable"


class SetupError(AppError):
    """The installation cannot work as it is: a missing key, an unwritable folder, a busy port."""

    status = 500
    code = "setup_error"
    title = "Setup error"
