"""Everything that can stop a job or a pass. The message is what people read on the job."""


class SyncError(Exception):
    """Base of everything this package raises. No message quotes a credential."""


class TransientError(SyncError):
    """Worth another try shortly."""


class ProviderError(SyncError):
    """MightyCall did not give what was asked; the message says what it answered."""


class ProviderUnavailable(ProviderError, TransientError):
    """No connection, no answer in time, or a 5xx."""


class MalformedAnswer(ProviderError, TransientError):
    """An answer that cannot be read: not JSON, the wrong shape, too large."""


class TruncatedPage(MalformedAnswer):
    """A page holds fewer items than its own total leaves."""


class RepeatedPage(MalformedAnswer):
    """Two pages in a row are the same, so the list does not advance."""


class EndlessList(ProviderError):
    """More pages than the provider's daily quota could ever read."""


class RequestRefused(ProviderError):
    """A 4xx, or `isSuccess: false`: asking again would bring the same."""


class AuthorizationDenied(RequestRefused):
    """The access token is expired or unknown, or the keys are wrong."""


class NotFound(RequestRefused):
    """MightyCall says that it has no such item; a path that it does not know is no such answer."""


class QuotaRefused(ProviderError):
    """MightyCall says that the API key's requests are used up."""


class QuotaSpent(SyncError):
    """Our own count says that no request may be sent now, or none for work of this urgency; nothing was sent.

    `reason` is `used_up`, `refused` (MightyCall did, within the last hour) or `kept_back` (for more urgent work).
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class UnusableCredentials(SyncError):
    """The integration has no API key or user key, or they do not open with our keys."""


class UnknownWork(SyncError):
    """A job that this version cannot do."""


class LeaseLost(SyncError):
    """The job is no longer this worker's; whoever holds it now finishes it."""


class Stopped(SyncError):
    """The process was asked to end."""


class Yielded(SyncError):
    """Something more urgent waits; what was read of this job stays read, and it goes on later."""


class DeliveryRefused(SyncError):
    """Our own webhook address did not take a test delivery; the message says what it answered."""


class DatabaseError(SyncError):
    """Base of what goes wrong between this process and Postgres."""


class DatabaseAway(DatabaseError):
    """Postgres cannot be reached, or the connection broke."""


class DatabaseNotReady(DatabaseError):
    """The role may not do its work: migrations or grants are missing."""


class DatabaseRefused(DatabaseError):
    """Postgres refused one statement; the connection is still good."""


class DatabaseBusy(DatabaseRefused, TransientError):
    """Two transactions were in each other's way, and this one gave in."""


class UnwritableLetter(SyncError):
    """A mail that this version cannot make a letter of."""


class MailError(SyncError):
    """Base of what keeps a letter from going out. No message names the recipient, or a host of ours."""


class MailServerUnusable(MailError, TransientError):
    """No letter can go out now: nobody answers, or the server takes nothing from us."""


class LetterNotTaken(MailError):
    """The server takes letters, but not this one; `answer` is what it said, as it said it."""

    def __init__(self, message: str, answer: str) -> None:
        super().__init__(message)
        self.answer = answer


class LetterDeferred(LetterNotTaken, TransientError):
    """Not now: the same letter may be taken later."""


class LetterRefused(LetterNotTaken):
    """Never: the address does not exist, or its server will not have the letter."""


class NothingSent(ProviderUnavailable):
    """No connection came about: it is certain that MightyCall has not heard of the request."""


class NoAnswer(ProviderUnavailable):
    """The request may have reached MightyCall, and nothing that can be read came back."""


class AudioError(SyncError):
    """Base of what keeps a recording from being fetched; the message is what people read at the recording."""


class AudioNotYet(AudioError, TransientError):
    """Not now: it may be there later, or at another link."""


class AudioRefused(AudioError):
    """Never: the recording itself cannot be kept."""


class ObjectDeferred(TransientError):
    """Storage did not take an object this time; the message is what people read at what it is of."""


class ObjectRefused(SyncError):
    """Storage takes no such object; the message is what people read at what it is of."""


class StorageUnusable(TransientError):
    """Storage takes nothing from us now, this object or any other."""


class UnprintableReport(SyncError):
    """No pages can be made of a report."""
