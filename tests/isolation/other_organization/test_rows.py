"""Rows of another organization, by every filter, form and verb: they are not there."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.isolation.callers import Callers
from tests.isolation.doors import COMPUTED_COLUMN
from tests.isolation.other_organization.strangers import MATRIX, NOBODY, REPRESENTED, Ids, of_acme
from tests.isolation.witness import Key, Witness
from tests.isolation.world import World, day

pytestmark = pytest.mark.usefixtures("nothing_changes")
each_table = pytest.mark.parametrize("table", MATRIX.tables)
each_stranger = pytest.mark.parametrize(
    "caller", ["other_admin", "outsider", "deactivated", "removed", "archived", "one_factor", "other_key"]
)
TOLD_TO_ALL = {"kpi_definitions"}
"""What figures mean is the same for everybody."""


def own_keys(table: str, caller: str, world: World, witness: Witness) -> set[Key]:
    """Return the keys of the rows that a caller may read."""
    condition = MATRIX.tables[table].condition("select", MATRIX.callers[caller].role)
    return set(witness.rows(table, condition, world.parameters(MATRIX.callers[caller])))


def in_json(value: Any) -> str:
    """Return a value as filters are given it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def nothing_like(value: Any) -> str:
    """Return a value of the same kind that no row has."""
    if isinstance(value, bool):
        return str(not value).lower()
    return "0" if isinstance(value, int) else NOBODY


@each_stranger
@each_table
def test_no_filter_finds_a_row(
    table: str, caller: str, callers: Callers, world: World, witness: Witness, acme: Ids
) -> None:
    client = callers.client(caller)
    key = witness.key_columns(table)[0]
    theirs = of_acme(table, world, witness)
    ids = ",".join(in_json(row[key]) for row in theirs)
    filters = [
        {key: f"in.({ids})"},
        {"or": f"({key}.in.({ids}),{key}.not.is.null)"},
        {"not.and": f"({key}.eq.{nothing_like(theirs[0][key])},{key}.is.null)"},
        {"or": f"(and({key}.in.({ids}),{key}.not.is.null),or({key}.in.({ids})))"},
    ]
    if "org_id" in MATRIX.tables[table].columns:
        filters += [{"org_id": f"eq.{acme.org}"}, {"or": f"(org_id.eq.{acme.org},org_id.neq.{acme.org})"}]
    columns = ",".join(witness.key_columns(table))
    for filter_ in filters:
        answer = client.get(f"/{table}", params={"select": columns, **filter_})
        if not MATRIX.tables[table].is_granted("select", MATRIX.callers[caller]):
            assert (answer.status_code, answer.json()["code"]) == (401, "42501")
            continue
        assert answer.status_code == 200, answer.text
        assert {witness.key(table, row) for row in answer.json()} <= own_keys(table, caller, world, witness)


@each_stranger
@each_table
def test_no_count_counts_a_row(table: str, caller: str, callers: Callers, world: World, witness: Witness) -> None:
    client = callers.client(caller)
    key = witness.key_columns(table)[0]
    # A person may be in both, and reads their own profile.
    mine = own_keys(table, caller, world, witness)
    theirs = [row for row in of_acme(table, world, witness) if witness.key(table, row) not in mine]
    ids = ",".join(in_json(row[key]) for row in theirs)
    for method, headers in (
        ("HEAD", {"prefer": "count=exact"}),
        ("GET", {"prefer": "count=exact", "range": "0-0"}),
        ("GET", {"prefer": "count=exact", "range": "1000-1001"}),
    ):
        answer = client.request(method, f"/{table}", params={"select": key, key: f"in.({ids})"}, headers=headers)
        assert answer.headers.get("content-range", "*/0") == "*/0", f"{method} {headers}"
        is_granted = MATRIX.tables[table].is_granted("select", MATRIX.callers[caller])
        assert answer.status_code in ({200, 416} if is_granted else {401})


@pytest.mark.parametrize("accept", ["text/csv", "application/vnd.pgrst.object+json", "application/geo+json", "*/*"])
def test_no_other_form_of_answer_shows_a_row(stranger: httpx.Client, acme: Ids, accept: str) -> None:
    answer = stranger.get("/calls", params={"org_id": f"eq.{acme.org}"}, headers={"accept": accept})
    assert answer.status_code in {200, 404, 406}
    assert acme.org not in answer.text


@pytest.mark.parametrize("caller", ["outsider", "deactivated"])
@pytest.mark.parametrize(
    "params",
    [
        {"select": "external_name::int"},
        {"select": "id", "external_number": "like.\\"},
        {"select": "provider_call_id::numeric"},
        {"select": "id", "order": "external_number"},
    ],
)
def test_no_error_tells_that_there_is_a_row(callers: Callers, caller: str, params: dict[str, str]) -> None:
    """A cast or a pattern that fails on the first row it meets must meet none."""
    answer = callers.client(caller).get("/calls", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.json() == []


@each_stranger
@pytest.mark.parametrize("table", [name for name in MATRIX.tables if name not in TOLD_TO_ALL])
def test_no_write_by_id(table: str, caller: str, callers: Callers, world: World, witness: Witness) -> None:
    """Changing, upserting, replacing and deleting a row whose primary key is known."""
    entry, asker = MATRIX.tables[table], MATRIX.callers[caller]
    client = callers.client(caller)
    mine = own_keys(table, caller, world, witness)
    row = next(row for row in of_acme(table, world, witness) if witness.key(table, row) not in mine)
    key = witness.key_columns(table)
    columns = entry.insert_columns or (key if entry.is_view else tuple(row.keys() - witness.generated(table)))
    body = {name: row[name] for name in columns}
    params = {column: f"eq.{in_json(row[column])}" for column in key}
    change = entry.update_columns or {min(entry.columns - witness.generated(table)): None}
    refused = 401 if asker.is_key else 403

    def has_no_effect(answer: httpx.Response) -> bool:
        # A column of a view that is computed cannot be written by anybody.
        if answer.is_error:
            return answer.status_code == refused or (entry.is_view and answer.json()["code"] == COMPUTED_COLUMN)
        return answer.status_code == 200 and answer.json() == []

    assert has_no_effect(client.patch(f"/{table}", params=params, json=change, headers=REPRESENTED))
    assert has_no_effect(client.delete(f"/{table}", params=params, headers=REPRESENTED))
    for resolution in ("merge-duplicates", "ignore-duplicates"):
        for rows in (body, [body]):
            upserted = client.post(f"/{table}", json=rows, headers={"prefer": f"resolution={resolution}"})
            assert upserted.status_code == refused, upserted.text
    replaced = client.put(f"/{table}", params=params, json=body)
    assert replaced.status_code in {400, refused, 405}, replaced.text


def test_no_default_is_anothers_organization(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    for org_id in (acme.org, NOBODY, str(uuid4())):
        answer = stranger.patch("/profile_settings", json={"default_org_id": org_id})
        assert (answer.status_code, answer.json()["details"]) == (404, "organization_not_found")


def test_anothers_holiday_is_in_nobodys_way(stranger: httpx.Client, world: World, acme: Ids) -> None:
    """A day that Acme has already, one that it has not, and one of nobody's: all the same."""
    for org_id, ahead in ((acme.org, 30), (acme.org, 31), (str(uuid4()), 30)):
        row = {"org_id": org_id, "day": day(ahead), "name": "Mine"}
        for headers in ({}, {"prefer": "resolution=merge-duplicates"}, {"prefer": "resolution=ignore-duplicates"}):
            answer = stranger.post("/holidays", json=row, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "42501")


@pytest.mark.parametrize("table", ["report_schedules", "alert_rules", "saved_views"])
def test_nothing_is_made_for_anothers_organization(stranger: httpx.Client, world: World, acme: Ids, table: str) -> None:
    [row, *_] = [row for row in world.candidates(table) if str(row["org_id"]) == acme.org]
    for org_id in (acme.org, str(uuid4())):
        answer = stranger.post(f"/{table}", json={**row, "org_id": org_id})
        assert (answer.status_code, answer.json()["code"]) == (403, "42501")
