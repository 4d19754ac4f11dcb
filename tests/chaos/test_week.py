"""A week of two organizations through everything that goes wrong, killed again and again: kept is what was true."""

import faulthandler
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.chaos.breaker import Actor, breaker, kill, spoil_deliveries, told_of, troublemaker
from tests.chaos.comparison import Comparison, Findings, rebuilt, strangers, trail
from tests.chaos.people import callers, correctors, movers, office, settle, time_itself
from tests.chaos.plan import Plan
from tests.chaos.programs import until
from tests.chaos.week import REQUESTS_A_DAY, Week, wait_for_numbers, week
from tests.support.postgres import migrate
from tools.scratch import Database, ScratchCluster

RESOURCES = ("phone_numbers", "team", "contacts", "calls", "messages", "voicemails")
GIVEN_UP = "The worker stopped three times in the middle of this job."
_CATCH_UP_SECONDS = 600.0
pytestmark = pytest.mark.usefixtures("patience")


@pytest.fixture
def plan(capsys: pytest.CaptureFixture[str]) -> Plan:
    plan = Plan.from_environment()
    with capsys.disabled():
        print(f"\nchaos: VICTORYSYNC_CHAOS_SEED={plan.seed} {plan.calls:,} calls, {plan.minutes:g} minutes")  # noqa: T201
    return plan


@pytest.fixture
def patience() -> None:
    """A run takes longer than any other test may."""
    faulthandler.cancel_dump_traceback_later()


@contextmanager
def prepared(plan: Plan, directory: Path) -> Iterator[Week]:
    """A Postgres of its own, which is going to be killed, with everything that works on it."""
    with ScratchCluster.running(durable=True) as cluster:
        template: Database = migrate(cluster)
        with cluster.database(template.name) as database, week(plan, cluster, database, directory) as scene:
            wait_for_numbers(scene)
            settle(scene)
            yield scene


def test_after_a_week_of_chaos_everything_is_as_it_was(
    plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    began = time.monotonic()

    def say(what: str) -> None:
        said.append(what)
        with capsys.disabled():
            print(f"chaos: {time.monotonic() - began:5.0f} s  {what}")  # noqa: T201

    with prepared(plan, tmp_path) as scene:
        say("everything runs")
        log = told(scene, plan)
        say(f"told; {told_of(log)}")
        catch_up(scene)
        say("caught up")
        findings = Findings()
        for side in scene.sides:
            Comparison(scene, side, findings).whole()
        trail(scene, findings)
        strangers(scene, findings)
        say("compared")
        rebuilt(scene, findings)
        planner(scene, findings)
        foreseen(scene, findings)
        say("rebuilt; " + ", ".join(f"{count:,} {what}" for what, count in sorted(findings.counts.items())))
    if findings.differences:
        story = "\n".join([f"VICTORYSYNC_CHAOS_SEED={plan.seed}", str(findings), *log])
        pytest.fail(story, pytrace=False)
    assert findings.counts["calls"] >= plan.calls
    enough(plan, findings)


def told(scene: Week, plan: Plan) -> list[str]:
    """Let the week be told, and everything go wrong meanwhile."""
    spoil_deliveries(scene)
    actors: list[Actor] = [
        make(scene) for make in (breaker, troublemaker, time_itself, movers, office, callers, correctors)
    ]
    period = {"from": scene.begins_at.isoformat(), "to": scene.opened_at.isoformat()}
    scene.provider.ask("POST", "/play", json=period | {"most_open": 100, "hide": True})
    for actor in actors:
        actor.start()
    _listen(scene, plan.minutes * 60)
    for actor in actors:
        actor.finish()
    scene.provider.ask("DELETE", "/play")
    scene.provider.ask("DELETE", "/faults")
    until(lambda: not any(each["open"] for each in scene.provider.ask("GET", "/play")["plays"]), "deliveries", 120)
    return sorted(line for actor in actors for line in actor.log)


def _listen(scene: Week, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not scene.provider.ask("GET", "/play", wait="1")["is_over"]:
        pass


def catch_up(scene: Week) -> None:
    """A new day, nothing goes wrong any more: everything is read again until nothing is left to do."""
    scene.allow_requests(REQUESTS_A_DAY)

    def is_sent() -> bool:
        scene.let_time_pass()
        return not scene.query("select 1 from private.outbox_requests where state <> 'done' limit 1")

    until(is_sent, "what people asked for to be sent", _CATCH_UP_SECONDS, every=1)
    until(lambda: _is_listed(scene), "calls and messages to be over and listed", every=0.5)
    scene.query("update private.sync_cursors set next_run_at = 'infinity'")
    wanted = [(side.integration_id, resource) for side in scene.sides for resource in RESOURCES]
    begun_at = _queue(scene, wanted)
    if "kills" in scene.plan.evils:
        chance = scene.plan.dice("kills while catching up")
        for what in chance.sample(["watch 0", "watch 1", "watch 0", "watch 1", "postgres killed"], 5):
            time.sleep(chance.uniform(0.3, 2))
            kill(scene, what)
    until(lambda: _is_quiet(scene), "everything to be read", _CATCH_UP_SECONDS, every=1)
    # What was killed in the middle again and again was given up: it says so, and is asked for once more.
    if given_up := _failed(scene, begun_at):
        assert "kills" in scene.plan.evils, given_up
        assert {row["error"] for row in given_up} == {GIVEN_UP}, given_up
        begun_at = _queue(scene, [(row["integration_id"], row["resource"]) for row in given_up])
        until(lambda: _is_quiet(scene), "the rest to be read", _CATCH_UP_SECONDS, every=1)
        assert not _failed(scene, begun_at)
    _settle_wishes(scene)


def _settle_wishes(scene: Week) -> None:
    """An hour later, what may have been sent and was never listed was not sent, and is said not to have been."""
    scene.query("delete from private.sync_lookbacks")
    scene.query(
        "update private.outbox_requests set begun_at = begun_at - interval '70 minutes' where outcome = 'unconfirmed'"
    )
    scene.query("update private.sync_cursors set next_run_at = now() where resource = any (array['calls', 'messages'])")

    def is_settled() -> bool:
        scene.let_time_pass()
        return not scene.query(
            "select 1 from public.messages where state = 'unconfirmed'"
            " union all select 1 from public.placed_calls where state = 'unconfirmed'"
        )

    until(is_settled, "what was unconfirmed to be settled", every=1)
    scene.query("update private.sync_cursors set next_run_at = 'infinity'")
    until(lambda: _is_quiet(scene), "the last passes to end", every=0.5)


def _queue(scene: Week, wanted: Iterable[tuple[UUID, str]]) -> datetime:
    now = datetime.now(UTC)
    for integration_id, resource in wanted:
        is_list = resource in ("phone_numbers", "team", "contacts")
        scene.query(
            "select private.queue_sync_job(%s, %s, %s, %s, %s, null, %s)",
            integration_id,
            resource,
            "requested" if is_list else "backfill",
            None if is_list else scene.begins_at - timedelta(hours=1),
            None if is_list else now,
            now,
        )
    return now


def _failed(scene: Week, since: datetime) -> list[dict[str, Any]]:
    return scene.query(
        "select integration_id, resource, kind, error from public.sync_jobs"
        " where state = 'failed' and created_at >= %s",
        since,
    )


def _is_quiet(scene: Week) -> bool:
    scene.let_time_pass()
    return not scene.query(
        "select 1 from public.sync_jobs where state in ('queued', 'running')"
        " union all select 1 from private.recording_sources s join public.recordings r on r.id = s.recording_id"
        " where r.state = 'waiting' and s.next_attempt_at < 'infinity' and (s.url is not null or r.kind = 'call')"
        " union all select 1 from private.unsealed_audit_entries limit 1"
    )


def _is_listed(scene: Week) -> bool:
    """What happened after the week's end, because we asked for it, is over and known."""
    for side in scene.sides:
        known = scene.provider.ask(
            "GET", "/truth", account=side.api_key, parts="calls,messages", **{"from": scene.opened_at.isoformat()}
        )["accounts"][0]
        now = datetime.now(UTC)
        if any(call["history"] is None and call["deleted_at"] is None for call in known["calls"]):
            return False
        if any(datetime.fromisoformat(m["settles_at"] or m["created_at"]) > now for m in known["messages"]):
            return False
        if any(message["journal"] is None for message in known["messages"]):
            return False
    return True


def planner(scene: Week, findings: Findings) -> None:
    """Requests were so scarce that some work had to wait for the next day."""
    if "requests" not in scene.plan.evils:
        return
    events = [line["event"] for watch in scene.watches for line in watch.said() if "event" in line]
    findings.counts["jobs postponed"] = sum("postponed" in event for event in events)
    if not findings.counts["jobs postponed"]:
        findings.note("quota", "no job ever had to wait")


def foreseen(scene: Week, findings: Findings) -> None:
    """Whatever happened, no program met anything that it was not written for."""
    for log in [*(watch.log for watch in scene.watches), scene.directory / "webhooks.log"]:
        for line in log.read_text(errors="replace").splitlines():
            if "Traceback" in line or '"error": "unexpected' in line:
                findings.note("not foreseen", f"{log.name}: {line[:300]}")


def enough(plan: Plan, findings: Findings) -> None:
    """There was something to go wrong."""
    counts = findings.counts
    assert counts["calls told of"] > 100 * plan.minutes
    if "deliveries" in plan.evils:
        assert counts["events lost"] > 0.02 * counts["events kept"]
        assert counts["events skewed"] > 20
    if "corrections" in plan.evils:
        assert counts["calls deleted"] >= 3
        assert counts["calls corrected"] >= 3
    if "people" in plan.evils:
        assert sum(count for what, count in counts.items() if what.startswith("wishes")) > 20
