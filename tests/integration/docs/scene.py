"""The people and rows that the examples of docs/api.md are about, and what their variables stand for."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg

from credentials import KeyRing, seal
from tests.integration.docs.papers import Papers, store_document
from tests.integration.docs.props import Props, store_audio
from tests.support.programs import Stack

PASSWORD: Final = "a long password"

_DAY: Final = "2025-03-03 {}Z"
_CALLS: Final = (
    # at, direction, outcome, wait, talk, duration
    ("09:00:00", "inbound", "answered", 8, 95, 103),
    ("09:05:00", "inbound", "missed", 31, None, 31),
    ("10:00:00", "inbound", "voicemail", None, None, 40),
    ("11:00:00", "outbound", "answered", None, 60, 75),
)


class Scene:
    """One organization with a bit of everything, made for one example and of interest to it alone.

    Ann is its admin, Bob its agent with the line "Sales", Cleo a guest whom Ann has invited, Olga the operator.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._suffix = uuid4().hex[:8]
        self._made: dict[str, str] = {}
        with stack.database.connect() as self._connection, self._connection.transaction():
            self._people()
            self._telephony()
            self._calls()
            self._keys()
            self._run(
                "update public.platform_settings set app_url = 'https://app.example',"
                " webhooks_url = 'https://hooks.example', support_email = 'help@example.com',"
                " support_phone = '+1 212 555 0100'"
            )

    def variables(self, names: Iterable[str]) -> dict[str, str]:
        """Return what variables stand for.

        Raises:
            KeyError: the scene has no such thing.
        """
        return {name: self._variable(name) for name in names}

    def _variable(self, name: str) -> str:
        match name:
            case "TOKEN" | "OPERATOR_TOKEN" | "GUEST_TOKEN":
                person = {"TOKEN": "ann", "OPERATOR_TOKEN": "olga", "GUEST_TOKEN": "cleo"}[name]
                return self._sign_in(person)["access_token"]
            case "REFRESH_TOKEN":
                return self._sign_in("ann")["refresh_token"]
            case "PLAYED_RECORDING_ID":
                return self._play(self._made["RECORDING_ID"])
            case "STORED_DOCUMENT_ID":
                store_document(self._stack.gateway, self._stack.keys.secret_key, self._made["DOCUMENT_ID"])
                return self._made["DOCUMENT_ID"]
            case "MISSED_NUMBER" | "LIVE_LINE_ID":
                # What is going on now is there for the examples that are about it.
                with self._stack.database.connect() as connection:
                    papers = self._papers(connection)
                    return papers.missed_call() if name == "MISSED_NUMBER" else papers.live_call()
            case _:
                return self._made[name]

    def _people(self) -> None:
        self._acme = acme = self._id("select tests.organization('Acme')")
        users = {name: self._user(name) for name in ("Ann Archer", "Bob Baker", "Cleo Carter", "Olga Ortiz")}
        self._ann, self._bob, _, olga = users.values()
        self._id("select tests.join(%s, %s, 'org_admin')", self._ann, acme)
        self._agent = self._id("select tests.join(%s, %s, 'agent')", self._bob, acme)
        self._run("insert into private.platform_admins (user_id) values (%s)", olga)
        self._made |= {
            "API_URL": self._stack.gateway.url,
            "WEBHOOKS_URL": self._stack.gateway.url,
            "ANON_KEY": self._stack.keys.publishable_key,
            "EMAIL": self._address("ann"),
            "NEW_EMAIL": self._address("dora"),
            "GUEST_EMAIL": self._address("cleo"),
            "PASSWORD": PASSWORD,
            "ORG_ID": str(acme),
            "USER_ID": str(self._ann),
            "AGENT_USER_ID": str(self._bob),
            "MEMBER_ID": str(self._agent),
        }

    def _telephony(self) -> None:
        self._platform_account = platform_account = self._id("select tests.integration()")
        self._own_account = own_account = self._id("select tests.integration(%s)", self._acme)
        number = self._id("select tests.phone_number(%s, '+12125550101')", platform_account)
        spare = self._id("select tests.phone_number(%s, '+12125550102')", platform_account)
        self._line = line = self._id("select tests.line(%s, %s)", self._acme, number)
        self._run("update public.lines set label = 'Sales' where id = %s", line)
        self._run("update public.phone_numbers set is_enabled = true where id = %s", spare)
        self._run(
            "insert into public.member_lines (org_id, member_id, line_id) values (%s, %s, %s)",
            *(self._acme, self._agent, line),
        )
        self._run(
            "insert into public.member_extensions (org_id, member_id, integration_id, extension)"
            " values (%s, %s, %s, '101')",
            *(self._acme, self._agent, own_account),
        )
        self._run(
            "update private.sync_cursors set watermark = '2025-03-04 00:00Z' where integration_id in (%s, %s)",
            *(platform_account, own_account),
        )
        job = self._id(
            "insert into public.sync_jobs (org_id, integration_id, resource, kind, state, items_new, started_at,"
            " finished_at) values (%s, %s, 'calls', 'scheduled', 'done', 4, now(), now()) returning id",
            *(self._acme, own_account),
        )
        self._made |= {
            "INTEGRATION_ID": str(own_account),
            "PHONE_NUMBER_ID": str(spare),
            "LINE_ID": str(line),
            "JOB_ID": str(job),
        }
        self._seal(own_account)
        self._account_by_token()

    def _account_by_token(self) -> None:
        account = self._id("select tests.integration()")
        token = self._secret()
        self._run("update public.integrations set webhook_mode = 'token' where id = %s", account)
        self._run(
            "insert into private.webhook_tokens (token_hash, org_id, integration_id)"
            " select %s, org_id, id from public.integrations where id = %s",
            *(_hash(token), account),
        )
        self._made |= {"TOKEN_ACCOUNT_ID": str(account), "WEBHOOK_TOKEN": token}

    def _seal(self, own_account: UUID) -> None:
        key = KeyRing.parse(self._stack.keys.credentials_key).current
        secret = uuid4().hex

        def sealed(integration: UUID, purpose: str, organization: str) -> bytes:
            return seal(
                secret.encode(), key.public, organization=organization, integration_id=integration, purpose=purpose
            )

        self._run(
            "insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)"
            " values (%s, %s, 'webhook_secret', %s, %s)",
            *(self._acme, own_account, key.key_id, sealed(own_account, "webhook_secret", str(self._acme))),
        )
        delivery = json.dumps(
            {
                "EventType": "IncomingCall",
                "Guid": str(uuid4()),
                "Timestamp": "2025-03-03T09:00:00.0000000Z",
                "Body": {"Id": str(uuid4()), "From": "+12125550199", "To": "+12125550101"},
            }
        )
        new = uuid4()
        self._made |= {
            "DELIVERY": delivery,
            "SIGNATURE": hmac.digest(secret.encode(), delivery.encode(), "sha256").hex(),
            "NEW_ID": str(new),
            "KEY_ID": key.key_id,
            **{
                f"SEALED_{purpose.upper()}": b64encode(sealed(new, purpose, str(self._acme))).decode()
                for purpose in ("api_key", "user_key", "webhook_secret")
            },
            **{
                f"NEXT_{purpose.upper()}": b64encode(sealed(own_account, purpose, str(self._acme))).decode()
                for purpose in ("api_key", "user_key", "webhook_secret")
            },
        }

    def _calls(self) -> None:
        calls = []
        for at, direction, outcome, wait, talk, duration in _CALLS:
            call = self._id("select tests.call(%s, %s, %s)", self._line, _DAY.format(at), outcome)
            self._run(
                "update public.calls set direction = %s, wait_seconds = %s, talk_seconds = %s, duration_seconds = %s"
                " where id = %s",
                *(direction, wait, talk, duration, call),
            )
            calls.append(call)
        self._run(
            "insert into public.legs (id, org_id, call_id, extension, member_id, name, is_connected, talk_seconds)"
            " values (gen_random_uuid(), %s, %s, '101', %s, 'Bob', true, 95)",
            *(self._acme, calls[0], self._agent),
        )
        self._run("update public.calls set member_ids = array[%s::uuid] where id = %s", self._agent, calls[0])
        self._made["CALL_ID"] = str(calls[0])
        props = Props(
            self._connection,
            org_id=self._acme,
            platform_account=self._platform_account,
            own_account=self._own_account,
        )
        self._made |= props.all(calls[0], self._ann)
        self._made |= self._papers(self._connection).all()

    def _papers(self, connection: psycopg.Connection[Any]) -> Papers:
        return Papers(connection, org_id=self._acme, owner=self._ann, line_id=self._line)

    def _keys(self) -> None:
        invitation = self._id(
            "insert into private.invitations (org_id, email, role, line_ids, invited_by)"
            " values (%s, %s, 'agent', array[%s::uuid], %s) returning id",
            *(self._acme, self._address("cleo"), self._line, self._ann),
        )
        token = self._secret()
        self._run(
            "insert into private.invitation_tokens (token_hash, invitation_id) values (%s, %s)",
            *(_hash(token), invitation),
        )
        self._made |= {"INVITATION_ID": str(invitation), "INVITATION_TOKEN": token}
        key, self._made["API_KEY"] = self._api_key("Reporting")
        spent, self._made["SPENT_API_KEY"] = self._api_key("Spent")
        self._made["API_KEY_ID"] = str(key)
        self._run(
            "insert into private.api_key_minutes"
            " select %s, date_trunc('minute', now(), 'UTC') + n * interval '1 minute', 1000"
            " from generate_series(0, 9) n",
            spent,
        )

    def _api_key(self, name: str) -> tuple[UUID, str]:
        prefix = f"vsk_{self._suffix}"
        secret = f"{prefix}_{self._secret()}"
        made = self._id(
            "insert into private.api_keys (org_id, name, prefix, secret_hash, scopes, created_by)"
            " values (%s, %s, %s, %s, private.api_scopes(), %s) returning id",
            *(self._acme, name, prefix, _hash(secret), self._ann),
        )
        return made, secret

    def _play(self, recording_id: str) -> str:
        """Store the audio, and let Ann ask to hear it."""
        store_audio(self._stack.gateway, self._stack.keys.secret_key, recording_id)
        with self._stack.gateway.client(
            {"apikey": self._stack.keys.publishable_key, "authorization": f"Bearer {self._variable('TOKEN')}"}
        ) as client:
            client.post("/rest/v1/rpc/play_recording", json={"p_recording_id": recording_id}).raise_for_status()
        return recording_id

    def _user(self, name: str) -> UUID:
        return self._id(
            "insert into auth.users (id, email, encrypted_password, raw_user_meta_data, email_confirmed_at, created_at,"
            " updated_at) values (gen_random_uuid(), %s, extensions.crypt(%s, extensions.gen_salt('bf', 4)), %s, now(),"
            " now(), now()) returning id",
            *(self._address(name.split()[0].lower()), PASSWORD, json.dumps({"full_name": name})),
        )

    def _address(self, name: str) -> str:
        return f"{name}-{self._suffix}@acme.example"

    def _sign_in(self, person: str) -> dict[str, str]:
        with self._stack.gateway.client({"apikey": self._stack.keys.publishable_key}) as client:
            answer = client.post(
                "/auth/v1/token?grant_type=password", json={"email": self._address(person), "password": PASSWORD}
            )
        session: dict[str, str] = answer.raise_for_status().json()
        return session

    def _secret(self) -> str:
        row = self._run("select private.new_secret()").fetchone()
        assert row is not None
        secret: str = row[0]
        return secret

    def _id(self, query: str, *arguments: Any) -> UUID:
        row = self._run(query, *arguments).fetchone()
        assert row is not None
        made: UUID = row[0]
        return made

    def _run(self, query: str, *arguments: Any) -> psycopg.Cursor[Any]:
        return self._connection.execute(query.encode(), arguments)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
