"""What lies in Storage.

Audio: heard by who may hear the recording, once they asked for it, for five minutes, and nobody else.
Documents: fetched by who reads their rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest

from tests.isolation import matrix
from tests.isolation.callers import Callers
from tests.isolation.doors import NO_PRIVILEGE, Answer, Door
from tests.isolation.matrix import Caller, Table
from tests.isolation.witness import Witness
from tests.isolation.world import World
from tests.support import programs
from tools.scratch import Database, ScratchCluster

pytestmark = pytest.mark.usefixtures("nothing_changes")

MATRIX = matrix.load()
RECORDINGS = MATRIX.tables["recordings"]
DOCUMENTS = MATRIX.tables["documents"]

OBJECTS = Table(
    name="storage.objects",
    columns=frozenset({"bucket_id", "name"}),
    words={},
    verbs={verb: {} for verb in matrix.VERBS},
    insert_columns=(),
    update_columns={},
    key=(),
    rows=None,
)
NAMES = "/storage/v1/object"

each_caller = pytest.mark.parametrize("caller", MATRIX.callers.values(), ids=lambda caller: caller.name)
IN_THE_DATABASE = [caller for caller in MATRIX.callers.values() if caller.database_role]


@contextmanager
def everybody_granted_everything(world: World, lasts: str = "5 minutes") -> Iterator[psycopg.Connection[Any]]:
    """Give everybody a grant to every recording, which they never could get, for the length of a test."""
    users = [world.user(caller) for caller in MATRIX.callers.values() if caller.is_signed_in]
    with world.edit() as edit:
        edit.execute(
            "insert into private.play_grants (user_id, recording_id, expires_at)"
            " select u, r.id, now() + %s::interval from unnest(%s::uuid[]) u cross join public.recordings r",
            [lasts, list(set(users))],
        )
        yield edit
        edit.execute("delete from private.play_grants")


@pytest.fixture(scope="module")
def gateway(cluster: ScratchCluster, world: World, world_database: Database) -> Iterator[programs.Door]:
    """Storage on the world."""
    assert world
    with programs.gateway(cluster, world_database) as door:
        yield door


@pytest.fixture(scope="module")
def audio(gateway: programs.Door, cluster: ScratchCluster, world: World, witness: Witness) -> dict[str, bytes]:
    """What lies in Storage, by the recordings' ids: of Acme's, and one of each other organization's."""
    key = cluster.keys.secret_key
    rows = list(witness.rows("recordings", "state = 'stored'").values())
    acme = str(world.organizations["Acme"].id)
    others = {row["org_id"]: row["id"] for row in rows if row["org_id"] != acme}
    of_acme = [row["id"] for row in rows if row["org_id"] == acme]
    lying = {name: f"audio of {name}".encode() for name in (*of_acme, *others.values())}
    with gateway.client({"apikey": key, "authorization": f"Bearer {key}"}) as client:
        for name, content in lying.items():
            headers = {"content-type": "audio/wav", "x-upsert": "true"}
            client.post(f"{NAMES}/recordings/{name}", content=content, headers=headers).raise_for_status()
    return lying


def client_of(caller: Caller, gateway: programs.Door, cluster: ScratchCluster, world: World) -> httpx.Client:
    """Return a caller's browser."""
    token = world.token(caller, gateway.tokens)
    signed_in = {"authorization": f"Bearer {token}"} if token else {}
    return gateway.client({"apikey": cluster.keys.publishable_key, **signed_in, **world.headers(caller)})


def shown(answer: Answer, bucket: str = "recordings") -> set[str]:
    """The names of a bucket's objects that somebody was shown."""
    return {row["name"] for row in answer.value if row["bucket_id"] == bucket}


def heard(client: httpx.Client, audio: dict[str, bytes]) -> set[str]:
    """Ask for everything, and return the ids of what came."""
    names = set()
    for name, content in audio.items():
        answer = client.get(f"{NAMES}/authenticated/recordings/{name}")
        assert answer.status_code < 500, answer.text
        if answer.is_success:
            assert answer.content == content
            names.add(name)
        else:
            assert content not in answer.content
    return names


def hearable(caller: Caller, world: World, witness: Witness) -> set[str]:
    """Return the ids of the recordings that a caller may hear."""
    if caller.name == "service_key":
        # It is what Storage is for.
        return {name for (name,) in witness.rows("recordings", "state = 'stored'")}
    if not caller.is_signed_in:
        return set()
    condition = f"({RECORDINGS.condition('select', caller.role)}) and state = 'stored'"
    return {name for (name,) in witness.rows("recordings", condition, world.parameters(caller))}


@pytest.mark.parametrize("lasts", ["5 minutes", "0 seconds", "-1 second"])
def test_a_grant_shows_what_its_holder_may_hear_now(lasts: str, sql: Door, world: World, witness: Witness) -> None:
    """Everybody holds a grant to everything: only what they may hear is there for them."""
    with everybody_granted_everything(world, lasts):
        answers = {caller.name: sql.read(caller, OBJECTS) for caller in IN_THE_DATABASE}
    for caller in IN_THE_DATABASE:
        answer = answers[caller.name]
        if caller.is_key:
            assert answer.code == NO_PRIVILEGE
            continue
        is_valid = lasts == "5 minutes" or caller.name == "service_key"
        expected = hearable(caller, world, witness) if is_valid else set()
        assert shown(answer) == expected, caller.name


@pytest.mark.parametrize("caller", IN_THE_DATABASE, ids=lambda caller: caller.name)
def test_without_a_grant_there_is_nothing(caller: Caller, sql: Door) -> None:
    answer = sql.read(caller, OBJECTS)
    if caller.is_key:
        assert answer.code == NO_PRIVILEGE
    else:
        assert bool(shown(answer)) == (caller.name == "service_key")


@pytest.mark.parametrize(
    "since",
    [
        "update public.recordings set state = 'deleted', reason = 'deleted by a person', deleted_at = now()",
        "update public.recordings set state = 'waiting'",
        "update public.org_members set deactivated_at = now() where role <> 'org_admin'",
        "update public.organizations set archived_at = now() where id <> private.holding_org_id()",
        "delete from public.member_lines; update public.recordings set member_ids = '{}'",
    ],
)
def test_who_may_hear_it_no_more_hears_it_no_more(since: str, sql: Door, world: World, witness: Witness) -> None:
    with everybody_granted_everything(world) as edit:
        edit.execute(since.encode())
        audible = {name: shown(sql.read(MATRIX.callers[name], OBJECTS)) for name in ("agent", "manager")}
    witness.effects_undone()
    assert audible == {"agent": set(), "manager": set()}


@each_caller
def test_what_was_asked_for_is_heard(
    caller: Caller,
    gateway: programs.Door,
    cluster: ScratchCluster,
    callers: Callers,
    world: World,
    witness: Witness,
    audio: dict[str, bytes],
) -> None:
    """Nothing before it is asked for by play_recording; then what was allowed; nothing of what others asked for."""
    mine = hearable(caller, world, witness)
    unasked = mine if caller.name == "service_key" else set()
    with client_of(caller, gateway, cluster, world) as browser:
        assert heard(browser, audio) == unasked & audio.keys()
        for name in audio:
            answer = callers.client(caller).post("/rpc/play_recording", json={"p_recording_id": name})
            assert answer.is_success == (name in mine - unasked), answer.text
        assert heard(browser, audio) == mine & audio.keys()
    witness.effects_undone()


def test_what_one_asked_for_nobody_else_hears(
    gateway: programs.Door,
    cluster: ScratchCluster,
    callers: Callers,
    world: World,
    witness: Witness,
    audio: dict[str, bytes],
) -> None:
    for name in hearable(MATRIX.callers["org_admin"], world, witness) & audio.keys():
        callers.client("org_admin").post("/rpc/play_recording", json={"p_recording_id": name}).raise_for_status()
    for other in MATRIX.callers.values():
        if other.name not in {"org_admin", "service_key"}:
            with client_of(other, gateway, cluster, world) as browser:
                assert heard(browser, audio) == set(), other.name
    witness.effects_undone()


def test_a_grant_is_for_listening_alone(
    gateway: programs.Door,
    cluster: ScratchCluster,
    callers: Callers,
    world: World,
    witness: Witness,
    audio: dict[str, bytes],
) -> None:
    """Not for a list, not for a link that plays on, not to change or remove anything, and not for other buckets."""
    admin = MATRIX.callers["platform_admin"]
    for name in audio:
        callers.client(admin).post("/rpc/play_recording", json={"p_recording_id": name}).raise_for_status()
    name, content = next(iter(audio.items()))
    with client_of(admin, gateway, cluster, world) as browser:
        assert browser.post(f"{NAMES}/list/recordings", json={"prefix": ""}).json() == []
        assert browser.get("/storage/v1/bucket").json() == []
        for refused in (
            browser.post(f"{NAMES}/sign/recordings/{name}", json={"expiresIn": 60}),
            browser.post(f"{NAMES}/sign/recordings", json={"expiresIn": 60, "paths": [name]}),
            browser.get(f"{NAMES}/public/recordings/{name}"),
            browser.put(f"{NAMES}/recordings/{name}", content=b"x", headers={"content-type": "audio/wav"}),
            browser.post(f"{NAMES}/recordings/new", content=b"x", headers={"content-type": "audio/wav"}),
            browser.post(f"{NAMES}/recordings/{name}", content=b"x", headers={"x-upsert": "true"}),
            browser.delete(f"{NAMES}/recordings/{name}"),
        ):
            assert 400 <= refused.status_code < 500, refused.text
            assert content not in refused.content
        many = browser.request("DELETE", f"{NAMES}/recordings", json={"prefixes": list(audio)})
        assert many.is_client_error or many.json() == []
        assert heard(browser, audio) == audio.keys()
        with world.edit() as edit:
            edit.execute("update private.play_grants set expires_at = now()")
        assert heard(browser, audio) == set()
    witness.effects_undone()


def legible(caller: Caller, world: World, witness: Witness) -> set[str]:
    """Return the ids of the documents whose files a caller may fetch."""
    if caller.name == "service_key":
        return {name for (name,) in witness.rows("documents", "state = 'stored'")}
    if not caller.is_signed_in:
        return set()
    condition = f"({DOCUMENTS.condition('select', caller.role)}) and state = 'stored'"
    return {name for (name,) in witness.rows("documents", condition, world.parameters(caller))}


@pytest.mark.parametrize("caller", IN_THE_DATABASE, ids=lambda caller: caller.name)
def test_documents_are_there_for_who_reads_them(caller: Caller, sql: Door, world: World, witness: Witness) -> None:
    answer = sql.read(caller, OBJECTS)
    if caller.is_key:
        assert answer.code == NO_PRIVILEGE
    else:
        assert shown(answer, "reports") == legible(caller, world, witness)


@each_caller
def test_documents_are_fetched_by_who_reads_them(
    caller: Caller, gateway: programs.Door, cluster: ScratchCluster, world: World, witness: Witness
) -> None:
    key = cluster.keys.secret_key
    stored = {name for (name,) in witness.rows("documents", "state = 'stored'")}
    assert stored
    with gateway.client({"apikey": key, "authorization": f"Bearer {key}"}) as client:
        for name in stored:
            headers = {"content-type": "text/csv", "x-upsert": "true"}
            client.post(f"{NAMES}/reports/{name}", content=name.encode(), headers=headers).raise_for_status()
    fetched = set()
    with client_of(caller, gateway, cluster, world) as browser:
        for name in stored:
            answer = browser.get(f"{NAMES}/authenticated/reports/{name}")
            assert answer.status_code < 500, answer.text
            assert answer.is_success == (answer.content == name.encode())
            fetched |= {name} if answer.is_success else set()
            signed = browser.post(f"{NAMES}/sign/reports/{name}", json={"expiresIn": 60})
            assert signed.is_client_error or caller.name == "service_key"
    assert fetched == legible(caller, world, witness)
