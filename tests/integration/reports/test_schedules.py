"""Reports on schedule, from the clock to the letter: real workers, a real Storage, a real mail server."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from devstack.part import Part
from sync.errors import MailServerUnusable
from sync.sideline import Turn
from tests.integration.reports.mailing import APP, Mailroom, attached
from tests.integration.reports.office import office
from tests.integration.reports.printing import Press
from tests.integration.sync import world as worlds
from tests.integration.sync.processes import Process
from tests.support import programs
from tests.support.programs import Door
from tests.support.tokens import Tokens
from tests.unit.sync.mailserver import HOST, MailServer, mail_server
from tools.scratch import Database, ScratchCluster

DONE = Turn.DONE


@pytest.fixture
def room(cluster: ScratchCluster, database: Database) -> Iterator[Mailroom]:
    with programs.gateway(cluster, database) as door, mail_server() as server:
        press = Press(office(database, "Zoë & Söhne", calls_per_day=12), door)
        press.acme.query("update public.platform_settings set app_url = %s, support_email = 'help@example.com'", APP)
        # Its last whole day is yesterday.
        press.acme.query(
            "update public.calls set started_at = started_at"
            " + make_interval(days => (now() at time zone 'Europe/London')::date - 1 - '2025-04-01'::date)"
        )
        yield Mailroom(press, server)


@pytest.fixture
def desk(database: Database) -> Iterator[Mailroom]:
    """One without Storage."""
    nowhere = Door(9, Tokens(database.keys.jwt_secret), cast(Part, None))
    with mail_server() as server:
        press = Press(office(database, calls_per_day=2), nowhere)
        press.acme.query("update public.platform_settings set app_url = %s", APP)
        yield Mailroom(press, server)


def test_a_schedule_becomes_a_letter_to_each_with_its_documents(room: Mailroom) -> None:
    room.schedule(parameters={"line_ids": [room.press.acme.lines[0]]})
    assert room.start() == 1
    assert room.press.make() == 2
    assert room.deliver() == [DONE, DONE]

    yesterday = datetime.now(ZoneInfo("Europe/London")).date() - timedelta(days=1)
    period = f"{yesterday:%A}, {yesterday.day} {yesterday:%B %Y}"
    stored = {
        f"Days {period}.{row['format']}": room.press.file(row["id"]).content
        for row in room.query("select id, format from public.documents")
    }
    run = room.run()
    for recipient in ("ann@example.com", "bob@example.com"):
        letter = room.letter(recipient)
        assert letter.message["subject"] == f"Yesterday, {period}: Zoë & Söhne"
        assert f"the report “Yesterday” of Zoë & Söhne for {period} (times are those of Europe/London)" in letter.text
        assert f"{APP}/reports/documents?run={run['id']}" in letter.text.splitlines()
        assert "help@example.com" in letter.text
        assert attached(letter.message) == stored
    assert (run["state"], run["error"]) == ("sent", None)
    csv = next(content for name, content in stored.items() if name.endswith(".csv"))
    assert csv.count(b"\n") > 1, "a report of a day with calls has a row"
    assert room.start() == 0
    assert room.deliver() == []


def test_every_worker_together_runs_each_schedule_once_after_downtime(desk: Mailroom) -> None:
    for number in range(40):
        desk.schedule(name=f"Report {number}", recipients=[])
    desk.due(timedelta(days=10))
    ready = threading.Barrier(4)

    def work(_: int) -> int:
        ready.wait()
        with desk.store() as store:
            return sum(store.start_due_reports(desk.press.now(), 3) for _ in range(20))

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(4)))
    assert sum(done) == 40
    runs = desk.query("select schedule_id, period_end from public.report_runs")
    assert (len(runs), len({row["schedule_id"] for row in runs})) == (40, 40)
    assert {row["period_end"] for row in runs} == {max(row["period_end"] for row in runs)}
    assert desk.query("select count(*) from public.documents") == [{"count": 80}]
    assert desk.query("select count(*) from public.report_schedules where next_run_at <= now()") == [{"count": 0}]


def test_a_worker_that_dies_leaves_the_run_to_another(desk: Mailroom) -> None:
    desk.schedule()
    with desk.press.acme.database.connect("sync") as dying:
        dying.execute("begin")
        assert dying.execute("select private.start_due_reports(now(), 9)").fetchone() == (1,)
        assert desk.start() == 0, "somebody else is at it"
        dying.execute("rollback")
    assert desk.start() == 1
    assert desk.run()["state"] == "rendering"


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/London", datetime(2025, 3, 30)),
        ("Europe/London", datetime(2025, 10, 26)),
        ("America/New_York", datetime(2025, 3, 9)),
        ("America/New_York", datetime(2025, 11, 2)),
        ("Australia/Lord_Howe", datetime(2025, 10, 5)),
        ("Australia/Lord_Howe", datetime(2025, 4, 6)),
    ],
)
def test_a_day_whose_clock_is_moved_has_one_run_of_each_schedule(desk: Mailroom, zone: str, day: datetime) -> None:
    desk.query("update public.organizations set time_zone = %s where id = %s", zone, desk.press.acme.org_id)
    for at in ("01:30", "01:45", "02:00", "02:10", "02:30"):
        desk.schedule(name=at, local_time=at, formats=["csv"], recipients=[])
    start = (day - timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    desk.query(
        "update public.report_schedules s set next_run_at = private.next_run_at(s, %s, %s::timestamptz)",
        zone,
        start - timedelta(seconds=1),
    )
    with ThreadPoolExecutor(2) as pool, desk.store() as one, desk.store() as two:
        for minutes in range(0, 72 * 60, 10):
            now = start + timedelta(minutes=minutes)
            list(pool.map(lambda store, now=now: store.start_due_reports(now, 9), (one, two)))
    runs = desk.query("select name, period_start, period_end, created_at from public.report_runs order by created_at")
    assert Counter(row["name"] for row in runs) == dict.fromkeys(("01:30", "01:45", "02:00", "02:10", "02:30"), 3)
    for row in runs:
        ran = row["created_at"].astimezone(ZoneInfo(zone))
        end = row["period_end"].astimezone(ZoneInfo(zone))
        assert (end.date(), end.time()) == (ran.date(), datetime.min.time()), "it tells of the day before"
        clock = datetime.combine(ran.date(), datetime.strptime(row["name"], "%H:%M").time())
        skipped = clock.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        is_skipped = skipped != clock
        assert is_skipped or ran.fold == 0, "the first of two"
        assert ran.replace(tzinfo=None) - clock < timedelta(hours=1 if is_skipped else 0, minutes=10)


def test_cron_brings_reports_and_alerts(room: Mailroom, tmp_path: Path) -> None:
    room.query("update private.sync_cursors set next_run_at = 'infinity'")
    room.schedule(recipients=["ann@example.com"])
    room.rule("org_admin", kind="sync_stale", threshold=1)
    room.query("update private.sync_cursors set last_success_at = now() - interval '1 hour'")
    environment = {
        "SYNC_SMTP_HOST": HOST,
        "SYNC_SMTP_PORT": str(room.server.port),
        "SYNC_SMTP_SECURITY": "none",
        "SYNC_MAIL_SENDER": "VictorySync <no-reply@example.com>",
        "SYNC_STORAGE_URL": f"{room.press.door.url}/storage/v1",
        "SYNC_STORAGE_KEY": room.press.acme.database.keys.secret_key,
    }
    with worlds.world(room.press.acme.database) as world:
        room.query("update private.sync_cursors set next_run_at = 'infinity'")
        # What one run makes, the next one sends, at the latest.
        for _ in range(2):
            with Process(world, tmp_path, "run", **environment) as run:
                assert run.wait() == 0, run.output + run.errors
                assert run.errors == ""
    assert len(attached(room.letter("ann@example.com").message)) == 2
    admin = room.letter(f"{room.press.acme.users['org_admin']}@example.com")
    assert admin.message["subject"] == "Calls have not been pulled for 1 h: Zoë & Söhne"
    assert len(room.server.letters) == 2


def test_who_bounces_keeps_nobody_from_their_letter(room: Mailroom) -> None:
    room.schedule(recipients=["ann@example.com", "bob@example.com", "cem@example.com"])
    room.server.answers["RCPT"] = ["550 5.1.1 nobody here", "450 4.2.0 later", "250 OK"]
    assert room.all_of_it() == [DONE] * 3
    states = Counter(row["state"] for row in room.query("select state from public.report_deliveries"))
    assert states == {"failed": 1, "queued": 1, "sent": 1}
    assert room.run()["state"] == "sending"
    room.press.ahead = timedelta(minutes=2)
    assert room.deliver() == [DONE, DONE], "the one that was put off, and to the owner"
    run = room.run()
    assert run["state"] == "sent"
    assert run["error"].startswith("It did not reach ")
    assert run["error"].endswith(" (550 5.1.1 nobody here).")
    assert len(room.server.letters) == 3
    (told,) = room.query("select title, user_id from public.notifications")
    assert told == {
        "title": "The report “Yesterday” was not sent to everybody",
        "user_id": room.press.acme.users["manager"],
    }


def test_when_nobody_is_reached_the_run_has_failed_and_its_owner_hears_of_it(room: Mailroom) -> None:
    room.schedule(recipients=["ann@example.com"])
    room.server.answers["RCPT"] = ["550 5.1.1 nobody here", "250 OK"]
    assert room.all_of_it() == [DONE, DONE], "to Ann, and to the owner"
    assert room.run()["state"] == "failed"
    owner = f"{room.press.acme.users['manager']}@example.com"
    letter = room.letter(owner)
    assert letter.message["subject"] == "The report “Yesterday” was not sent: Zoë & Söhne"
    assert "It did not reach ann@example.com (550 5.1.1 nobody here)." in letter.text


def test_whoever_is_deactivated_has_nothing_sent_any_more(room: Mailroom) -> None:
    room.schedule()
    room.start()
    room.press.make()
    room.query("update public.org_members set deactivated_at = now() where id = %s", room.press.acme.members["manager"])
    assert room.start() == 1, "the schedule is stopped"
    room.deliver()
    assert [letter.message["subject"] for letter in room.server.letters] == [
        "The report “Yesterday” is not sent any more: Zoë & Söhne"
    ]
    (letter,) = room.server.letters
    assert letter.recipients == [f"{room.press.acme.users['org_admin']}@example.com"]
    assert "Its owner, Manager, was deactivated. An admin can take it over, or delete it." in letter.text
    assert room.run()["state"] == "failed"
    room.due()
    assert room.start() == 0


def test_documents_that_the_owner_may_not_have_made_are_not_sent(room: Mailroom) -> None:
    room.schedule()
    room.start()
    room.query("update public.org_members set deactivated_at = now() where id = %s", room.press.acme.members["manager"])
    room.press.make()
    assert room.run()["state"] == "failed"
    assert "no longer active" in room.run()["error"]
    room.deliver()
    assert room.server.letters == []


def test_what_is_too_large_stays_behind_a_link(room: Mailroom) -> None:
    room.schedule(recipients=["ann@example.com"])
    room.start()
    room.press.make()
    sizes = room.query("select format, size_bytes from public.documents order by size_bytes")
    room.largest_bytes = sizes[0]["size_bytes"]
    room.deliver()
    letter = room.letter("ann@example.com")
    assert [name.rpartition(".")[2] for name in attached(letter.message)] == [sizes[0]["format"]]
    assert "One document is too large for a letter, and kept in VictorySync." in letter.text


def test_while_storage_is_away_letters_wait(room: Mailroom) -> None:
    room.schedule(recipients=["ann@example.com"])
    room.start()
    room.press.make()
    assert room.deliver(storage_url="http://127.0.0.1:9/storage/v1") == [DONE]
    assert room.server.letters == []
    (delivery,) = room.query("select state, error from public.report_deliveries")
    assert delivery == {"state": "queued", "error": "the report's documents could not be fetched"}
    room.press.ahead = timedelta(minutes=2)
    assert room.deliver() == [DONE]
    assert len(attached(room.letter("ann@example.com").message)) == 2
    assert room.run()["error"] is None


def test_what_was_changed_in_storage_is_not_sent(room: Mailroom) -> None:
    room.schedule(recipients=["ann@example.com"])
    room.start()
    room.press.make()
    room.query("update public.documents set sha256 = sha256('something else') where format = 'csv'")
    room.deliver()
    assert room.server.letters == []


def test_a_mail_server_that_is_away_costs_no_letter(room: Mailroom) -> None:
    room.schedule(recipients=["ann@example.com"])
    room.start()
    room.press.make()
    well, room.server = room.server, MailServer(port=9)
    with pytest.raises(MailServerUnusable):
        room.deliver()
    room.server = well
    room.press.ahead = timedelta(minutes=2)
    assert room.deliver() == [DONE]
    assert room.run()["state"] == "sent"


def test_a_letter_that_could_not_leave_for_three_days_is_over(room: Mailroom) -> None:
    room.schedule(recipients=["ann@example.com"])
    room.start()
    room.press.make()
    room.press.ahead = timedelta(days=3, minutes=1)
    room.deliver()
    assert room.server.letters[0].message["subject"].startswith("The report “Yesterday” was not sent")
    assert room.run()["state"] == "failed"


def test_a_document_is_sent_by_hand(room: Mailroom) -> None:
    document_id = room.press.acme.document("manager", "summary", "pdf")
    room.press.make()
    room.press.as_user("manager", "select public.email_document(%s, %s)", document_id, ["ann@example.com"])
    assert room.deliver() == [DONE]
    letter = room.letter("ann@example.com")
    assert "Manager sends you the report “Summary” of Zoë & Söhne for 28 March to 1 April 2025" in letter.text
    assert list(attached(letter.message).values()) == [room.press.file(document_id).content]


def test_every_worker_together_tells_once_of_an_episode(desk: Mailroom) -> None:
    for number in range(10):
        desk.rule("org_admin", name=f"Rule {number}", kind="missed_burst", threshold=1, audience="managers")
    desk.query("update public.calls set outcome = 'missed', started_at = now() - interval '1 minute'")
    ready = threading.Barrier(4)

    def work(_: int) -> int:
        ready.wait()
        with desk.store() as store:
            return sum(store.evaluate_alerts(desk.press.now(), 3) for _ in range(10))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 10
    assert desk.query("select count(*), count(distinct rule_id) as rules from public.alerts") == [
        {"count": 10, "rules": 10}
    ]
    told = desk.query("select user_id, count(*) from public.notifications group by user_id")
    assert {row["user_id"]: row["count"] for row in told} == {desk.press.acme.users["org_admin"]: 10}
    assert desk.deliver() == [DONE] * 10
    assert "missed calls within 60 minutes: Acme" in desk.server.letters[0].message["subject"]
    assert f"{APP}/alerts?alert=" in desk.server.letters[0].text
