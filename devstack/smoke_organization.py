"""The life of an organization to throw away: opened, used by somebody who is invited, and closed again.

The next run opens the same one again, so that a deployment has one of them at most, archived and without anybody in it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from supabase_auth.errors import AuthError

from devstack.answers import WrongError, code_of, expect, refused
from devstack.checks import Check, checked
from devstack.target import Target

NAME: Final = "Smoke check"

_STEPS: Final = {"numbers", "people", "credentials", "webhook_test", "first_backfill"}
_TOLD: Final = {
    ("insert", "holidays"),
    ("delete", "holidays"),
    ("insert", "invitations"),
    ("update", "invitations"),
    ("update", "org_members"),
    ("insert", "api_keys"),
    ("update", "api_keys"),
}


@dataclass
class Organization:
    """One run through it."""

    target: Target
    operator: httpx.Client
    guest: httpx.Client
    nobody: httpx.Client
    guest_email: str
    id: str = ""
    last_entry: int = 0
    """Of its audit trail, before this run."""

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """List what is done, each with what it shows; `close` comes after them, whatever became of them."""
        return [
            (f"the operator opens the organization {NAME}", self._open),
            ("its checklist says what it needs", self._read_checklist),
            ("its settings change from today on, and only to what is possible", self._change_settings),
            ("a holiday is kept, and taken back", self._keep_holiday),
            ("somebody is invited, once", self._invite),
            ("the link tells its holder what it is for, and lets in whom it is for, once", self._accept),
            ("a role decides what its member may do", self._be_viewer),
            ("a member gets another role, is deactivated and let in again", self._change_member),
            ("an API key reads until it is revoked", self._use_api_key),
            ("the audit trail tells it all, unbroken", self._read_trail),
        ]

    def _open(self) -> None:
        named = self._rows(self.operator, "organizations", name=f"eq.{NAME}")
        self.id = next((row["id"] for row in named if self._is_ours(row["id"])), "")
        if self.id:
            self._call(self.operator, "unarchive_organization", p_org_id=self.id)
            self._clear()
        else:
            self.id = self._call(self.operator, "create_organization", p_name=NAME, p_time_zone="Europe/London")
        last = self._rows(self.operator, "audit_entries", org_id=f"eq.{self.id}", order="id.desc", limit="1")
        self.last_entry = last[0]["id"] if last else 0

    def _read_checklist(self) -> None:
        steps = {row["step"] for row in self._rows(self.operator, "onboarding_checklist", org_id=f"eq.{self.id}")}
        if steps != _STEPS:
            raise WrongError(f"it has the steps {', '.join(sorted(steps))}")

    def _change_settings(self) -> None:
        (before,) = self._rows(
            self.operator, "organization_settings", org_id=f"eq.{self.id}", order="effective_from.desc", limit="1"
        )
        wanted = 45 if before["answer_within_seconds"] == 30 else 30
        change = {"p_org_id": self.id, "p_changes": {"answer_within_seconds": wanted}}
        settings = self._call(self.operator, "change_organization_settings", **change)
        if settings["answer_within_seconds"] != wanted or settings["effective_from"] == "-infinity":
            raise WrongError(f"it is set to {settings}")
        impossible = {"p_org_id": self.id, "p_changes": {"answer_within_seconds": 29}}
        refused(self.operator.post("/rpc/change_organization_settings", json=impossible), "setting_invalid")

    def _keep_holiday(self) -> None:
        day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
        holiday = {"org_id": self.id, "day": day, "name": NAME, "opens": "10:00", "closes": "12:00"}
        expect(self.operator.post("/holidays", json=holiday), 201)
        expect(self.operator.delete("/holidays", params={"org_id": f"eq.{self.id}", "day": f"eq.{day}"}), 204)

    def _invite(self) -> None:
        guest = {"p_org_id": self.id, "p_email": self.guest_email, "p_role": "viewer"}
        self._call(self.operator, "invite_member", **guest)
        refused(self.operator.post("/rpc/invite_member", json=guest), "already_invited")

    def _accept(self) -> None:
        (invitation,) = self._open_invitations()
        link = self._call(self.operator, "create_invitation_link", p_invitation_id=invitation["id"])
        token = {"p_token": link.partition("#token=")[2]}
        (preview,) = self._call(self.nobody, "preview_invitation", **token)
        if (preview["organization"], preview["role"], preview["state"]) != (NAME, "viewer", "pending"):
            raise WrongError(f"the link tells {preview}")
        refused(self.nobody.post("/rpc/preview_invitation", json={"p_token": "A" * 43}), "invitation_not_found")
        if self._call(self.guest, "accept_invitation", **token) != self.id:
            raise WrongError("it let them in somewhere else")
        refused(self.guest.post("/rpc/accept_invitation", json=token), "invitation_already_accepted")
        self._expect_inside(inside=True)

    def _be_viewer(self) -> None:
        change = {"p_org_id": self.id, "p_changes": {"answer_within_seconds": 20}}
        refused(self.guest.post("/rpc/change_organization_settings", json=change), "role_not_sufficient")
        key = {"p_org_id": self.id, "p_name": NAME, "p_scopes": ["calls:read"]}
        refused(self.guest.post("/rpc/create_api_key", json=key), "role_not_sufficient")
        if len(self._rows(self.guest, "members", org_id=f"eq.{self.id}")) != 1:
            raise WrongError("a viewer reads others than themselves")

    def _change_member(self) -> None:
        (member,) = self._members()
        self._call(self.operator, "set_member_role", p_member_id=member["id"], p_role="manager")
        if self._members()[0]["role"] != "manager":
            raise WrongError("the role stayed")
        self._call(self.operator, "deactivate_members", p_member_ids=[member["id"]])
        self._expect_inside(inside=False)
        self._call(self.operator, "reactivate_members", p_member_ids=[member["id"]])
        self._expect_inside(inside=True)

    def _use_api_key(self) -> None:
        key = {"p_org_id": self.id, "p_name": NAME, "p_scopes": ["calls:read"]}
        (made,) = self._call(self.operator, "create_api_key", **key)
        if self.target.has_door():
            with self.target.door({"authorization": f"Bearer {made['secret']}"}) as door:
                read = expect(door.get("/organizations", params={"select": "name"}), 200).json()
                if read != [{"name": NAME}]:
                    raise WrongError(f"the key reads {read}")
                self._call(self.operator, "revoke_api_key", p_api_key_id=made["id"])
                expect(door.get("/organizations", params={"select": "name"}), 401)
        else:
            self._call(self.operator, "revoke_api_key", p_api_key_id=made["id"])

    def _read_trail(self) -> None:
        new = {"org_id": f"eq.{self.id}", "id": f"gt.{self.last_entry}"}
        told = {(row["action"], row["resource"]) for row in self._rows(self.operator, "audit_entries", **new)}
        if not told >= _TOLD:
            raise WrongError(f"it does not tell of {sorted(_TOLD - told)}")
        (chain,) = self._call(self.operator, "verify_audit_chain", p_org_id=self.id)
        if chain["problem"]:
            raise WrongError(f"{chain['problem']}, entry {chain['broken_entry_id']}")

    def close(self) -> None:
        """Take everything back and archive it."""
        if not self.id:
            return
        self._clear()
        self._call(self.operator, "archive_organization", p_org_id=self.id)
        self._expect_inside(inside=False)
        (closed,) = self._rows(self.operator, "organizations", id=f"eq.{self.id}")
        if self._members() or self._open_invitations() or not closed["archived_at"]:
            raise WrongError("something of it is open still")

    def _clear(self) -> None:
        """Take back whatever this run, or one that was broken off, has left."""
        for member in self._members():
            self._call(self.operator, "remove_member", p_member_id=member["id"])
        for invitation in self._open_invitations():
            self._call(self.operator, "revoke_invitation", p_invitation_id=invitation["id"])
        for key in self._rows(self.operator, "api_keys", org_id=f"eq.{self.id}", state="eq.active"):
            self._call(self.operator, "revoke_api_key", p_api_key_id=key["id"])

    def _is_ours(self, org_id: str) -> bool:
        """Tell whether it is one of an earlier run: anybody's own organization has an admin, whatever its name."""
        members = self._members(org_id)
        return all(row["role"] != "org_admin" and row["email"] == self.guest_email for row in members)

    def _members(self, org_id: str | None = None) -> list[dict[str, Any]]:
        return self._rows(self.operator, "members", org_id=f"eq.{org_id or self.id}")

    def _open_invitations(self) -> list[dict[str, Any]]:
        open_ = self._rows(self.operator, "invitations", org_id=f"eq.{self.id}", state="in.(pending,expired)")
        return [row for row in open_ if row["email"].lower() == self.guest_email.lower()]

    def _expect_inside(self, *, inside: bool) -> None:
        found = self._rows(self.guest, "organizations", id=f"eq.{self.id}")
        if bool(found) != inside:
            raise WrongError(f"the guest {'reads' if found else 'does not read'} the organization")

    def _rows(self, client: httpx.Client, table: str, **filters: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = expect(client.get(f"/{table}", params=filters), 200).json()
        return rows

    def _call(self, client: httpx.Client, function: str, **arguments: object) -> Any:
        answer = client.post(f"/rpc/{function}", json=arguments)
        if not answer.is_success:
            raise WrongError(f"{function} was refused: {code_of(answer)}")
        return answer.json() if answer.content else None


def throw_away_organization(target: Target) -> Iterator[Check]:
    """Go through the life of an organization, one check after the other; the first that fails ends it."""
    assert target.operator is not None  # noqa: S101
    with ExitStack() as opened:
        try:
            operator, guest = (
                opened.enter_context(target.rest(target.sign_in(person).token))
                for person in (target.operator, target.people[0])
            )
        except (AuthError, httpx.HTTPError) as error:
            yield Check("the operator and the guest sign in", str(error))
            return
        nobody = opened.enter_context(target.rest())
        organization = Organization(target, operator, guest, nobody, target.people[0].email)
        for what, step in organization.steps():
            check = checked(what, step)
            yield check
            if check.failure is not None:
                break
        yield checked("it is closed again, with nobody in it", organization.close)
