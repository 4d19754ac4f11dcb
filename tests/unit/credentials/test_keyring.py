import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import CredentialsError, CredentialsKeys, KeyPair, KeyRing, MalformedKeyError, generate_keypair, seal
from credentials.sealing import decode_key, encode_key
from settings import ConfigurationError, Settings

OLD, NEW = generate_keypair(), generate_keypair()
CONTEXT = {
    "organization": "platform",
    "integration_id": "00000000-0000-0000-0000-000000000001",
    "purpose": "webhook_secret",
}


def test_the_first_key_is_the_current_one_and_the_others_still_open() -> None:
    ring = KeyRing.parse(f"{NEW.private_entry} \n {OLD.private_entry} ")
    assert ring.current == NEW
    for key in (OLD, NEW):
        assert ring.open(key.key_id, seal(b"secret", key.public, **CONTEXT), **CONTEXT) == b"secret"


@given(st.binary(min_size=32, max_size=32))
def test_a_key_reads_back_padded_or_not(key: bytes) -> None:
    assert decode_key(encode_key(key)) == key
    assert decode_key(encode_key(key) + "=") == key


@given(st.text(max_size=60))
def test_any_text_is_a_key_ring_or_the_one_error(text: str) -> None:
    with pytest.raises(MalformedKeyError):
        KeyRing.parse(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "at least one"),
        (encode_key(OLD.private), "entry 1"),
        (f"{NEW.private_entry} {OLD.private_entry}A", "entry 2"),
        (f"{NEW.private_entry} old:{encode_key(OLD.private)[:-1]}", "entry 2"),
        (f"{NEW.private_entry} old:{encode_key(OLD.private)[:-2]}*A", "entry 2"),
        (f"{NEW.private_entry} old:{encode_key(OLD.private)[:-1]}é", "entry 2"),
        (f":{encode_key(OLD.private)}", "entry 1"),
        (f"{OLD.private_entry} {OLD.key_id}:{encode_key(NEW.private)}", "same id"),
    ],
)
def test_a_malformed_ring_names_the_place_and_no_key(text: str, place: str) -> None:
    with pytest.raises(MalformedKeyError, match=place) as caught:
        KeyRing.parse(text)
    for key in (OLD, NEW):
        assert encode_key(key.private)[:20] not in str(caught.value)


def test_private_keys_are_not_in_any_printed_form() -> None:
    printed = f"{OLD!r} {KeyRing(OLD)!r} {KeyRing(OLD)}"
    assert OLD.key_id in printed
    assert encode_key(OLD.private) not in printed
    assert repr(OLD.private) not in printed


def test_a_key_id_is_a_fingerprint_of_the_public_key() -> None:
    assert KeyPair.from_private(OLD.private).key_id == OLD.key_id
    assert OLD.key_id != NEW.key_id


class Config(Settings):
    credentials_keys: CredentialsKeys


def test_a_program_reads_its_ring_from_the_environment() -> None:
    assert Config.load({"CREDENTIALS_KEYS": NEW.private_entry}).credentials_keys.current == NEW
    assert Config(credentials_keys=KeyRing(OLD)).credentials_keys.current == OLD


def test_a_program_reports_a_malformed_ring_with_its_other_settings() -> None:
    with pytest.raises(ConfigurationError, match=r"CREDENTIALS_KEYS is malformed: entry 1 should be") as caught:
        Config.load({"CREDENTIALS_KEYS": f"no-colon-{encode_key(OLD.private)}"})
    assert encode_key(OLD.private) not in str(caught.value)
    assert not isinstance(caught.value, CredentialsError)
