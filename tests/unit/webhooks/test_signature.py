import hashlib
import hmac
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import fuzz
from webhooks import signature
from webhooks.errors import UnauthorizedError

# RFC 4231, test case 2.
KEY = b"Jefe"
BODY = b"what do ya want for nothing?"
DIGEST = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
OTHER = "ab" * 32


def _accepts(header: str | None, *secrets: bytes, body: bytes = BODY) -> bool:
    return signature.is_signed(body, signature.parse(header), secrets or [KEY])


@pytest.mark.parametrize(
    "header",
    [
        DIGEST,
        DIGEST.upper(),
        DIGEST[:32] + DIGEST[32:].upper(),
        f"sha256={DIGEST}",
        f"sha256={DIGEST.upper()}",
        f"{OTHER},{DIGEST}",
        f"{DIGEST}, sha256={OTHER}",
        f"sha256={OTHER},\tsha256={DIGEST} ",
    ],
)
def test_a_right_signature_is_accepted_in_each_of_its_forms(header: str) -> None:
    assert _accepts(header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        ",",
        "sha256=",
        DIGEST[:-1],
        DIGEST + "0",
        DIGEST[:-1] + "g",
        DIGEST[:-1] + "é",
        DIGEST[:-1] + "٣",
        DIGEST[:-1] + "\n",
        DIGEST[:32] + " " + DIGEST[32:],
        f"{DIGEST}\n",
        f"SHA256={DIGEST}",
        f"sha1={DIGEST}",
        f"sha256=sha256={DIGEST}",
        f"sha256= {DIGEST}",
        f'"{DIGEST}"',
        f"0x{DIGEST[2:]}",
        f"{DIGEST},",
        f",{DIGEST}",
        f"{DIGEST};{OTHER}",
        f"{DIGEST} {OTHER}",
        f"{DIGEST},{DIGEST}",
        f"{DIGEST},{DIGEST.upper()}",
        f"{DIGEST},sha256={DIGEST}",
        f"{DIGEST},nonsense",
    ],
)
def test_a_malformed_header_is_the_one_error(header: str | None) -> None:
    with pytest.raises(UnauthorizedError):
        signature.parse(header)


def test_a_wrong_signature_is_not_accepted() -> None:
    assert not _accepts(OTHER)
    assert not _accepts(DIGEST, body=BODY + b" ")
    assert not _accepts(DIGEST, b"jefe")
    assert not signature.is_signed(BODY, signature.parse(DIGEST), [])


def test_a_secret_may_be_replaced_while_deliveries_come_in() -> None:
    assert _accepts(DIGEST, b"new secret", KEY)
    assert _accepts(DIGEST, KEY, b"old secret")


@given(body=st.binary(max_size=300), secret=st.binary(max_size=80), others=st.lists(st.binary(max_size=20), max_size=3))
def test_whatever_is_signed_is_accepted(body: bytes, secret: bytes, others: list[bytes]) -> None:
    digest = hmac.new(secret, body, hashlib.sha256).hexdigest()
    assert _accepts(f"sha256={digest}", *others, secret, body=body)


@given(body=st.binary(max_size=300), bit=st.integers(0, 255))
def test_one_wrong_bit_is_noticed(body: bytes, bit: int) -> None:
    digest = bytearray(hmac.digest(KEY, body, "sha256"))
    digest[bit // 8] ^= 1 << bit % 8
    assert not _accepts(digest.hex(), body=body)


headers = st.one_of(
    st.text(max_size=200),
    st.text(alphabet=string.hexdigits + "sha256=, \t", max_size=200),
    st.lists(st.sampled_from([DIGEST, DIGEST.upper(), f"sha256={OTHER}", "", " ", "zz", "é"]), max_size=4).map(
        ",".join
    ),
)


@fuzz.examples(200)
@given(headers)
def test_any_header_is_read_or_is_the_one_error(header: str) -> None:
    try:
        digests = signature.parse(header)
    except UnauthorizedError:
        fuzz.tried("signature headers", "refused")
        return
    fuzz.tried("signature headers", "read")
    assert digests
    assert all(len(digest) == 32 for digest in digests)
