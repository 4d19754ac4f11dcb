"""The refusals of the API's door, in words for its callers."""

from collections.abc import Mapping

from webhooks.errors import WebhooksError


class UnknownKeyError(WebhooksError):
    """No key, a malformed one, or one that counts for nothing: which of them is not told."""

    status = 401
    code = "unauthorized"
    message = "The API key is missing or not valid."
    headers: Mapping[str, str] = {"WWW-Authenticate": 'Bearer realm="VictorySync API"'}


class TooManyRequestsError(WebhooksError):
    """The key has had its requests of this minute."""

    status = 429
    code = "too_many_requests"
    message = "The key has used up its requests of this minute."

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__()
        self.headers = {"Retry-After": str(retry_after_seconds)}


class BrokenRequestError(WebhooksError):
    """The request did not arrive whole, or cannot be put into one for PostgREST."""

    status = 400
    code = "bad_request"
    message = "The request cannot be passed on."


class LargeRequestError(WebhooksError):
    """The body is larger than any function's arguments."""

    status = 413
    code = "too_large"
    message = "The body of a request has at most 1 MiB."


class DatabaseAwayError(WebhooksError):
    """Nobody can be authenticated now; nothing was counted."""

    status = 503
    code = "unavailable"
    message = "The request could not be authenticated now. Please send it again."
    headers: Mapping[str, str] = {"Retry-After": "5"}


class BusyError(WebhooksError):
    """As many requests as may be are being answered; nothing was counted."""

    status = 503
    code = "busy"
    message = "Too many requests are being answered at once. Please send it again."
    headers: Mapping[str, str] = {"Retry-After": "1"}


class UpstreamUnavailableError(WebhooksError):
    """PostgREST cannot be reached, or broke off before it answered."""

    status = 502
    code = "upstream_unavailable"
    message = "The data could not be reached now. Please send the request again."


class UpstreamTimeoutError(WebhooksError):
    """PostgREST took the request and fell silent."""

    status = 504
    code = "upstream_timeout"
    message = "The answer took too long."
