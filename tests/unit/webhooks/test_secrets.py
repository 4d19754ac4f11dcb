import hashlib
from uuid import UUID, uuid4

import pytest

from credentials import KeyRing, generate_keypair, seal
from webhooks import secrets as module
from webhooks.database import StoredSecret
from webhooks.errors import UnavailableError
from webhooks.secrets import Proofs, Secrets

KEY, OTHER_KEY = generate_keypair(), generate_keypair()
INTEGRATION = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")


def _stored(secret: bytes, *, mode: str = "signed", purpose: str = "webhook_secret") -> StoredSecret:
    sealed = seal(secret, KEY.public, organization="platform", integration_id=INTEGRATION, purpose=purpose)
    return StoredSecret("platform", mode, purpose, KEY.key_id, sealed)


def _token(token: str, mode: str = "token") -> StoredSecret:
    return StoredSecret("platform", mode, "token", token_hash=_hash(token))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class Database:
    """What the database would say, and how often it was asked."""

    def __init__(self, *stored: StoredSecret) -> None:
        self.stored = list(stored)
        self.asked: list[UUID] = []
        self.is_away = False

    def webhook_secrets(self, integration_id: UUID) -> list[StoredSecret]:
        self.asked.append(integration_id)
        if self.is_away:
            raise UnavailableError
        return self.stored if integration_id == INTEGRATION else []


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _secrets(database: Database, clock: Clock | None = None, *, ttl: float = 5) -> Secrets:
    return Secrets(database.webhook_secrets, KeyRing(KEY), ttl, clock or Clock())


def test_all_secrets_that_count_now_are_opened() -> None:
    assert _secrets(Database(_stored(b"new"), _stored(b"old"))).of(INTEGRATION) == Proofs((b"new", b"old"))


def test_nothing_an_unknown_integration_sends_counts() -> None:
    assert _secrets(Database(_stored(b"secret"))).of(uuid4()) == Proofs()


def test_without_a_secret_nothing_counts() -> None:
    assert _secrets(Database(StoredSecret("platform", "signed"))).of(INTEGRATION) == Proofs()


def test_in_token_mode_no_signature_counts() -> None:
    assert _secrets(Database(_stored(b"secret", mode="token"))).of(INTEGRATION) == Proofs()


def test_in_token_mode_all_tokens_count_that_are_valid_now_and_the_accounts_key() -> None:
    stored = [_token("new"), _stored(b"key", mode="token", purpose="api_key"), _token("old")]
    expected = Proofs(token_hashes=(_hash("new"), _hash("old")), api_keys=(b"key",))
    assert _secrets(Database(*stored)).of(INTEGRATION) == expected


def test_neither_a_token_nor_an_account_key_counts_for_who_signs() -> None:
    stored = [_token("a", "signed"), _stored(b"key", purpose="api_key"), _stored(b"secret")]
    assert _secrets(Database(*stored)).of(INTEGRATION) == Proofs((b"secret",))


def test_in_a_mode_nobody_knows_nothing_counts() -> None:
    for stored in ([_token("a", "open")], [_stored(b"secret", mode="open")], [_stored(b"secret"), _token("a")]):
        assert _secrets(Database(*stored)).of(INTEGRATION) == Proofs()


@pytest.mark.parametrize("known", [True, False])
def test_an_answer_is_remembered_for_a_while(known: bool) -> None:
    database, clock = Database(_stored(b"secret")), Clock()
    secrets, integration_id = _secrets(database, clock), INTEGRATION if known else uuid4()
    first = secrets.of(integration_id)
    clock.now += 4.9
    assert secrets.of(integration_id) == first
    assert len(database.asked) == 1
    clock.now += 0.1
    assert secrets.of(integration_id) == first
    assert len(database.asked) == 2


def test_a_revoked_secret_stops_counting() -> None:
    database, clock = Database(_stored(b"secret")), Clock()
    secrets = _secrets(database, clock)
    assert secrets.of(INTEGRATION)
    database.stored = []
    clock.now += 5
    assert secrets.of(INTEGRATION) == Proofs()


def test_a_revoked_token_stops_counting_and_its_successor_begins() -> None:
    database, clock = Database(_token("old")), Clock()
    secrets = _secrets(database, clock)
    assert secrets.of(INTEGRATION).token_hashes == (_hash("old"),)
    database.stored = [_token("old"), _token("new")]
    clock.now += 5
    assert secrets.of(INTEGRATION).token_hashes == (_hash("old"), _hash("new"))
    database.stored = [_token("new")]
    clock.now += 4.9
    assert len(secrets.of(INTEGRATION).token_hashes) == 2
    clock.now += 0.1
    assert secrets.of(INTEGRATION).token_hashes == (_hash("new"),)


def test_an_integration_that_changes_its_mode_leaves_nothing_of_the_other_behind() -> None:
    database, clock = Database(_stored(b"secret")), Clock()
    secrets = _secrets(database, clock)
    assert secrets.of(INTEGRATION) == Proofs((b"secret",))
    database.stored = [_token("a")]
    clock.now += 5
    assert secrets.of(INTEGRATION) == Proofs(token_hashes=(_hash("a"),))


def test_with_a_ttl_of_zero_nothing_is_remembered() -> None:
    database = Database(_stored(b"secret"))
    secrets = _secrets(database, ttl=0)
    secrets.of(INTEGRATION)
    secrets.of(INTEGRATION)
    assert len(database.asked) == 2


def test_an_outage_is_not_remembered() -> None:
    database = Database(_stored(b"secret"))
    database.is_away = True
    secrets = _secrets(database)
    with pytest.raises(UnavailableError):
        secrets.of(INTEGRATION)
    database.is_away = False
    assert secrets.of(INTEGRATION) == Proofs((b"secret",))


def test_what_strangers_ask_for_takes_no_more_than_its_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    database = Database(_stored(b"secret"))
    secrets = _secrets(database)
    strangers = [uuid4() for _ in range(3)]
    for each in (INTEGRATION, *strangers, strangers[-1], strangers[-2]):
        secrets.of(each)
    assert len(database.asked) == 4
    assert secrets.of(INTEGRATION) == Proofs((b"secret",))
    assert len(database.asked) == 5


@pytest.mark.parametrize(
    "closed",
    [
        _stored(b"secret", purpose="api_key")._replace(purpose="webhook_secret"),
        _stored(b"secret")._replace(key_id=OTHER_KEY.key_id),
        _stored(b"secret")._replace(organization=str(uuid4())),
    ],
)
def test_a_secret_that_does_not_open_is_our_fault(closed: StoredSecret, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UnavailableError):
        _secrets(Database(closed)).of(INTEGRATION)
    assert str(INTEGRATION) in caplog.text
    assert _secrets(Database(closed, _stored(b"good"))).of(INTEGRATION) == Proofs((b"good",))


def test_an_account_key_that_does_not_open_is_our_fault_too() -> None:
    closed = _stored(b"key", mode="token", purpose="api_key")._replace(key_id=OTHER_KEY.key_id)
    with pytest.raises(UnavailableError):
        _secrets(Database(_token("a"), closed)).of(INTEGRATION)


def test_what_did_not_match_is_looked_up_once_more_but_not_more_often_than_every_second() -> None:
    database, clock = Database(_token("old")), Clock()
    secrets = _secrets(database, clock)
    assert secrets.of(INTEGRATION, again=True).token_hashes == (_hash("old"),)
    database.stored = [_token("new")]
    clock.now += 0.9
    assert secrets.of(INTEGRATION, again=True).token_hashes == (_hash("old"),)
    clock.now += 0.1
    assert secrets.of(INTEGRATION).token_hashes == (_hash("old"),)
    assert secrets.of(INTEGRATION, again=True).token_hashes == (_hash("new"),)
    assert secrets.of(INTEGRATION).token_hashes == (_hash("new"),)
    assert len(database.asked) == 2


def test_a_stranger_is_looked_up_once_more_too() -> None:
    database, clock = Database(), Clock()
    secrets, stranger = _secrets(database, clock), uuid4()
    for seconds in (0, 0.5, 0.6):
        clock.now += seconds
        assert secrets.of(stranger, again=True) == Proofs()
    assert len(database.asked) == 2
