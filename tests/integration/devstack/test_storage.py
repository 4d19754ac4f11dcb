"""Storage as the sync script and a browser use it: uploads with the service key, downloads with a user's own token."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256, shake_256
from uuid import UUID, uuid4

import httpx
import pytest
from storage3 import SyncStorageClient
from storage3.exceptions import StorageApiError

from devstack.keys import Keys
from tests.support.programs import Door, gateway
from tools.scratch import PLATFORM, Database, ScratchCluster

BUCKET = "sounds"
ALLOWED, OTHER = uuid4(), uuid4()
CONTENT = shake_256(b"sound").digest(3_000_001)


@dataclass(frozen=True)
class Front:
    """A gateway in front of a database as hosted Supabase hands it over, and whom it serves."""

    door: Door
    database: Database
    keys: Keys

    def client(self, token: str | None = None) -> httpx.Client:
        """Return a browser with the publishable key, and a token if somebody is signed in."""
        signed_in = {"authorization": f"Bearer {token}"} if token else {}
        return self.door.client({"apikey": self.keys.publishable_key, **signed_in})


@pytest.fixture(scope="module")
def front(cluster: ScratchCluster) -> Iterator[Front]:
    with cluster.database(PLATFORM) as database, gateway(cluster, database) as door:
        yield Front(door, database, cluster.keys)


@pytest.fixture(scope="module")
def bucket(front: Front) -> str:
    """A bucket whose objects one user may read, and nobody else."""
    with front.database.connect() as connection:
        connection.execute("insert into storage.buckets (id, name) values (%s, %s)", [BUCKET, BUCKET])
        connection.execute(
            "create policy sounds_select_one on storage.objects for select to authenticated"
            f" using (bucket_id = '{BUCKET}' and (select auth.uid()) = '{ALLOWED}')"
        )
    return BUCKET


@pytest.fixture
def service(front: Front) -> Iterator[httpx.Client]:
    key = front.keys.secret_key
    with front.door.client({"apikey": key, "authorization": f"Bearer {key}"}) as client:
        yield client


def as_user(front: Front, user: UUID) -> httpx.Client:
    return front.client(front.door.tokens(user))


def upload(service: httpx.Client, bucket: str, name: str, content: bytes, kind: str = "audio/wav") -> httpx.Response:
    headers = {"content-type": kind, "x-upsert": "true", "cache-control": "max-age=3600"}
    pieces = (content[start : start + 65536] for start in range(0, len(content), 65536))
    return service.post(f"/storage/v1/object/{bucket}/{name}", content=pieces, headers=headers)


@pytest.fixture
def name(service: httpx.Client, bucket: str) -> str:
    name = str(uuid4())
    upload(service, bucket, name, CONTENT).raise_for_status()
    return name


def test_who_may_reads_the_very_bytes(front: Front, bucket: str, name: str) -> None:
    with as_user(front, ALLOWED) as client:
        answer = client.get(f"/storage/v1/object/authenticated/{bucket}/{name}")
    assert answer.status_code == 200
    assert sha256(answer.content).digest() == sha256(CONTENT).digest()
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["access-control-allow-origin"] == "*"


def test_who_may_not_is_told_that_there_is_nothing(front: Front, bucket: str, name: str) -> None:
    for path in (f"authenticated/{bucket}/{name}", f"{bucket}/{name}", f"authenticated/{bucket}/no-such-object"):
        with as_user(front, OTHER) as client:
            answer = client.get(f"/storage/v1/object/{path}")
        assert answer.status_code in (400, 404)
        assert answer.json()["error"] == "not_found"


@pytest.mark.parametrize("path", ["authenticated/{}/{}", "{}/{}", "public/{}/{}"])
def test_nobody_reads_without_a_session(front: Front, bucket: str, name: str, path: str) -> None:
    with front.client() as client:
        answer = client.get(f"/storage/v1/object/{path.format(bucket, name)}")
    assert answer.status_code in (400, 401, 403, 404)
    assert CONTENT[:100] not in answer.content


def test_an_expired_session_reads_nothing(front: Front, bucket: str, name: str) -> None:
    with front.client(front.door.tokens(ALLOWED, exp=int(time.time()) - 60)) as client:
        answer = client.get(f"/storage/v1/object/authenticated/{bucket}/{name}")
    assert answer.status_code in (400, 401, 403)


def test_a_user_may_not_write(front: Front, bucket: str, name: str, service: httpx.Client) -> None:
    with as_user(front, ALLOWED) as client:
        for other in (name, "new"):
            assert not upload(client, bucket, other, b"RIFF").is_success
        client.delete(f"/storage/v1/object/{bucket}/{name}")
    assert service.get(f"/storage/v1/object/{bucket}/{name}").content == CONTENT


def test_a_part_can_be_asked_for(front: Front, bucket: str, name: str) -> None:
    with as_user(front, ALLOWED) as client:
        path = f"/storage/v1/object/authenticated/{bucket}/{name}"
        answer = client.get(path, headers={"range": "bytes=1000-1999"})
        rest = client.get(path, headers={"range": f"bytes={len(CONTENT) - 10}-"})
        last = client.get(path, headers={"range": "bytes=-5"})
        head = client.head(path)
    assert (answer.status_code, answer.content) == (206, CONTENT[1000:2000])
    assert answer.headers["content-range"] == f"bytes 1000-1999/{len(CONTENT)}"
    assert (rest.status_code, rest.content) == (206, CONTENT[-10:])
    assert (last.status_code, last.content) == (206, CONTENT[-5:])
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(CONTENT)))
    assert head.headers["accept-ranges"] == "bytes"


def test_what_is_uploaded_again_replaces(front: Front, bucket: str, name: str, service: httpx.Client) -> None:
    again = b"OggS" + CONTENT[:5000]
    answer = upload(service, bucket, name, again, "audio/ogg")
    assert answer.is_success, answer.text
    with as_user(front, ALLOWED) as client:
        found = client.get(f"/storage/v1/object/authenticated/{bucket}/{name}")
    assert (found.content, found.headers["content-type"]) == (again, "audio/ogg")


def test_what_is_deleted_is_gone_and_may_be_deleted_again(
    front: Front, bucket: str, name: str, service: httpx.Client
) -> None:
    assert service.delete(f"/storage/v1/object/{bucket}/{name}").is_success
    with as_user(front, ALLOWED) as client:
        assert not client.get(f"/storage/v1/object/authenticated/{bucket}/{name}").is_success
    again = service.delete(f"/storage/v1/object/{bucket}/{name}")
    assert again.is_success or again.json()["error"] == "not_found"
    several = service.request("DELETE", f"/storage/v1/object/{bucket}", json={"prefixes": [name]})
    assert (several.status_code, several.json()) == (200, [])


def test_the_client_library_does_the_same(front: Front, bucket: str, name: str, service: httpx.Client) -> None:
    def library(http: httpx.Client) -> SyncStorageClient:
        return SyncStorageClient(f"{front.door.url}/storage/v1/", dict(http.headers), http_client=http)

    with as_user(front, ALLOWED) as one, as_user(front, OTHER) as another:
        assert library(one).from_(bucket).download(name) == CONTENT
        with pytest.raises(StorageApiError, match="Object not found"):
            library(another).from_(bucket).download(name)
    uploaded = str(uuid4())
    options = {"content-type": "audio/mpeg", "upsert": "true"}
    for content in (CONTENT[:1000], CONTENT[:999]):
        library(service).from_(bucket).upload(uploaded, content, options)  # type: ignore[arg-type]
        assert library(service).from_(bucket).download(uploaded) == content
    assert service.get(f"/storage/v1/object/{bucket}/{uploaded}").headers["content-type"] == "audio/mpeg"
    library(service).from_(bucket).remove([uploaded, name])
    assert service.get(f"/storage/v1/object/{bucket}/{uploaded}").status_code == 400


def test_a_large_object_goes_through(front: Front, bucket: str, service: httpx.Client) -> None:
    content = CONTENT * 20
    name = str(uuid4())
    answer = upload(service, bucket, name, content)
    assert answer.is_success, answer.text
    with as_user(front, ALLOWED) as client:
        assert client.get(f"/storage/v1/object/authenticated/{bucket}/{name}").content == content


def test_an_object_that_is_too_large_is_refused(front: Front, service: httpx.Client) -> None:
    with front.database.connect() as connection:
        connection.execute(
            "insert into storage.buckets (id, name, file_size_limit, allowed_mime_types)"
            " values ('small', 'small', 1000, '{audio/*}')"
        )
    large = upload(service, "small", "large", CONTENT)
    assert (large.status_code, large.json()["statusCode"]) == (400, "413")
    page = upload(service, "small", "page", b"<html>", "text/html")
    assert (page.status_code, page.json()["statusCode"]) == (400, "415")
    assert upload(service, "small", "fits", CONTENT[:1000]).is_success
    assert not service.get("/storage/v1/object/small/large").is_success


def test_an_upload_that_breaks_off_changes_nothing(front: Front, bucket: str, name: str, service: httpx.Client) -> None:
    def half() -> Iterator[bytes]:
        yield CONTENT[:100_000]
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        service.post(f"/storage/v1/object/{bucket}/{name}", content=half(), headers={"x-upsert": "true"})
    assert service.get(f"/storage/v1/object/{bucket}/{name}").content == CONTENT


def test_what_is_there_is_not_replaced_unasked(bucket: str, name: str, service: httpx.Client) -> None:
    answer = service.post(f"/storage/v1/object/{bucket}/{name}", content=b"x", headers={"content-type": "audio/wav"})
    assert (answer.status_code, answer.json()["statusCode"]) == (400, "409")
    assert service.get(f"/storage/v1/object/{bucket}/{name}").content == CONTENT
    changed = service.put(f"/storage/v1/object/{bucket}/{name}", content=b"y", headers={"content-type": "audio/wav"})
    assert changed.is_success
    assert service.get(f"/storage/v1/object/{bucket}/{name}").content == b"y"


def test_a_policy_may_name_the_way_an_object_is_asked_for(front: Front, service: httpx.Client) -> None:
    with front.database.connect() as connection:
        connection.execute("insert into storage.buckets (id, name) values ('played', 'played')")
        connection.execute(
            "create policy played_select on storage.objects for select to authenticated"
            " using (bucket_id = 'played' and storage.allow_only_operation('object.get_authenticated'))"
        )
    upload(service, "played", "sound", CONTENT[:10]).raise_for_status()
    with as_user(front, OTHER) as client:
        assert client.get("/storage/v1/object/authenticated/played/sound").content == CONTENT[:10]
        assert client.post("/storage/v1/object/list/played", json={"prefix": ""}).json() == []
    listed = service.post("/storage/v1/object/list/played", json={"prefix": ""}).json()
    assert [each["name"] for each in listed] == ["sound"]
