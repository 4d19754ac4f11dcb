"""How each function of the matrix is tried: its arguments, what it may change, and what it answers where it may not.

A function is called for rows of the table that the matrix says it is about, one at a time, as each caller. Whom it
serves for which row is the matrix's word; here is only what a test cannot guess.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from tests.isolation import matrix
from tests.isolation.doors import Answer
from tests.isolation.matrix import Caller
from tests.isolation.trail import TRAIL
from tests.isolation.witness import Effect, Witness
from tests.isolation.world import HOLDING, World

MATRIX = matrix.load()

ENDED: Final = ("answered", "voicemail", "missed")

Row = Mapping[str, Any]
Refusal = tuple[str, str]

NO_ORGANIZATION: Final = ("PT404", "organization_not_found")
NO_MEMBER: Final = ("PT404", "member_not_found")
NO_INVITATION: Final = ("PT404", "invitation_not_found")
NO_CALL: Final = ("PT404", "call_not_found")
NO_LINE: Final = ("PT404", "line_not_found")
NO_RECORDING: Final = ("PT404", "recording_not_found")
NO_CONTACT: Final = ("PT404", "contact_not_found")
NO_INTEGRATION: Final = ("PT404", "integration_not_found")
NO_DOCUMENT: Final = ("PT404", "document_not_found")
NO_SCHEDULE: Final = ("PT404", "schedule_not_found")
NO_RULE: Final = ("PT404", "alert_rule_not_found")
NO_MISSED_CALLER: Final = ("PT404", "missed_caller_not_found")
OWNER_UNFIT: Final = ("PT422", "owner_unfit")
NO_EVENT: Final = ("PT404", "webhook_event_not_found")
ROLE: Final = ("PT403", "role_not_sufficient")
SCOPE: Final = ("PT403", "scope_missing")
OPERATOR_ALONE: Final = ("PT403", "platform_admin_required")

OPEN: Final = "archived_at is null and id <> private.holding_org_id()"
"""Organizations that are neither archived nor the holding organization."""

OF_OPEN_ORGANIZATIONS: Final = "org_id in (select o.id from public.organizations o where o.archived_at is null)"
OF_SOMEBODY_IN_CHARGE: Final = "private.is_in_charge(owner_id, org_id)"

OPEN_LINES: Final = (
    """period @> now() and org_id in (select o.id from public.organizations o where o.archived_at is null)"""
)
"""Lines from which something can be sent now."""

SOMEBODY: Final = "+12125550150"
"""A number outside that nobody knows."""

SEALED: Final = "A" * 128
"""Looks like an HPKE message in base64."""


@dataclass(frozen=True)
class Attempt:
    """A call of a function, before or after it was made."""

    world: World
    witness: Witness
    caller: Caller
    row: Row
    """What it is about; empty for a function that is about nothing in particular."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    answer: Answer = field(default_factory=Answer)
    effects: Mapping[str, Effect] = field(default_factory=dict)

    def visible(self, table: str) -> list[Row]:
        """Return the rows of a table that the caller may read."""
        condition = MATRIX.tables[table].condition("select", self.caller.role)
        return list(self.witness.rows(table, condition, self.world.parameters(self.caller)).values())


def once(_: Attempt) -> int:
    """Count a call that did what it is for."""
    return 1


def nothing(_: Attempt) -> set[str]:
    """Tell that a function only reads."""
    return set()


@dataclass(frozen=True)
class Case:
    """What there is to know of one function."""

    arguments: Callable[[Attempt], dict[str, Any]]
    hidden: Refusal | None = None
    """What it answers about rows that the caller may not read; None: it refuses nobody."""
    forbidden: Refusal | None = None
    """What it answers about rows that the caller may read; None: the same."""
    of_platform: Refusal | None = None
    """What it answers about the holding organization, where that means the platform; None: the same."""
    changes: Callable[[Attempt], set[str]] = nothing
    """The tables in which it changes something when it serves somebody, beside the audit trail."""
    rows: str = "true"
    """An SQL condition on the rows that it is tried with, in terms of the caller, as the matrix's words are."""
    outcome: Callable[[Attempt], int] = once
    """Checks an answer, and counts what it gave."""
    refuses: Callable[[Attempt], Refusal] | None = None
    """What it answers, where more counts than whether the row can be read."""

    def refusal(self, attempt: Attempt, *, is_visible: bool) -> Refusal | None:
        """Return what the function answers where it does not serve the caller."""
        if self.refuses:
            return self.refuses(attempt)
        if attempt.row.get("id") == HOLDING and self.of_platform:
            return self.of_platform
        if is_visible and attempt.caller.is_key:
            return SCOPE
        return self.forbidden if is_visible and self.forbidden else self.hidden


def in_(*tables: str) -> Callable[[Attempt], set[str]]:
    """Tell that a function changes the same tables each time."""
    return lambda _: set(tables)


Rows = Sequence[Mapping[str, Any]]


def _offered(figures: Rows) -> int:
    return sum(figure["value"] for figure in figures if figure["kpi"] == "offered")


def _in_column(column: str) -> Callable[[Rows], int]:
    return lambda rows: sum(row[column] for row in rows)


def _total_of(kpi: str) -> Callable[[Rows], int]:
    return lambda figures: sum(figure["total"] for figure in figures if figure["kpi"] == kpi)


def _period() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"p_from": (now - timedelta(days=9)).isoformat(), "p_to": (now + timedelta(days=1)).isoformat()}


def _counts(
    counted: Callable[[Rows], int],
    *outcomes: str,
    table: str = "calls",
    forbidden: Refusal | None = None,
    **arguments: Any,
) -> Case:
    """A function that counts the calls the caller may read that ended in one of these ways, or other rows."""

    def of_an_organization(attempt: Attempt) -> dict[str, Any]:
        return {"p_org_id": attempt.row["id"], **_period(), **arguments}

    def as_many_as_are_read(attempt: Attempt) -> int:
        count = counted(attempt.answer.value)
        assert count == sum(
            row["org_id"] == attempt.row["id"] and (table != "calls" or row["outcome"] in (outcomes or ENDED))
            for row in attempt.visible(table)
        )
        return int(count)

    return Case(of_an_organization, NO_ORGANIZATION, forbidden=forbidden, outcome=as_many_as_are_read)


def _platform_or_id(attempt: Attempt) -> str | None:
    return None if attempt.row["id"] == HOLDING else attempt.row["id"]


def _made_as_chosen(attempt: Attempt) -> int:
    assert attempt.answer.value == attempt.arguments["p_id"]
    assert attempt.effects["public.integrations"] == Effect(inserted=frozenset({(attempt.answer.value,)}))
    return 1


def _the_new_line(attempt: Attempt) -> int:
    assert attempt.effects["public.lines"] == Effect(inserted=frozenset({(attempt.answer.value,)}))
    return 1


def _the_new_lines(attempt: Attempt) -> int:
    lines = {(row["line_id"],) for row in attempt.answer.value}
    assert attempt.effects["public.lines"] == Effect(inserted=frozenset(lines))
    return len(lines)


def _a_membership_unless_operator(attempt: Attempt) -> set[str]:
    made = {"public.organizations", "public.organization_settings", "public.retention_settings"}
    return made if attempt.caller.role == "platform_admin" else made | {"public.org_members"}


def _the_membership_with_what_it_has(attempt: Attempt) -> set[str]:
    has_lines = attempt.witness.rows("member_lines", "member_id = %(id)s", {"id": attempt.row["id"]})
    return {"public.org_members", "public.member_extensions"} | ({"public.member_lines"} if has_lines else set())


def _the_membership_that_was_offered(attempt: Attempt) -> set[str]:
    changes = {"public.org_members", "private.invitations"}
    return changes | {"public.member_lines"} if attempt.row["line_ids"] else changes


def _the_organization_that_invited(attempt: Attempt) -> int:
    assert attempt.answer.value == attempt.row["org_id"]
    [member] = attempt.effects["public.org_members"].rows.values()
    assert (member["user_id"], member["role"]) == (str(attempt.world.user(attempt.caller)), attempt.row["role"])
    return 1


def _what_was_offered(attempt: Attempt) -> int:
    [preview] = attempt.answer.value
    assert (preview["email"], preview["role"]) == (attempt.row["email"], attempt.row["role"])
    return 1


def _a_link(attempt: Attempt) -> int:
    assert attempt.answer.value.startswith("https://app.example/invitation#token=")
    return 1


def _everybody_invited(attempt: Attempt) -> int:
    assert [row["result"] for row in attempt.answer.value] == ["invited"]
    return 1


def _own_sessions(attempt: Attempt) -> int:
    assert [session["id"] for session in attempt.answer.value] == [str(attempt.world.user(attempt.caller))]
    return 1


def _support(attempt: Attempt) -> int:
    assert [row["support_email"] for row in attempt.answer.value] == ["help@example.com"]
    return 1


def _own_account(attempt: Attempt) -> dict[str, Any]:
    organization = attempt.world.of(attempt.row["org_id"])
    return {
        "p_member_id": attempt.row["id"],
        "p_integration_id": str(organization.integration),
        "p_extension": "a new one",
    }


def _an_invitation(attempt: Attempt) -> dict[str, Any]:
    return {"p_org_id": attempt.row["id"], "p_email": "somebody.new@example.com", "p_role": "agent"}


def _the_jobs(attempt: Attempt) -> int:
    jobs = {(row["job_id"],) for row in attempt.answer.value}
    assert attempt.effects["public.sync_jobs"] == Effect(inserted=frozenset(jobs))
    return 1


def _the_new_key(attempt: Attempt) -> int:
    [key] = attempt.answer.value
    assert key["secret"].startswith(f"{key['prefix']}_")
    assert attempt.effects["private.api_keys"] == Effect(inserted=frozenset({(key["id"],)}))
    return 1


def _a_whole_chain(attempt: Attempt) -> int:
    [chain] = attempt.answer.value
    entries = attempt.witness.rows("audit_entries", "org_id = %(org)s", {"org": attempt.row["id"]})
    assert (chain["sealed"], chain["unsealed"], chain["problem"]) == (0, len(entries), None)
    return 1


def _all_entries(attempt: Attempt) -> int:
    entries = attempt.witness.rows("audit_entries", "org_id = %(org)s", {"org": attempt.row["id"]})
    [export] = attempt.effects[TRAIL].inserted
    assert {(str(row["id"]),) for row in attempt.answer.value} == entries.keys() | {export}
    return 1


def _ever() -> dict[str, Any]:
    return {"p_from": "2020-01-01T00:00:00Z", "p_to": (datetime.now(UTC) + timedelta(days=1)).isoformat()}


def an_integration(org_id: str | None, integration_id: str) -> dict[str, Any]:
    """Return the arguments of create_integration."""
    return {
        "p_org_id": org_id,
        "p_name": "Another account",
        "p_account_type": "call_center",
        "p_webhook_mode": "signed",
        "p_key_id": "key",
        "p_credentials": {"api_key": SEALED, "user_key": SEALED},
        "p_id": integration_id,
    }


def _of_row(parameter: str) -> Callable[[Attempt], dict[str, Any]]:
    return lambda attempt: {parameter: attempt.row["id"]}


def _of_rows(parameter: str) -> Callable[[Attempt], dict[str, Any]]:
    return lambda attempt: {parameter: [attempt.row["id"]]}


def _of_user(attempt: Attempt) -> dict[str, Any]:
    return {"p_user_id": attempt.row["user_id"]}


def _of_token(attempt: Attempt) -> dict[str, Any]:
    return {"p_token": attempt.world.tokens[attempt.row["id"]]}


def _of_nothing(_: Attempt) -> dict[str, Any]:
    return {}


def _of_call(attempt: Attempt) -> dict[str, Any]:
    # What belongs to nobody has codes of its own.
    code = "lost" if attempt.row["org_id"] == HOLDING else "sale"
    return {"p_call_id": attempt.row["id"], "p_outcome_code": code, "p_tags": ["Later"]}


def _the_annotation(attempt: Attempt) -> int:
    said = attempt.answer.value
    by = str(attempt.world.user(attempt.caller))
    assert (said["org_id"], said["call_id"]) == (attempt.row["org_id"], attempt.row["id"])
    assert (said["outcome_code"], said["tags"], said["updated_by"]) == (
        attempt.arguments["p_outcome_code"],
        ["later"],
        by,
    )
    return 1


def _sent_by(caller: Caller, world: World) -> tuple[str | None, str | None]:
    if caller.is_key:
        return None, str(world.api_keys[caller.name])
    return str(world.user(caller)), None


def _a_message(attempt: Attempt) -> dict[str, Any]:
    # Programs have to send a key.
    key = {"p_idempotency_key": "once"} if attempt.caller.is_key else {}
    return {"p_line_id": attempt.row["id"], "p_to": [SOMEBODY], "p_body": "Hello", **key}


def _what_sending_writes(attempt: Attempt) -> set[str]:
    changes = {"public.messages", "public.conversations", "private.outbox_requests"}
    return changes | {"private.idempotency_keys"} if attempt.caller.is_key else changes


def _the_message(attempt: Attempt) -> int:
    [answer] = attempt.answer.value
    assert (answer["recipient"], answer["state"]) == (SOMEBODY, "queued")
    [message] = attempt.effects["public.messages"].rows.values()
    assert (message["id"], message["line_id"]) == (answer["message_id"], attempt.row["id"])
    assert message["org_id"] == attempt.row["org_id"]
    assert (message["sent_by"], message["api_key_id"]) == _sent_by(attempt.caller, attempt.world)
    return 1


def _the_placed_call(attempt: Attempt) -> int:
    [answer] = attempt.answer.value
    [placed] = attempt.effects["public.placed_calls"].rows.values()
    assert (placed["id"], placed["line_id"]) == (answer["placed_call_id"], attempt.row["id"])
    assert (placed["org_id"], placed["requested_by"]) == (
        attempt.row["org_id"],
        str(attempt.world.user(attempt.caller)),
    )
    return 1


def _one_segment(attempt: Attempt) -> int:
    assert attempt.answer.value == [{"length": 5, "encoding": "gsm7", "segments": 1}]
    return 1


def _the_play(attempt: Attempt) -> int:
    [answer] = attempt.answer.value
    assert (answer["bucket_id"], answer["object_name"]) == ("recordings", attempt.row["id"])
    user = str(attempt.world.user(attempt.caller))
    assert attempt.effects["private.play_grants"] == Effect(inserted=frozenset({(user, attempt.row["id"])}))
    [entry] = attempt.effects[TRAIL].rows.values()
    assert (entry["action"], entry["org_id"]) == ("play", attempt.row["org_id"])
    assert entry["row_key"] == {"id": attempt.row["id"]}
    return 1


def _no_more_audio(attempt: Attempt) -> int:
    assert attempt.effects["public.recordings"] == Effect(updated=frozenset({(attempt.row["id"],)}))
    return 1


def _the_contact(attempt: Attempt) -> int:
    [contact] = attempt.effects["public.contacts"].rows.values()
    assert (contact["id"], contact["org_id"]) == (attempt.answer.value, attempt.row["id"])
    return 1


def _what_goes_with_an_account(attempt: Attempt) -> set[str]:
    """Credentials, tokens and open jobs, of which a disabled account has none here."""
    names = ("private.integration_credentials", "private.webhook_tokens", "public.sync_jobs")
    sought = {"id": attempt.row["id"]}
    return {"public.integrations"} | {
        name for name in names if attempt.witness.rows(name, "integration_id = %(id)s", sought)
    }


def _the_new_token(attempt: Attempt) -> int:
    [answer] = attempt.answer.value
    assert answer["path"] == f"/webhooks/mightycall/{attempt.row['id']}/{answer['token']}"
    assert answer["url"] == f"https://hooks.example{answer['path']}"
    tokens = attempt.effects["private.webhook_tokens"]
    assert len(tokens.inserted) == 1
    assert answer["token"] not in str(tokens.rows)
    return 1


def _the_job(attempt: Attempt) -> int:
    job = attempt.answer.value if isinstance(attempt.answer.value, str) else attempt.answer.value[0]["job_id"]
    assert attempt.effects["public.sync_jobs"] == Effect(inserted=frozenset({(job,)}))
    [row] = attempt.effects["public.sync_jobs"].rows.values()
    assert (row["integration_id"], row["org_id"]) == (attempt.row["id"], attempt.row["org_id"])
    assert row["requested_by"] == str(attempt.world.user(attempt.caller))
    return 1


def _read_again(attempt: Attempt) -> int:
    assert attempt.answer.value == [{"status": "ignored", "error": None}]
    event = (str(attempt.row["id"]),)
    assert attempt.effects["private.webhook_events"] == Effect(updated=frozenset({event}))
    return 1


def _heat(figures: Rows) -> int:
    return sum(figure["numerator"] for figure in figures if figure["kpi"] == "offered")


def _messages(figures: Rows) -> int:
    return sum(figure["value"] for figure in figures if figure["kpi"] in {"messages_received", "messages_sent"})


def _calls_of_now(attempt: Attempt) -> int:
    [told] = attempt.answer.value
    here = [call for call in attempt.visible("live_calls") if call["org_id"] == attempt.row["id"]]
    assert told["in_progress"] == len(here)
    return len(here)


def _the_team(attempt: Attempt) -> int:
    """All that have an extension, seen or not, whoever of the organization asks."""
    team = attempt.witness.rows("member_extensions", "org_id = %(org)s", {"org": attempt.row["id"]}).values()
    assert {row["org_id"] for row in attempt.answer.value} <= {attempt.row["id"]}
    assert {row["member_id"] for row in attempt.answer.value} - {None} <= {row["member_id"] for row in team}
    return len(attempt.answer.value)


HAPPENED: Final = {
    "call": "calls",
    "message": "messages",
    "voicemail": "voicemails",
    "note": "call_notes",
    "member": "org_members",
    "sync": "sync_jobs",
    "alert": "alerts",
}


def _what_they_read(attempt: Attempt) -> int:
    told: dict[str, set[str]] = {kind: set() for kind in HAPPENED}
    for row in attempt.answer.value:
        assert row["org_id"] == attempt.row["id"]
        told[row["kind"]].add(row["id"])
    readable = {
        kind: {row["id"] for row in attempt.visible(table) if row["org_id"] == attempt.row["id"]}
        for kind, table in HAPPENED.items()
    }
    for kind in ("message", "voicemail", "note", "member", "alert"):
        assert told[kind] == readable[kind]
    missed = {row["id"] for row in attempt.visible("calls") if row["outcome"] == "missed"}
    assert told["call"] == readable["call"] & missed
    assert told["sync"] == set()
    return len(attempt.answer.value)


def _all_payments(attempt: Attempt) -> int:
    paid = sum(row["amount_cents"] for row in attempt.answer.value)
    payments = [row for row in attempt.visible("payments") if row["org_id"] == attempt.row["id"]]
    assert paid == sum(row["amount_cents"] for row in payments)
    return len(payments)


def _the_whole_platform(attempt: Attempt) -> int:
    [figures] = attempt.answer.value
    organizations = attempt.visible("fleet")
    assert figures["organizations_active"] + figures["organizations_archived"] == len(organizations)
    return len(organizations)


def _a_report(attempt: Attempt) -> dict[str, Any]:
    period = {name.removeprefix("p_"): instant for name, instant in _period().items()}
    return {"p_org_id": attempt.row["id"], "p_report": "days", "p_parameters": period}


def _all_days(attempt: Attempt) -> int:
    header, *days = csv.reader(io.StringIO(attempt.answer.value))
    offered = header.index("offered")
    calls = [row for row in attempt.visible("calls") if row["org_id"] == attempt.row["id"] and row["outcome"]]
    assert sum(int(day[offered]) for day in days) == len(calls)
    [entry] = attempt.effects[TRAIL].rows.values()
    assert (entry["action"], entry["org_id"]) == ("export", attempt.row["id"])
    return len(calls)


def _the_document(attempt: Attempt) -> int:
    [document] = attempt.effects["public.documents"].rows.values()
    assert (document["id"], document["org_id"]) == (attempt.answer.value, attempt.row["id"])
    assert document["owner_id"] == str(attempt.world.user(attempt.caller))
    return 1


def _one_document_less(attempt: Attempt) -> int:
    assert attempt.effects["public.documents"] == Effect(deleted=frozenset({(attempt.row["id"],)}))
    assert attempt.effects["private.document_files"] == Effect(updated=frozenset({(attempt.row["id"],)}))
    return 1


def _the_run(attempt: Attempt) -> int:
    [run] = attempt.effects["public.report_runs"].rows.values()
    assert (run["id"], run["org_id"]) == (attempt.answer.value, attempt.row["org_id"])
    # A schedule's report is seen by its owner's eyes, whoever sends it.
    owner = attempt.row["owner_id"] if "frequency" in attempt.row else str(attempt.world.user(attempt.caller))
    assert run["owner_id"] == owner
    return 1


def _ones_own(attempt: Attempt) -> int:
    [row] = [row for name, effect in attempt.effects.items() if name != TRAIL for row in effect.rows.values()]
    assert (row["id"], row["owner_id"], row["enabled"]) == (
        attempt.row["id"],
        str(attempt.world.user(attempt.caller)),
        True,
    )
    return 1


def _to_an_admin(attempt: Attempt) -> dict[str, Any]:
    admin = attempt.world.of(attempt.row["org_id"]).members["org_admin"].id
    return {"p_owner_id": str(admin)}


def _worklist(more: Callable[[Attempt], dict[str, Any]] = _of_nothing, *, rows: str = "true") -> Case:
    """Something done about a missed caller of a client."""

    def refuses(attempt: Attempt) -> Refusal:
        caller = attempt.caller
        if caller.role == "platform_admin":
            return OWNER_UNFIT
        if caller.role == "outsider" or attempt.row["org_id"] != str(attempt.world.parameters(caller)["org"]):
            return NO_ORGANIZATION
        return ROLE if caller.role == "viewer" else NO_MISSED_CALLER

    def the_work(attempt: Attempt) -> int:
        work = attempt.answer.value
        assert (work["org_id"], work["external_number"]) == (attempt.row["org_id"], attempt.row["external_number"])
        assert work["updated_by"] == str(attempt.world.user(attempt.caller))
        return 1

    return Case(
        lambda attempt: {
            "p_org_id": attempt.row["org_id"],
            "p_external_number": attempt.row["external_number"],
            **more(attempt),
        },
        changes=in_("public.missed_caller_work"),
        rows=f"external_number is not null and org_id <> private.holding_org_id() and {rows}",
        outcome=the_work,
        refuses=refuses,
    )


def _of_account(changes: Callable[[Attempt], set[str]], outcome: Callable[[Attempt], int] = once, **more: Any) -> Case:
    """Something done with a MightyCall account that is in use."""
    return Case(
        lambda attempt: {"p_integration_id": attempt.row["id"], **more},
        NO_INTEGRATION,
        changes=changes,
        rows="disabled_at is null",
        outcome=outcome,
    )


CASES: Final[dict[str, Case]] = {
    "kpi_summary": _counts(_offered),
    "kpi_series": _counts(_offered, p_grain="day"),
    "kpi_by_organization": _counts(_offered),
    "kpi_by_line": _counts(_offered),
    "kpi_by_member": _counts(_offered),
    "kpi_comparison": _counts(_offered),
    "kpi_heatmap": _counts(_heat),
    "kpi_percentiles": _counts(_total_of("answered_wait_median"), "answered"),
    "kpi_unusual": _counts(_offered, p_kpis=["offered"]),
    "callers": _counts(_in_column("calls")),
    "repeat_callers": _counts(_total_of("repeat_calls")),
    "callbacks": _counts(_total_of("missed_callers"), "missed"),
    "peak_concurrency": _counts(_total_of("peak_concurrency")),
    "staffing": _counts(_in_column("offered")),
    "report_days": _counts(_in_column("offered")),
    "report_hours": _counts(_in_column("offered")),
    "report_lines": _counts(_in_column("offered")),
    "report_members": _counts(_in_column("offered")),
    "report_sla": _counts(_in_column("calls")),
    "report_calls": _counts(len),
    "kpi_messages": _counts(_messages, table="messages", forbidden=ROLE),
    "live_summary": Case(_of_row("p_org_id"), NO_ORGANIZATION, outcome=_calls_of_now),
    "team_availability": Case(_of_row("p_org_id"), NO_ORGANIZATION, outcome=_the_team),
    "erlang_c": Case(
        lambda _: {"p_calls_per_hour": 60, "p_handle_seconds": 180, "p_agents": 5},
        outcome=lambda attempt: len(attempt.answer.value),
    ),
    "activity": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], "p_limit": 500}, NO_ORGANIZATION, outcome=_what_they_read
    ),
    "revenue": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], **_period()},
        NO_ORGANIZATION,
        forbidden=ROLE,
        outcome=_all_payments,
    ),
    "platform_figures": Case(_of_nothing, OPERATOR_ALONE, outcome=_the_whole_platform),
    "export_report": Case(_a_report, NO_ORGANIZATION, changes=in_(TRAIL), outcome=_all_days),
    "create_document": Case(
        lambda attempt: {**_a_report(attempt), "p_format": "csv"},
        NO_ORGANIZATION,
        changes=in_("public.documents", "private.document_files", TRAIL),
        outcome=_the_document,
    ),
    "delete_document": Case(
        _of_row("p_document_id"),
        NO_DOCUMENT,
        changes=in_("public.documents", "private.document_files", TRAIL),
        outcome=_one_document_less,
    ),
    "email_document": Case(
        lambda attempt: {"p_document_id": attempt.row["id"], "p_recipients": ["somebody@example.com"]},
        NO_DOCUMENT,
        forbidden=ROLE,
        changes=in_("public.report_runs", "public.report_deliveries", "private.outbox_mails", TRAIL),
        rows=f"state = 'stored' and {OF_OPEN_ORGANIZATIONS}",
        outcome=_the_run,
    ),
    "send_report_now": Case(
        _of_row("p_schedule_id"),
        NO_SCHEDULE,
        changes=in_("public.report_runs", "public.documents", "private.document_files"),
        rows=f"{OF_OPEN_ORGANIZATIONS} and {OF_SOMEBODY_IN_CHARGE}",
        outcome=_the_run,
    ),
    "take_over_report_schedule": Case(
        _of_row("p_schedule_id"), NO_SCHEDULE, forbidden=ROLE, changes=in_("public.report_schedules"), outcome=_ones_own
    ),
    "take_over_alert_rule": Case(
        _of_row("p_rule_id"),
        NO_RULE,
        forbidden=ROLE,
        changes=in_("public.alert_rules"),
        rows="owner_id <> %(user)s",
        outcome=_ones_own,
    ),
    "take_missed_caller": _worklist(rows="external_number <> '+12125550182'"),
    "assign_missed_caller": _worklist(_to_an_admin),
    "note_missed_caller": _worklist(lambda _: {"p_note": "Called at noon."}),
    "snooze_missed_caller": _worklist(lambda _: {"p_until": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}),
    "close_missed_caller": _worklist(lambda _: {"p_outcome_code": "sale"}),
    "reopen_missed_caller": _worklist(),
    "create_organization": Case(
        lambda _: {"p_name": "A new one"},
        hidden=("PT403", "organization_creation_denied"),
        changes=_a_membership_unless_operator,
        rows="user_id = %(user)s",
    ),
    "archive_organization": Case(_of_row("p_org_id"), OPERATOR_ALONE, changes=in_("public.organizations"), rows=OPEN),
    "unarchive_organization": Case(
        _of_row("p_org_id"), OPERATOR_ALONE, changes=in_("public.organizations"), rows="archived_at is not null"
    ),
    "change_organization_settings": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], "p_changes": {"answer_within_seconds": 30}},
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_("public.organization_settings"),
    ),
    "set_member_role": Case(
        lambda attempt: {
            "p_member_id": attempt.row["id"],
            "p_role": "agent" if attempt.row["role"] == "viewer" else "viewer",
        },
        NO_MEMBER,
        changes=in_("public.org_members"),
        rows="role <> 'org_admin' or deactivated_at is not null",
    ),
    "deactivate_members": Case(
        _of_rows("p_member_ids"),
        NO_MEMBER,
        changes=in_("public.org_members"),
        rows="(role <> 'org_admin' and deactivated_at is null) or removed_at is not null",
    ),
    "reactivate_members": Case(
        _of_rows("p_member_ids"), NO_MEMBER, changes=in_("public.org_members"), rows="deactivated_at is not null"
    ),
    "remove_member": Case(
        _of_row("p_member_id"),
        NO_MEMBER,
        changes=_the_membership_with_what_it_has,
        rows="role <> 'org_admin' or deactivated_at is not null",
    ),
    "set_member_extension": Case(_own_account, NO_MEMBER, changes=in_("public.member_extensions")),
    "invite_member": Case(
        _an_invitation,
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_("private.invitations", "private.outbox_mails"),
        rows=OPEN,
    ),
    "invite_members": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], "p_rows": [{"email": "somebody.new@example.com"}]},
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_("private.invitations", "private.outbox_mails"),
        rows=OPEN,
        outcome=_everybody_invited,
    ),
    "resend_invitation": Case(
        _of_row("p_invitation_id"), NO_INVITATION, changes=in_("private.invitations", "private.outbox_mails")
    ),
    "revoke_invitation": Case(_of_row("p_invitation_id"), NO_INVITATION, changes=in_("private.invitations")),
    "create_invitation_link": Case(
        _of_row("p_invitation_id"), NO_INVITATION, changes=in_("private.invitation_tokens"), outcome=_a_link
    ),
    "preview_invitation": Case(_of_token, outcome=_what_was_offered),
    "accept_invitation": Case(
        _of_token,
        ("PT403", "invitation_for_another_address"),
        changes=_the_membership_that_was_offered,
        rows="org_id in (select o.id from public.organizations o where o.archived_at is null)",
        outcome=_the_organization_that_invited,
    ),
    "my_sessions": Case(_of_nothing, outcome=_own_sessions),
    "support_contacts": Case(_of_nothing, outcome=_support),
    "create_integration": Case(
        lambda attempt: an_integration(_platform_or_id(attempt), str(uuid4())),
        NO_ORGANIZATION,
        forbidden=ROLE,
        of_platform=OPERATOR_ALONE,
        changes=in_("public.integrations", "private.integration_credentials", "private.sync_cursors"),
        outcome=_made_as_chosen,
    ),
    "assign_phone_number": Case(
        lambda attempt: {"p_phone_number_id": str(attempt.world.spare_number), "p_org_id": attempt.row["id"]},
        OPERATOR_ALONE,
        changes=in_("public.lines"),
        rows=OPEN,
        outcome=_the_new_line,
    ),
    "assign_phone_numbers": Case(
        lambda attempt: {"p_phone_number_ids": [str(attempt.world.spare_number)], "p_org_id": attempt.row["id"]},
        OPERATOR_ALONE,
        changes=in_("public.lines"),
        rows=OPEN,
        outcome=_the_new_lines,
    ),
    "withdraw_phone_numbers": Case(
        _of_rows("p_phone_number_ids"),
        OPERATOR_ALONE,
        changes=in_("public.lines"),
        rows="org_id = private.holding_org_id() and id in (select l.phone_number_id from public.lines l)",
    ),
    "request_sync": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], "p_resource": "phone_numbers"},
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_("public.sync_jobs"),
        rows="archived_at is null",
        outcome=_the_jobs,
    ),
    "create_api_key": Case(
        lambda attempt: {"p_org_id": _platform_or_id(attempt), "p_name": "A key", "p_scopes": ["calls:read"]},
        NO_ORGANIZATION,
        forbidden=ROLE,
        of_platform=OPERATOR_ALONE,
        changes=in_("private.api_keys"),
        outcome=_the_new_key,
    ),
    "revoke_api_key": Case(_of_row("p_api_key_id"), ("PT404", "api_key_not_found"), changes=in_("private.api_keys")),
    "verify_audit_chain": Case(_of_row("p_org_id"), NO_ORGANIZATION, forbidden=ROLE, outcome=_a_whole_chain),
    "export_audit_trail": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], **_ever()},
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_(TRAIL),
        outcome=_all_entries,
    ),
    "grant_platform_admin": Case(
        _of_user,
        OPERATOR_ALONE,
        changes=in_("private.platform_admins"),
        rows="user_id not in (select a.user_id from private.platform_admins a)",
    ),
    "revoke_platform_admin": Case(
        _of_user,
        OPERATOR_ALONE,
        changes=in_("private.platform_admins"),
        rows="user_id in (select a.user_id from private.platform_admins a)",
    ),
    "annotate_call": Case(
        _of_call, NO_CALL, forbidden=ROLE, changes=in_("public.call_annotations"), outcome=_the_annotation
    ),
    "place_call": Case(
        lambda attempt: {"p_line_id": attempt.row["id"], "p_to": SOMEBODY},
        NO_LINE,
        forbidden=ROLE,
        changes=in_("public.placed_calls", "private.outbox_requests"),
        rows=OPEN_LINES,
        outcome=_the_placed_call,
    ),
    "send_message": Case(
        _a_message, NO_LINE, forbidden=ROLE, changes=_what_sending_writes, rows=OPEN_LINES, outcome=_the_message
    ),
    "count_segments": Case(lambda _: {"p_body": "Hello"}, outcome=_one_segment),
    "play_recording": Case(
        _of_row("p_recording_id"),
        NO_RECORDING,
        changes=in_("private.play_grants", TRAIL),
        rows="state = 'stored'",
        outcome=_the_play,
    ),
    "delete_recording": Case(
        _of_row("p_recording_id"), NO_RECORDING, changes=in_("public.recordings"), outcome=_no_more_audio
    ),
    "save_contact": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], "p_name": "Somebody new", "p_numbers": [SOMEBODY]},
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_("public.contacts", "public.contact_numbers"),
        outcome=_the_contact,
    ),
    "remove_contact": Case(
        _of_row("p_contact_id"),
        NO_CONTACT,
        forbidden=ROLE,
        changes=in_("public.contacts", "public.contact_numbers"),
        rows="is_shown",
    ),
    "change_integration": _of_account(in_("public.integrations"), p_name="Another name"),
    "rotate_webhook_secret": _of_account(in_("private.integration_credentials"), p_key_id="key", p_sealed=SEALED),
    "rotate_webhook_token": _of_account(in_("private.webhook_tokens"), _the_new_token),
    "disable_integration": _of_account(in_("public.integrations")),
    "enable_integration": Case(
        _of_row("p_integration_id"),
        NO_INTEGRATION,
        changes=in_("public.integrations", "public.sync_jobs", "private.sync_cursors"),
        rows="disabled_at is not null",
    ),
    "remove_integration": Case(_of_row("p_integration_id"), NO_INTEGRATION, changes=_what_goes_with_an_account),
    "test_integration": _of_account(in_("public.sync_jobs"), _the_job),
    "test_webhook": _of_account(in_("public.sync_jobs"), _the_job),
    "replay_webhook_event": Case(
        _of_row("p_event_id"),
        NO_EVENT,
        changes=in_("private.webhook_events"),
        rows="status = 'failed'",
        outcome=_read_again,
    ),
    "replay_webhook_events": _of_account(in_("public.sync_jobs"), _the_job),
    "request_backfill": _of_account(in_("public.sync_jobs"), _the_job, p_from="2026-01-01T00:00:00Z"),
}
