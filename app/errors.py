"""Refusals: every one has a status, a stable code and a sentence that says what to do."""

from collections.abc import Mapping
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


class SecondFactorNeeded(NotSignedIn):
    """The password is right; the code of the second factor is missing."""

    code = "second_factor_needed"
    title = "Second factor needed"


class AccountNotReady(Forbidden):
    """The account has something left to do first: a password to change, a second factor to enrol."""

    code = "account_not_ready"
    title = "Account not ready"


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


class TooManyRequests(AppError):
    """More requests in a short time than an account, or an address, may send."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_seconds: int, headers: Mapping[str, str]) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
        self.headers = headers


class PreconditionFailed(AppError):
    """What is to be changed has changed since it was read."""

    status = 412
    code = "precondition_failed"
    title = "Changed since it was read"


class PreconditionRequired(AppError):
    """A change must name the state it starts from."""

    status = 428
    code = "precondition_required"
    title = "If-Match is missing"


class PayloadTooLarge(AppError):
    """The body of a request is longer than this service reads."""

    status = 413
    code = "payload_too_large"
    title = "Body too large"


class UriTooLong(AppError):
    """The address of a request, with its query, is longer than this service reads."""

    status = 414
    code = "uri_too_long"
    title = "Address too long"


class HeadersTooLarge(AppError):
    """The headers of a request are longer than this service reads."""

    status = 431
    code = "headers_too_large"
    title = "Headers too large"


class RequestTimeout(AppError):
    """The body of a request did not arrive in time."""

    status = 408
    code = "request_timeout"
    title = "Request too slow"


class TimedOut(AppError):
    """The service did not answer in time; what was asked for may still be done."""

    status = 503
    code = "timed_out"
    title = "No answer in time"


class ProviderFailed(AppError):
    """The outside OIDC provider did not answer, or its word about who signed in does not hold."""

    status = 502
    code = "provider_failed"
    title = "Provider failed"


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
