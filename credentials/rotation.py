"""Re-sealing of every stored credential under the current key."""

from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from credentials.errors import CredentialsError
from credentials.sealing import KeyRing, seal


class Report(NamedTuple):
    """What a rotation did."""

    resealed: int
    """Credentials that are now under the current key."""
    overtaken: int
    """Credentials that somebody else replaced in the meantime; their new value was left alone."""
    failed: dict[UUID, str]
    """Credentials that did not open, by id, with the reason."""


class _Stored(NamedTuple):
    credential_id: UUID
    organization: str
    integration_id: UUID
    purpose: str
    key_id: str
    sealed: bytes


def rotate(connection: psycopg.Connection, keys: KeyRing) -> Report:
    """Re-seal whatever is not under the current key.

    Each credential is replaced by itself, only if it is still what was read, so an interrupted rotation
    is continued by the next one and running it twice changes nothing.

    Args:
        connection: in autocommit, as the role `sync`.
        keys: the ring, with the new key first and the old ones still in it.
    """
    current = keys.current
    resealed, overtaken, failed = 0, 0, dict[UUID, str]()
    with connection.cursor(row_factory=class_row(_Stored)) as cursor:
        stored = cursor.execute(
            "select credential_id, organization, integration_id, purpose, key_id, sealed"
            " from private.credentials_not_sealed_with(%s)",
            [current.key_id],
        ).fetchall()
    for credential in stored:
        try:
            sealed = _reseal(credential, keys)
        except CredentialsError as error:
            failed[credential.credential_id] = str(error)
            continue
        replaced = connection.execute(
            "select private.replace_sealed(%s, %s, %s, %s)",
            [credential.credential_id, credential.sealed, current.key_id, sealed],
        ).fetchone()
        if replaced == (True,):
            resealed += 1
        else:
            overtaken += 1
    return Report(resealed, overtaken, failed)


def _reseal(credential: _Stored, keys: KeyRing) -> bytes:
    context = {
        "organization": credential.organization,
        "integration_id": str(credential.integration_id),
        "purpose": credential.purpose,
    }
    return seal(keys.open(credential.key_id, credential.sealed, **context), keys.current.public, **context)
