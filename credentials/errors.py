class CredentialsError(Exception):
    """Base of everything this package raises. No message quotes a key or a secret."""


class MalformedKeyError(CredentialsError, ValueError):
    """A key is not 32 bytes of base64url, or its id is missing or used twice."""


class MalformedContextError(CredentialsError, ValueError):
    """The organization, integration or purpose cannot be part of a sealing context."""


class UnknownKeyError(CredentialsError):
    """The key that a credential is sealed under is not in the key ring."""


class CannotOpenError(CredentialsError):
    """The sealed value was altered, or was sealed for another key, organization, integration or purpose."""
