"""The door over a database that is told what to say: whatever is sent, never a 500, and every refusal the same."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from credentials import KeyRing, generate_keypair, seal
from webhooks import deliveries, errors, signature, token
from webhooks.committer import Committer
from webhooks.database import Delivery, Outcome, StoredSecret
from webhooks.errors import UnavailableError
from webhooks.secrets import Secrets

KEY = generate_keypair()
INTEGRATION, TOKEN_INTEGRATION, BROKEN_INTEGRATION = uuid4(), uuid4(), uuid4()
SECRET = b"the secret"
TOKEN, OLD_TOKEN, API_KEY = "t" * 43, "o" * 43, "the key of the account"
NOW = datetime(2026, 6, 5, 13, 38, 29, tzinfo=UTC)
BODY = b'{"EventType":"IncomingCall","ApiKey":"key"}'
REASONS = ("has not its token in its path", "names the ApiKey of another account")
REFUSAL = {"error": "unauthorized", "message": "The delivery is not proven to come from a known integration."}


def _stored(
    integration_id: UUID, mode: str = "signed", purpose: str = "webhook_secret", secret: bytes = SECRET
) -> StoredSecret:
    sealed = seal(secret, KEY.public, organization="platform", integration_id=integration_id, purpose=purpose)
    return StoredSecret("platform", mode, purpose, KEY.key_id, sealed)


def _token(token: str) -> StoredSecret:
    return StoredSecret("platform", "token", "token", token_hash=hashlib.sha256(token.encode()).digest())


class Door:
    """The app, and what came through."""

    def __init__(self) -> None:
        self.kept: list[Delivery] = []
        self.is_away = False
        stored = {
            INTEGRATION: [_stored(INTEGRATION)],
            TOKEN_INTEGRATION: [
                _token(TOKEN),
                _token(OLD_TOKEN),
                _stored(TOKEN_INTEGRATION, "token", "api_key", API_KEY.encode()),
                _stored(TOKEN_INTEGRATION, "token"),
            ],
            BROKEN_INTEGRATION: [_stored(INTEGRATION)],
        }
        secrets = Secrets(lambda integration_id: stored.get(integration_id, []), KeyRing(KEY), 60, lambda: 0)
        app = Flask("door")
        app.url_map.merge_slashes = False
        app.register_blueprint(deliveries.blueprint(secrets, Committer(self._ingest), lambda: NOW))
        errors.register(app)
        self.client = app.test_client()

    def _ingest(self, group: Sequence[Delivery]) -> list[Outcome]:
        if self.is_away:
            raise UnavailableError
        self.kept += group
        return [Outcome(n, "applied", False) for n, _ in enumerate(group, start=1)]

    def post(
        self, body: bytes, signature: str | None = None, integration: object = INTEGRATION, **headers: str
    ) -> TestResponse:
        sent = headers if signature is None else headers | {"X-Signature": signature}
        return self.client.post(f"/webhooks/mightycall/{integration}", data=body, headers=sent)


@pytest.fixture
def door() -> Door:
    return Door()


def sign(body: bytes, secret: bytes = SECRET) -> str:
    return hmac.digest(secret, body, "sha256").hex()


def test_a_signed_delivery_is_kept_as_it_came_with_the_time_it_came_at(door: Door) -> None:
    answer = door.post(BODY, sign(BODY))
    assert (answer.status_code, answer.json) == (200, {"status": "applied", "duplicate": False})
    assert door.kept == [Delivery(INTEGRATION, BODY.decode(), NOW)]


def test_the_id_may_be_written_in_either_case(door: Door) -> None:
    assert door.post(BODY, sign(BODY), str(INTEGRATION).upper()).status_code == 200


def test_a_token_in_the_path_is_enough_where_the_integration_goes_by_token(door: Door) -> None:
    told = [
        b"{}",
        json.dumps({"ApiKey": API_KEY}).encode(),
        b'{"ApiKey":null}',
        b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ]
    for body in told:
        for known in (TOKEN, OLD_TOKEN):
            assert door.post(body, integration=f"{TOKEN_INTEGRATION}/{known}").status_code == 200
    assert door.post(b"{}", "nonsense", f"{str(TOKEN_INTEGRATION).upper()}/{TOKEN}").status_code == 200
    assert [each.body.encode() for each in door.kept] == [body for body in told for _ in range(2)] + [b"{}"]
    assert {each.integration_id for each in door.kept} == {TOKEN_INTEGRATION}


@pytest.mark.parametrize("body", [b"[]", b"not json", b"\xff", b'{"a":' * 100_000])
def test_with_its_token_but_no_object_is_400_and_without_it_tells_nothing_of_it(door: Door, body: bytes) -> None:
    assert door.post(body, integration=f"{TOKEN_INTEGRATION}/{TOKEN}").status_code == 400
    assert door.post(body, integration=f"{TOKEN_INTEGRATION}/{TOKEN[:-1]}").status_code == 401
    assert door.kept == []


@pytest.mark.parametrize("body", [b"[]", b"not json", b"\xff", b'{"a":' * 100_000])
def test_signed_but_no_object_is_400_and_unsigned_tells_nothing_of_it(door: Door, body: bytes) -> None:
    answer = door.post(body, sign(body))
    assert (answer.status_code, answer.get_json()["error"]) == (400, "not_json")
    assert door.post(body, sign(body, b"another secret")).status_code == 401
    assert door.kept == []


def _refused(door: Door) -> Iterable[TestResponse]:
    right = sign(BODY)
    yield door.post(BODY)
    for malformed in ("", "é", "sha256=", right[:-1], right + "0", f"{right},{right}", sign(BODY + b" ")):
        yield door.post(BODY, malformed)
    for unknown in (uuid4(), TOKEN_INTEGRATION, UUID(int=0)):
        yield door.post(BODY, right, unknown)
    for named in ("another key", [API_KEY], API_KEY + " ", "\ud800"):
        yield door.post(json.dumps({"ApiKey": named}).encode(), None, f"{TOKEN_INTEGRATION}/{TOKEN}")
    for wrong in ("", TOKEN[:-1], TOKEN + "x", TOKEN + "/", "/" + TOKEN, TOKEN.upper(), "%00", "%ff", "x" * 5000):
        yield door.post(b"{}", right, f"{TOKEN_INTEGRATION}/{wrong}")
    # A token opens no integration that signs, a signature none that goes by token, and neither another one.
    for integration in (INTEGRATION, uuid4(), "no id", UUID(int=0)):
        yield door.post(b"{}", sign(b"{}"), f"{integration}/{TOKEN}")
    yield door.post(b"{}", sign(b"{}"), TOKEN_INTEGRATION)
    yield door.post(b"{}", None, f"{TOKEN_INTEGRATION}?token={TOKEN}")
    yield door.post(b"{}", None, TOKEN_INTEGRATION, Authorization=f"Bearer {TOKEN}")
    # Neither a second spelling of an id nor a path below it is a way in.
    for integration in ("1", f"{INTEGRATION}/token", f"{INTEGRATION}/", f"{{{INTEGRATION}}}", INTEGRATION.hex):
        yield door.post(BODY, right, integration)
    for integration in (f"urn:uuid:{INTEGRATION}", "%00", "%ff", "%F0%9F%98%80", f" {INTEGRATION}", "'--"):
        yield door.post(BODY, right, integration)


def test_every_refusal_is_the_same_to_the_byte(door: Door) -> None:
    refused = list(_refused(door))
    assert {(answer.status_code, answer.get_data()) for answer in refused} == {(401, refused[0].get_data())}
    assert len({tuple(answer.headers) for answer in refused}) == 1
    assert refused[0].json == REFUSAL
    assert door.kept == []


def test_an_unknown_integration_costs_as_many_digests_as_a_known_one(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def is_signed(body: bytes, digests: Iterable[bytes], secrets: Sequence[bytes]) -> bool:
        made.append(len(secrets))
        return signature.is_signed(body, digests, secrets)

    monkeypatch.setattr(deliveries, "signature", SimpleNamespace(**vars(signature) | {"is_signed": is_signed}))
    for integration in (INTEGRATION, uuid4(), TOKEN_INTEGRATION, "no id"):
        assert door.post(BODY, "ab" * 32, integration).status_code == 401
    assert made == [1, 1] * 4


def test_an_unknown_integration_costs_as_many_hashes_of_tokens_as_a_known_one(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bool] = []

    def is_valid(given: str, hashes: Sequence[bytes]) -> bool:
        made.append(len(hashes) > 0)
        return token.is_valid(given, hashes)

    monkeypatch.setattr(deliveries, "token", SimpleNamespace(**vars(token) | {"is_valid": is_valid}))
    for integration in (TOKEN_INTEGRATION, uuid4(), INTEGRATION, "no id"):
        assert door.post(BODY, None, f"{integration}/{'w' * 43}").status_code == 401
    assert made == [True, True] * 4


def test_the_log_names_the_integration_and_the_reason_and_never_a_token_or_a_key(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for path in (
        f"{TOKEN_INTEGRATION}/{TOKEN}",
        f"{TOKEN_INTEGRATION}/{TOKEN}x",
        f"{INTEGRATION}/{TOKEN}",
        f"x/{TOKEN}",
    ):
        door.post(b'{"ApiKey":"their key"}', None, path)
    assert {f"integration {TOKEN_INTEGRATION}: a delivery {reason}" for reason in REASONS} <= set(caplog.messages)
    for unsigned in (None, "nonsense", "ab" * 32):
        caplog.clear()
        assert door.post(BODY, unsigned).status_code == 401
        assert caplog.messages == [f"integration {INTEGRATION}: a delivery is not signed as it should be"]
    assert TOKEN not in caplog.text
    assert "their key" not in caplog.text


def test_an_unexpected_error_is_a_500_that_tells_no_token_to_anybody(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ValueError(f"quotes {TOKEN}")

    monkeypatch.setattr(deliveries, "body", SimpleNamespace(read=fail))
    answer = door.post(BODY, None, f"{TOKEN_INTEGRATION}/{TOKEN}")
    assert (answer.status_code, answer.get_json()["error"]) == (500, "internal_server_error")
    assert "ValueError" in caplog.text
    assert "in deliver" in caplog.text
    assert TOKEN not in caplog.text + answer.text


def test_an_integration_without_a_secret_that_opens_asks_to_send_again(door: Door) -> None:
    assert door.post(BODY, sign(BODY), BROKEN_INTEGRATION).status_code == 503


def test_while_the_database_is_away_the_sender_is_asked_to_send_again(door: Door) -> None:
    door.is_away = True
    answer = door.post(BODY, sign(BODY))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["error"] == "unavailable"


@pytest.mark.parametrize("integration", [INTEGRATION, UUID(int=1), "anything"])
@pytest.mark.parametrize("signature", [None, sign(BODY), sign(b"")])
def test_the_providers_checks_are_answered_and_kept_nowhere(
    door: Door, integration: object, signature: str | None
) -> None:
    for answer in (
        door.post(BODY, signature, integration, Echo="abc é"),
        door.post(b"", signature, integration, Echo=""),
    ):
        assert answer.status_code == 200
    assert door.post(BODY, signature, integration, Echo="abc é").headers["Echo"] == "abc é"
    assert door.post(b"", signature, integration).status_code == 200
    answer = door.client.get(f"/webhooks/mightycall/{integration}", headers={"Echo": "abc"})
    assert (answer.status_code, answer.headers["Echo"]) == (200, "abc")
    assert door.client.get(f"/webhooks/mightycall/{integration}").status_code == 200
    assert door.kept == []


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", "/webhooks/mightycall/x", 405), ("GET", "/no", 404)])
def test_what_does_not_exist_is_answered_in_the_same_form(door: Door, method: str, path: str, status: int) -> None:
    answer = door.client.open(path, method=method)
    assert answer.status_code == status
    assert set(answer.get_json()) == {"error", "message"}


def test_a_body_over_the_limit_is_413_before_anything_else(door: Door) -> None:
    large = b" " * (1024 * 1024) + b"{}"
    assert door.post(large).status_code == 413
    assert door.post(large, sign(large)).status_code == 413
    exact = b" " * (1024 * 1024 - 2) + b"{}"
    assert door.post(exact, sign(exact)).status_code == 200


latin_1 = st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n"), max_size=80)
bodies = st.one_of(
    st.binary(max_size=200),
    st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.integers(), st.text()), max_size=3).map(
        lambda value: json.dumps(value).encode("utf-8", "surrogatepass")
    ),
)
DOOR = Door()


@given(body=bodies, header=latin_1)
def test_no_body_and_no_header_breaks_the_door(body: bytes, header: str) -> None:
    before = len(DOOR.kept)
    assert DOOR.post(body, header).status_code == (401 if body else 200)
    assert len(DOOR.kept) == before


@given(body=bodies)
def test_what_is_signed_is_kept_or_is_no_object(body: bytes) -> None:
    before = len(DOOR.kept)
    answer = DOOR.post(body, sign(body))
    assert answer.status_code in {200, 400}
    is_kept = len(DOOR.kept) > before
    assert is_kept == (answer.status_code == 200 and body != b"")


@given(integration=st.text(st.characters(codec="utf-8", exclude_characters="?#"), min_size=1, max_size=40))
def test_no_path_breaks_the_door(integration: str) -> None:
    assert DOOR.post(BODY, sign(BODY), integration).status_code in {401, 404}


@given(echo=latin_1)
def test_any_echo_comes_back(echo: str) -> None:
    answer = DOOR.post(BODY, Echo=echo)
    assert (answer.status_code, answer.headers["Echo"]) == (200, echo)
