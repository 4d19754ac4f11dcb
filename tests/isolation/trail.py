"""The audit trail after an attempt: it tells exactly what changed, as the caller's doing, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from tests.isolation import matrix
from tests.isolation.witness import Effect, Key, Witness
from tests.isolation.world import HOLDING

MATRIX = matrix.load()

TRAIL: Final = "public.audit_entries"
UNSEALED: Final = "private.unsealed_audit_entries"
STALE: Final = "private.stale_periods"
"""Where it is noted that figures have to be counted anew, whoever changed what they are judged by."""


def without_trail(effects: Mapping[str, Effect], actor: tuple[str, str] | None, witness: Witness) -> dict[str, Effect]:
    """Check what the audit trail tells of effects, and leave those entries out; others, such as of exports, stay.

    What is noted of figures that have to be counted anew is left out too.
    """
    effects = dict(effects)
    stale = effects.pop(STALE, Effect())
    assert not stale.updated | stale.deleted
    trail, unsealed = effects.pop(TRAIL, Effect()), effects.pop(UNSEALED, Effect())
    assert not trail.updated | trail.deleted
    assert unsealed == Effect(inserted=trail.inserted)
    assert {(entry["actor_kind"], entry["actor_id"]) for entry in trail.rows.values()} <= {actor}

    tables = {name.partition(".")[2]: name for name in MATRIX.audited}
    of_rows = {
        key: row
        for key, row in trail.rows.items()
        if row["action"] in {"insert", "update", "delete"} and row["resource"] in tables
    }
    told = {
        (table, name_of(table, row["row_key"], witness), row["org_id"])
        for row in of_rows.values()
        for table in [tables[row["resource"]]]
    }
    changed = {
        (table, name_of(table, row, witness), organization_of(table, row))
        for table in MATRIX.audited & effects.keys()
        for row in effects[table].rows.values()
    }
    assert told == changed
    if others := trail.inserted - of_rows.keys():
        effects[TRAIL] = replace(trail, inserted=frozenset(others))
    return effects


def name_of(table: str, row: Mapping[str, Any], witness: Witness) -> Key:
    """Return how the trail names a row."""
    columns = MATRIX.named_by.get(table)
    return tuple(str(row[column]) for column in columns) if columns else witness.key(table, row)


def organization_of(table: str, row: Mapping[str, Any]) -> str:
    """Return in whose trail a change of a row belongs."""
    org_id: str = row["id"] if table == "public.organizations" else row.get("org_id", HOLDING)
    return org_id
