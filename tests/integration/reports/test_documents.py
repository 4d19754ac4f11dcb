"""Documents, from asking for one to reading it from Storage, made by real workers."""

import csv
import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from sync.errors import StorageUnusable
from tests.integration.reports.office import FORMULAS, FROM, HOSTILE, TO, office
from tests.integration.reports.printing import Press
from tests.integration.sync import world as worlds
from tests.integration.sync.processes import Process, until
from tests.support import programs
from tests.support.people import People
from tests.support.programs import Door
from tools.scratch import Database, ScratchCluster

REPORTS = ("summary", "days", "hours", "lines", "members", "sla", "calls")


def table(file: httpx.Response) -> list[dict[str, str]]:
    """The rows of a CSV, as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"), newline=""), strict=True))


@pytest.fixture
def door(cluster: ScratchCluster, database: Database) -> Iterator[Door]:
    with programs.gateway(cluster, database) as door:
        yield door


@pytest.fixture
def press(database: Database, door: Door) -> Press:
    return Press(office(database, "Zoë & Söhne *GmbH* 日本"), door)


def test_each_report_becomes_a_file_that_its_owner_and_admins_fetch(press: Press) -> None:
    acme = press.acme
    made = {(report, kind): acme.document("manager", report, kind) for report in REPORTS for kind in ("pdf", "csv")}
    assert press.make() == len(made)
    for (report, kind), document_id in made.items():
        state = acme.state(document_id)
        assert (state["state"], state["reason"]) == ("stored", None)
        file = press.file(document_id, "manager")
        assert (file.status_code, hashlib.sha256(file.content).digest()) == (200, state["sha256"])
        assert len(file.content) == state["size_bytes"]
        assert file.headers["content-type"].split(";")[0] == {"pdf": "application/pdf", "csv": "text/csv"}[kind]
        assert file.content.startswith(b"%PDF-" if kind == "pdf" else b"\xef\xbb\xbf")
        if kind == "csv":
            exported = press.as_user(
                "manager", "select public.export_report(%s, %s, %s)", acme.org_id, report, Jsonb(state["parameters"])
            )
            assert file.content.decode("utf-8-sig") == exported
        assert press.file(document_id, "org_admin").content == file.content
        assert press.file(document_id, "platform_admin").content == file.content
        for other in ("viewer", "agent"):
            assert press.file(document_id, other).json()["error"] == "not_found"
    assert press.told.names == ["document_stored"] * len(made)


def test_nobody_makes_a_link_of_it(press: Press) -> None:
    document_id = press.acme.document("manager", "days", "csv")
    press.make()
    assert not press.sign(press.acme.users["manager"], document_id).is_success


def test_another_organization_does_not_know_of_it(press: Press) -> None:
    people = People(press.acme.database)
    stranger = people.member(people.organization("Globex"), "org_admin")
    document_id = press.acme.document("manager", "days", "csv")
    press.make()
    assert press.file_as(stranger, document_id).json()["error"] == "not_found"


def test_a_file_holds_what_its_owner_sees(press: Press) -> None:
    acme = press.acme
    made = {role: acme.document(role, "calls", "csv") for role in ("viewer", "agent", "org_admin")}
    press.make()
    rows = {role: {row["id"] for row in table(press.file(each))} for role, each in made.items()}
    assert rows["agent"] < rows["viewer"] == rows["org_admin"]
    visible = acme.value(
        "select array_agg(id::text) from public.calls where line_id = %s or member_ids && array[%s]",
        acme.lines[0],
        acme.members["agent"],
    )
    assert rows["agent"] == set(visible)


def test_no_cell_of_a_file_begins_like_a_formula(press: Press) -> None:
    document_id = press.acme.document("org_admin", "calls", "csv")
    press.make()
    rows = table(press.file(document_id))
    names = {row["external_name"] for row in rows}
    assert names == {f"'{name}" if name[:1] in FORMULAS and name else name for name in HOSTILE}
    assert {row["external_number"][:8] for row in rows} == {"+1212555"}, "phone numbers stay phone numbers"
    for row in rows:
        for value in row.values():
            assert value[:1] not in set(FORMULAS) - {"+"}
            assert value[:1] != "+" or value[1:].isdigit()


def test_who_lost_a_line_gets_no_calls_of_it(press: Press) -> None:
    acme = press.acme
    document_id = acme.document("agent", "calls", "csv")
    acme.query("delete from public.member_lines where member_id = %s", acme.members["agent"])
    press.make()
    rows = table(press.file(document_id, "agent"))
    handled = acme.value("select count(*) from public.calls where member_ids && array[%s]", acme.members["agent"])
    assert 0 < handled == len(rows)


@pytest.mark.parametrize(
    "how",
    [
        "update public.org_members set deactivated_at = now() where id = %(member)s",
        "update public.organizations set archived_at = now() where id = %(org)s",
    ],
)
def test_who_was_deactivated_gets_nothing(press: Press, how: str) -> None:
    acme = press.acme
    early = acme.document("agent", "days", "pdf")
    press.make()
    late = [acme.document("agent", report, kind) for report, kind in (("days", "pdf"), ("calls", "csv"))]
    with acme.database.connect() as connection:
        connection.execute(how, {"member": acme.members["agent"], "org": acme.org_id})
    assert press.make() == 2
    for document_id in late:
        state = acme.state(document_id)
        assert state["state"] == "failed"
        assert state["reason"] == "whose document it is is no longer active in the organization"
        assert press.file(document_id).status_code == 400
    assert press.file(early).status_code == 200
    assert press.file(early, "agent").json()["error"] == "not_found", "nor what was made before"


def test_a_second_factor_is_not_asked_of_a_program(press: Press) -> None:
    acme = press.acme
    document_id = acme.document("viewer", "summary", "csv")
    acme.query("update public.organizations set requires_second_factor = true where id = %s", acme.org_id)
    press.make()
    assert acme.state(document_id)["state"] == "stored"
    assert press.file(document_id, "viewer").json()["error"] == "not_found", "but of who reads it"
    with pytest.raises(psycopg.Error) as refused:
        acme.document("viewer", "summary", "csv")
    assert refused.value.diag.message_detail == "organization_not_found"


def test_several_workers_make_each_document_once(press: Press) -> None:
    made = [press.acme.document("org_admin", "days", "pdf") for _ in range(8)]
    with ThreadPoolExecutor() as executor:
        assert sum(executor.map(press.make, ["one", "two", "three"])) == len(made)
    assert {press.acme.state(each)["state"] for each in made} == {"stored"}
    assert press.told.names == ["document_stored"] * len(made)


def test_a_worker_that_dies_leaves_its_document_to_another(press: Press) -> None:
    document_id = press.acme.document("org_admin", "days", "csv")
    with press.worker("dies") as (_, _, store):
        assert store.claim_document("dies", press.now()) is not None
    assert press.acme.state(document_id)["state"] == "rendering"
    assert press.make() == 0
    press.ahead = timedelta(minutes=11)
    assert press.make() == 1
    assert press.acme.state(document_id)["state"] == "stored"
    with press.worker("dies") as (_, _, store):
        source = store.document_source(document_id, "dies", press.now())
        assert source is not None
        assert source.problem == "the document is another worker's"
        assert not store.finish_document(document_id, "dies", "failed", reason="late", now=press.now())
    assert press.acme.state(document_id)["state"] == "stored"


def test_what_kills_its_worker_each_time_fails_in_the_end(press: Press) -> None:
    document_id = press.acme.document("org_admin", "days", "csv")
    with press.worker("dies") as (_, _, store):
        for _ in range(6):
            assert store.claim_document("dies", press.now()) is not None
            press.ahead += timedelta(minutes=11)
        assert store.claim_document("dies", press.now()) is None
    assert press.acme.state(document_id)["reason"] == "making it broke off each time"


def test_while_storage_is_away_documents_wait_untried(press: Press) -> None:
    document_id = press.acme.document("org_admin", "days", "csv")
    with press.worker(storage_url="http://127.0.0.1:9") as (printer, _, store), pytest.raises(StorageUnusable):
        printer.turn(store)
    assert press.acme.state(document_id)["state"] == "queued"
    assert press.make() == 1


def test_a_deleted_document_leaves_storage(press: Press) -> None:
    acme = press.acme
    document_id = acme.document("manager", "days", "csv")
    kept = acme.document("manager", "days", "csv")
    press.make()
    for other in ("agent", "viewer"):
        with pytest.raises(psycopg.Error) as refused:
            press.as_user(other, "select public.delete_document(%s)", document_id)
        assert refused.value.diag.message_detail == "document_not_found"
    press.as_user("manager", "select public.delete_document(%s)", document_id)
    assert not press.file(document_id, "manager").is_success
    assert press.shred() == 1
    assert press.file(document_id).status_code == 400
    assert press.file(kept).status_code == 200
    assert press.told.names[-1] == "document_removed"
    assert acme.value("select count(*) from private.document_files") == 1


def test_a_document_expires_with_its_file(press: Press) -> None:
    acme = press.acme
    old, kept = acme.document("manager", "days", "csv"), acme.document("manager", "days", "pdf")
    press.make()
    acme.query("update public.retention_settings set document_days = 30 where org_id = %s", acme.org_id)
    acme.query("update public.documents set stored_at = now() - interval '29 days' where id = %s", old)
    assert press.shred() == 0
    acme.query("update public.documents set stored_at = now() - interval '30 days' where id = %s", old)
    with press.worker(storage_url="http://127.0.0.1:9") as (_, shredder, store), pytest.raises(StorageUnusable):
        shredder.turn(store)
    assert (acme.state(old)["state"], acme.state(old)["reason"]) == ("expired", "kept for 30 days")
    assert press.file(old, "manager").json()["error"] == "not_found", "nobody fetches it, though Storage is away"
    assert press.file(old).status_code == 200
    press.ahead = timedelta(minutes=16)
    assert press.shred() == 1
    assert press.file(old).status_code == 400
    assert press.file(kept, "manager").status_code == 200
    assert acme.value("select array_agg(document_id) from private.document_files") == [kept]
    with pytest.raises(psycopg.Error) as refused:
        press.as_user("manager", "select public.email_document(%s, %s)", old, ["somebody@example.com"])
    assert refused.value.diag.message_detail == "document_not_stored"
    press.as_user("manager", "select public.delete_document(%s)", old)
    assert press.shred() == 0


def test_one_deleted_while_it_is_made_leaves_nothing(press: Press) -> None:
    acme = press.acme
    document_id = acme.document("org_admin", "days", "csv")
    with press.worker() as (printer, _, store):
        document = store.claim_document("worker", press.now())
        assert document is not None
        press.as_user("org_admin", "select public.delete_document(%s)", document_id)
        source = store.document_source(document_id, "worker", press.now())
        assert source is not None
        assert source.problem is not None
        printer.storage.check()
        store.finish_document(document_id, "worker", "failed", reason=source.problem, now=press.now())
    press.shred()
    assert acme.value("select count(*) from private.document_files") == 0


def test_asking_is_audited(press: Press) -> None:
    acme = press.acme
    document_id = acme.document("agent", "calls", "pdf", tag="urgent")
    (entry,) = acme.query("select * from public.audit_entries where action = 'export'")
    assert (entry["org_id"], entry["actor_id"]) == (acme.org_id, acme.users["agent"])
    assert entry["row_key"] == {"id": str(document_id)}
    assert entry["details"] == {
        "report": "calls",
        "format": "pdf",
        "parameters": {"from": FROM, "to": TO, "tag": "urgent"},
    }


def test_a_person_has_twenty_waiting_at_most(press: Press) -> None:
    acme = press.acme
    for _ in range(20):
        acme.document("viewer", "days", "csv")
    with pytest.raises(psycopg.Error) as refused:
        acme.document("viewer", "days", "csv")
    assert refused.value.diag.message_detail == "documents_waiting"
    acme.document("agent", "days", "csv")


def test_what_cannot_be_made_says_why(press: Press) -> None:
    made: UUID = press.acme.document("viewer", "hours", "pdf")
    earlier = "update public.documents set parameters = parameters || jsonb_build_object('from', '2024-01-01T00:00Z')"
    press.acme.query(earlier)
    assert press.make() == 1
    assert press.shred() == 1, "and leaves nothing in Storage, had a worker before put something there"
    assert press.acme.state(made)["reason"] == "The grain hour does not fit this range. The nearest that fits is day."


def test_the_program_makes_what_is_due_and_ends(press: Press, tmp_path: Path) -> None:
    document_id = press.acme.document("org_admin", "summary", "pdf")
    with worlds.world(press.acme.database, worlds.account()) as world:
        world.query("update private.sync_cursors set next_run_at = 'infinity'")
        key = press.acme.database.keys.secret_key
        settings = {"SYNC_STORAGE_URL": f"{press.door.url}/storage/v1", "SYNC_STORAGE_KEY": key}
        with Process(world, tmp_path, "run", **settings) as run:
            until(lambda: not run.is_running, "the run to end")
            assert run.wait() == 0, run.errors
            assert len(run.said("document_stored")) == 1
            assert key not in run.output + run.errors
    assert press.file(document_id, "org_admin").content.startswith(b"%PDF-")
