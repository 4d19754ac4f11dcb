from datetime import UTC, datetime

from bench.keys import bare_inserts, requests

MINUTE = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def test_connections_share_a_key_or_have_one_each() -> None:
    for key_count in (1, 8):
        asked = [requests(connection, 1, key_count, MINUTE) for connection in range(8)]
        hashes = {parameters[0] for ((_, parameters),) in asked if parameters}
        assert len(hashes) == key_count


def test_every_request_has_a_grant_of_its_own_and_the_round_s_minute() -> None:
    parameters = [given for _, given in requests(3, 50, 8, MINUTE) if given]
    assert len({grant for _, grant, _ in parameters}) == 50
    assert {at for *_, at in parameters} == {MINUTE}


def test_as_many_rows_are_inserted_as_requests_are_made() -> None:
    assert len(bare_inserts(0, 7)) == 7
