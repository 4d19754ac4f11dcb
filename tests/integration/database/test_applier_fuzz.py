"""Whatever JSON a provider sends: no applier fails of it, nothing is new twice, no other organization's row moves."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.integration.database.place import NOW, Place
from tests.integration.database.provider_items import EVENTS, ITEMS
from tests.support import fuzz
from tools.scratch import Database, ScratchCluster

OUTCOMES = ("new_items", "changed_items", "unchanged_items")
KINDS = {
    *("arrived", "ringing", "stop_ringing", "connected", "transferred", "completed"),
    *("voicemail", "recording", "message", None),
}

accounts = st.sampled_from(["platform", "own"])


@pytest.fixture(scope="module")
def place(cluster: ScratchCluster, migrated: Database) -> Iterator[Place]:
    """One database for all examples; each of them is undone."""
    with cluster.database(migrated.name) as database, psycopg.connect(database.url()) as connection:
        yield Place.arrange(connection)
        connection.rollback()


@pytest.fixture(scope="module")
def before(place: Place) -> dict[str, list[dict[str, Any]]]:
    """The rows of others, to which every example comes back."""
    return {account: place.rows_of_others(account) for account in ("platform", "own")}


def test_every_applier_of_items_is_fuzzed(place: Place) -> None:
    appliers = place.query(
        """select p.proname from pg_catalog.pg_proc p
        where p.pronamespace = 'private'::regnamespace and p.proname like 'apply\\_%%'
          and p.proargnames[:2] = '{p_integration_id,p_items}'"""
    )
    assert {row["proname"] for row in appliers} == set(ITEMS)


@pytest.mark.parametrize("applier", ITEMS)
def test_no_item_breaks_an_applier_or_reaches_another_organization(
    place: Place, before: dict[str, Any], applier: str
) -> None:
    @fuzz.examples(15)
    @given(account=accounts, written=st.lists(ITEMS[applier], max_size=6), later=st.integers(-60, 60))
    def hold(account: str, written: list[str], later: int) -> None:
        with place.connection.transaction(force_rollback=True):
            first = place.apply(applier, account, written, NOW)
            _is_sound(first, len(written))
            again = place.apply(applier, account, written, NOW)
            _is_sound(again, len(written))
            assert again["new_items"] == 0, "the same page made something new"
            assert again["rejected_positions"] == first["rejected_positions"]
            _is_sound(place.apply(applier, account, written[::-1], NOW + timedelta(minutes=later)), len(written))
            assert place.misplaced(account) == []
            assert place.rows_of_others(account) == before[account]
            rejected = len(first["rejected_positions"] or [])
            fuzz.tried(applier, "set aside in part" if rejected else "applied")

    hold()


def _is_sound(result: dict[str, Any], count: int) -> None:
    counted = [result[name] for name in OUTCOMES]
    positions, reasons = result["rejected_positions"] or [], result["rejection_reasons"] or []
    assert all(isinstance(each, int) and each >= 0 for each in counted), result
    assert sum(counted) + len(positions) <= count
    assert positions == sorted(set(positions))
    assert set(positions) <= set(range(1, count + 1))
    assert len(reasons) == len(positions)
    assert all(reason and reason.strip() for reason in reasons)


@fuzz.examples(200)
@given(written=EVENTS)
def test_no_event_breaks_its_reader(place: Place, written: str) -> None:
    [read] = place.query("select * from private.read_events(array[%s::text::jsonb], array[%s])", written, NOW)
    assert (read["status"] == "failed") == (read["error"] is not None)
    assert read["status"] in {"applied", "ignored", "failed"}
    assert read["kind"] in KINDS
    assert read["direction"] in {"inbound", "outbound", "callback", None}
    assert read["occurred_at"] is None or NOW - timedelta(days=30) <= read["occurred_at"] <= NOW + timedelta(minutes=5)
    assert 0 <= (read["duration_seconds"] or 0) <= 7 * 24 * 3600
    for number in (read["from_number"], read["to_number"]):
        assert number is None or number.removeprefix("+").isdecimal()
    if read["status"] == "applied" and read["kind"] != "message":
        assert read["provider_call_id"]
    fuzz.tried("read_events", read["status"])


@fuzz.examples(60)
@given(written=st.lists(ITEMS["apply_calls"], max_size=6))
def test_no_call_breaks_its_reader(place: Place, written: list[str]) -> None:
    read = place.query(
        """select place, provider_call_id, direction, duration_seconds, error,
          case when error is null then started_at end as started_at
        from private.read_calls(%s::text[]::jsonb[]) order by place""",
        written,
    )
    assert [row["place"] for row in read] == [*range(1, len(written) + 1)]
    for row in read:
        fuzz.tried("read_calls", "set aside" if row["error"] else "read")
        if row["error"] is None:
            assert row["provider_call_id"].strip()
            assert row["started_at"] > datetime(2005, 1, 1, tzinfo=UTC) - timedelta(seconds=1)
            assert 0 <= (row["duration_seconds"] or 0) <= 7 * 24 * 3600
            assert row["direction"] in {"inbound", "outbound", "callback", "internal", None}


@fuzz.examples(30)
@given(account=accounts, written=st.lists(EVENTS, min_size=1, max_size=5))
def test_no_delivery_breaks_its_intake_or_reaches_another_organization(
    place: Place, before: dict[str, Any], account: str, written: list[str]
) -> None:
    sent = {"integration_id": str(place.accounts[account]), "received_at": NOW.isoformat()}
    envelopes = [Jsonb(sent | {"body": body}) for body in written]
    with place.connection.transaction(force_rollback=True):
        for is_repeated in (False, True):
            answered = place.query("select * from private.ingest_webhook_events(%s) order by ordinal", envelopes)
            assert [row["ordinal"] for row in answered] == [*range(1, len(written) + 1)]
            assert not is_repeated or all(row["is_duplicate"] for row in answered)
        kept = place.query(
            "select count(*) from private.webhook_events where integration_id = %s", place.accounts[account]
        )
        assert kept[0]["count"] == len({row["event_id"] for row in answered})
        assert place.misplaced(account) == []
        assert place.rows_of_others(account) == before[account]
        for row in answered:
            fuzz.tried("ingest_webhook_events", row["status"])
