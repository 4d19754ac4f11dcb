"""Anything at all, sent to the real app before a real database, by who may send and who may not."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.database.place import Place
from tests.integration.database.provider_items import EVENTS
from tests.integration.webhooks.world import API_KEY, Answer, Integration, TokenIntegration, World
from tests.support import fuzz
from tests.support.programs import Door
from tools.scratch import Database

SECRET, TOKEN = b"the secret of the platform-wide account", "t" * 43


@dataclass(frozen=True)
class Doorstep:
    """The accounts of a place, one signing and one by token, and who sends for them."""

    world: World
    place: Place
    before: dict[str, Any]

    @property
    def platform(self) -> Integration:
        return Integration(self.place.accounts["platform"], SECRET)

    @property
    def own(self) -> TokenIntegration:
        return TokenIntegration(self.place.accounts["own"], TOKEN)

    def send(self, account: str, body: bytes, *, proven: bool) -> Answer:
        if account == "platform":
            return self.world.deliver(self.platform, body, *([] if proven else ["ab" * 32]))
        return self.world.post(self.own, body, self.own.path if proven else self.own.path[:-1] + "x")

    def kept(self, account: str) -> int:
        rows = self.place.query(
            "select count(*) from private.webhook_events where integration_id = %s", self.place.accounts[account]
        )
        count: int = rows[0]["count"]
        return count

    def latest(self, account: str) -> dict[str, Any]:
        [row] = self.place.query(
            "select * from private.webhook_events where integration_id = %s order by id desc limit 1",
            self.place.accounts[account],
        )
        return row


@pytest.fixture(scope="module")
def doorstep(app: Door, app_database: Database) -> Iterator[Doorstep]:
    world = World(app_database, app.port)
    with psycopg.connect(app_database.url(), autocommit=True) as connection:
        place = Place.arrange(connection)

        def add_credential(account: UUID, org_id: UUID | None, purpose: str, value: bytes) -> None:
            connection.execute(
                "insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)"
                " select org_id, id, %s, %s, %s from public.integrations where id = %s",
                [purpose, world.keys.current.key_id, world.seal(value, account, purpose, org_id), account],
            )

        add_credential(place.accounts["platform"], None, "webhook_secret", SECRET)
        own = TokenIntegration(place.accounts["own"], TOKEN)
        add_credential(own.id, place.orgs["acme"], "api_key", API_KEY.encode())
        connection.execute("update public.integrations set webhook_mode = 'token' where id = %s", [own.id])
        world.add_token(own)
        # Of the organizations that another account may not touch, the platform-wide one may touch two.
        yield Doorstep(world, place, {"platform": place.rows_of_others("platform")})
    assert "Traceback" not in app.part.daemon.log.read_text()


def _encoded(written: str) -> bytes:
    return written.encode("utf-8", "surrogatepass")


def _wounded(whole: bytes, place: float, with_what: bytes, keep: int) -> bytes:
    at = int(place * len(whole))
    return whole[:at] + with_what + whole[at + keep :]


deep = st.builds(
    lambda depth, pair: b'{"EventType":"IncomingCall","Deep":' + pair[0] * depth + b"1" + pair[1] * depth + b"}",
    st.sampled_from([10, 500, 1_000, 3_000, 20_000]),
    st.sampled_from([(b"[", b"]"), (b'{"a":', b"}")]),
)
wounds = st.sampled_from(
    [b"\x00", b"\\u0000", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"}", b'"', b"\\", b"\xef\xbb\xbf", b""]
)
wounded = st.builds(_wounded, EVENTS.map(_encoded), st.floats(0, 1), wounds, st.integers(0, 3))
keyed = EVENTS.map(lambda event: _encoded(event.replace("{", f'{{"ApiKey":"{API_KEY}",', 1)))
events = EVENTS.map(_encoded)
bodies = st.one_of(events, events, keyed, wounded, wounded, deep, st.binary(min_size=1, max_size=300))


def _is_object(body: bytes) -> bool:
    """Whether it is a JSON object, as far as Python can tell; what is too deep for it is."""
    with suppress(ValueError):
        try:
            return isinstance(json.loads(body.decode(), parse_int=str, parse_constant=int), dict)
        except RecursionError:
            return body.strip(b" \t\r\n")[:1] == b"{"
    return False


@fuzz.examples(120)
@given(account=st.sampled_from(["platform", "own"]), body=bodies, proven=st.sampled_from([True, True, True, False]))
def test_whatever_is_sent_is_kept_or_refused_and_touches_nobody_else(
    doorstep: Doorstep, account: str, body: bytes, proven: bool
) -> None:
    before = doorstep.kept(account)
    answer = doorstep.send(account, body, proven=proven)
    kept = doorstep.kept(account) - before
    fuzz.tried("the door", f"answered {answer.status}")
    if not proven:
        assert (answer.status, kept) == (401, 0)
    elif answer.status == 401:
        assert account == "own"
        assert b"key" in body.lower(), "only naming another account's key is a reason"
        assert kept == 0
    elif not _is_object(body):
        assert (answer.status, kept) == (400, 0)
    else:
        assert answer.status == 200, answer
        assert kept == (0 if answer.json["duplicate"] else 1)
        if kept:
            latest = doorstep.latest(account)
            assert latest["status"] == answer.json["status"]
            assert (latest["payload"] is None) == (latest["unreadable_body"] is not None)
    for each in ("platform", "own"):
        assert doorstep.place.misplaced(each) == []
    assert doorstep.place.rows_of_others("platform") == doorstep.before["platform"]


@fuzz.examples(25)
@given(sent=st.lists(events, min_size=1, max_size=6))
def test_what_was_acknowledged_is_acknowledged_as_known_when_it_comes_again(
    doorstep: Doorstep, sent: list[bytes]
) -> None:
    first = [doorstep.send("platform", body, proven=True) for body in sent]
    again = [doorstep.send("platform", body, proven=True) for body in sent]
    for one, other in zip(first, again, strict=True):
        assert one.status == other.status
        if one.status == 200:
            assert other.json["duplicate"]
        fuzz.tried("deliveries sent again", f"answered {other.status}")
