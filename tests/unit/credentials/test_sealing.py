from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from credentials import (
    CannotOpenError,
    CredentialsError,
    KeyPair,
    KeyRing,
    MalformedContextError,
    MalformedKeyError,
    UnknownKeyError,
    generate_keypair,
    seal,
)

KEY = generate_keypair()
RING = KeyRing(KEY)

organizations = st.one_of(st.just("platform"), st.uuids().map(str))
purposes = st.sampled_from(["api_key", "user_key", "webhook_secret", "access_token", "refresh_token"])
contexts = st.fixed_dictionaries(
    {"organization": organizations, "integration_id": st.uuids().map(str), "purpose": purposes}
)
CONTEXT = {"organization": "platform", "integration_id": str(UUID(int=1)), "purpose": "api_key"}


@given(secret=st.binary(max_size=200), context=contexts)
def test_what_is_sealed_opens_for_the_same_use(secret: bytes, context: dict[str, str]) -> None:
    assert RING.open(KEY.key_id, seal(secret, KEY.public, **context), **context) == secret


@given(context=contexts, other=contexts)
def test_what_is_sealed_does_not_open_for_another_use(context: dict[str, str], other: dict[str, str]) -> None:
    assume(context != other)
    sealed = seal(b"secret", KEY.public, **context)
    with pytest.raises(CannotOpenError):
        RING.open(KEY.key_id, sealed, **other)


@given(context=contexts, data=st.data())
@pytest.mark.parametrize("part", ["organization", "integration_id", "purpose"])
def test_each_part_of_the_use_is_bound(part: str, context: dict[str, str], data: st.DataObject) -> None:
    other = context | {part: data.draw(contexts)[part]}
    assume(other != context)
    with pytest.raises(CannotOpenError):
        RING.open(KEY.key_id, seal(b"secret", KEY.public, **context), **other)


@given(secret=st.binary(max_size=64), data=st.data())
def test_one_changed_bit_is_noticed(secret: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(secret, KEY.public, **CONTEXT))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    # The top bit of an X25519 point is ignored by definition (RFC 7748), but HPKE binds the encoding it was sent in.
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpenError):
        RING.open(KEY.key_id, bytes(sealed), **CONTEXT)


@given(sealed=st.binary(max_size=100))
def test_anything_else_does_not_open(sealed: bytes) -> None:
    with pytest.raises(CannotOpenError):
        RING.open(KEY.key_id, sealed, **CONTEXT)


def test_a_truncated_or_extended_value_does_not_open() -> None:
    sealed = seal(b"secret", KEY.public, **CONTEXT)
    for altered in (sealed[:-1], sealed[1:], sealed + b"\0", sealed[:32], b""):
        with pytest.raises(CannotOpenError):
            RING.open(KEY.key_id, altered, **CONTEXT)


def test_another_key_does_not_open() -> None:
    other = KeyPair.from_private(generate_keypair().private, KEY.key_id)
    with pytest.raises(CannotOpenError):
        KeyRing(other).open(KEY.key_id, seal(b"secret", KEY.public, **CONTEXT), **CONTEXT)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(UnknownKeyError, match="'gone'"):
        RING.open("gone", b"", **CONTEXT)


def test_sealing_twice_gives_different_values() -> None:
    assert seal(b"secret", KEY.public, **CONTEXT) != seal(b"secret", KEY.public, **CONTEXT)


def test_ids_are_the_same_in_either_case_and_type() -> None:
    integration, organization = UUID(int=0xABCDEF), UUID(int=0xFEDCBA)
    sealed = seal(
        b"secret", KEY.public, organization=str(organization).upper(), integration_id=integration, purpose="api_key"
    )
    opened = RING.open(
        KEY.key_id,
        sealed,
        organization=str(organization),
        integration_id=str(integration).upper(),
        purpose="api_key",
    )
    assert opened == b"secret"


@pytest.mark.parametrize(
    "wrong",
    [
        {"organization": "Platform"},
        {"organization": ""},
        {"organization": f"platform|{UUID(int=1)}"},
        {"integration_id": "one"},
        {"purpose": ""},
        {"purpose": "api|key"},
        {"purpose": "api_key\n"},
    ],
)
def test_a_context_that_could_be_read_two_ways_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(MalformedContextError):
        seal(b"secret", KEY.public, **CONTEXT | wrong)
    with pytest.raises(MalformedContextError):
        RING.open(KEY.key_id, b"", **CONTEXT | wrong)


@pytest.mark.parametrize("public_key", [b"", b"\1" * 31, b"\1" * 33, b"\0" * 32])
def test_what_is_no_public_key_is_refused(public_key: bytes) -> None:
    with pytest.raises(MalformedKeyError):
        seal(b"secret", public_key, **CONTEXT)


def test_every_error_is_of_the_one_tree() -> None:
    for error in (MalformedKeyError, MalformedContextError, UnknownKeyError, CannotOpenError):
        assert issubclass(error, CredentialsError)
