"""What must survive a restart: when the history was cut, live calls, the fate of deliveries, and what was kept."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from simulator.calls import Call, call_of, record_of
from simulator.clock import parse_utc

Outcome = Literal["delivered", "refused", "failed", "lost", "unsent"]


class StateError(Exception):
    """The state file belongs to something else, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one event; `lost`: by a fault; `unsent`: its account had no webhook."""

    guid: str
    call_id: str
    outcome: Outcome
    attempts: int = 0
    status: int | None = None
    sent_at: str | None = None
    done_at: str | None = None


class Store:
    """Live calls, deliveries and whatever else was kept: in memory and, with a path, in a file of JSON lines.

    Args:
        path: the state file; None keeps nothing over a restart.
        seed: the seed of the traffic; a file made with another one is refused.
        now: the present, which a new file takes as the end of the planned past.

    Raises:
        StateError: the file cannot be used.
    """

    def __init__(self, path: Path | None, *, seed: int, now: datetime) -> None:
        self._lock = RLock()
        self._calls: dict[str, Call] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._kept: dict[str, dict[str, dict[str, Any]]] = {}
        self._count = self._ordinal = 0
        self.opened_at = now
        self._file = None
        if path:
            try:
                records = self._read(path)
                self._restore(path, records, seed)
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = path.open("a", encoding="utf-8")
            except OSError as error:
                raise StateError(f"{path}: {error.strerror}") from error
            if not records:
                self._append({"record": "opened", "at": now.isoformat(), "seed": seed})

    def next_number(self) -> int:
        """Return a number that no live call of this state has had."""
        with self._lock:
            self._count += 1
            return self._count

    def next_ordinal(self) -> int:
        """Return a number that nothing else kept in this state has had; those of calls are apart."""
        with self._lock:
            self._ordinal += 1
            return self._ordinal

    def add_call(self, call: Call, number: int) -> None:
        """Keep a live call."""
        with self._lock:
            self._calls[call.id] = call
            self._append({"record": "call", "ordinal": number, **record_of(call)})

    def add_delivery(self, delivery: Delivery) -> None:
        """Keep what became of an event."""
        with self._lock:
            self._deliveries[delivery.guid] = delivery
            self._append({"record": "delivery", **asdict(delivery)})

    def keep(self, kind: str, key: str, value: dict[str, Any]) -> None:
        """Keep anything else, in plain JSON values, in place of what had this key."""
        with self._lock:
            self._kept.setdefault(kind, {})[key] = value
            self._append({"record": "kept", "kind": kind, "key": key, "value": value})

    def kept(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return what was kept of a kind, in the order its keys first were."""
        with self._lock:
            return dict(self._kept.get(kind, {}))

    def calls(self, api_key: str) -> list[Call]:
        """Return the live calls of an account, in the order they were made."""
        with self._lock:
            return [call for call in self._calls.values() if call.api_key == api_key]

    def call(self, call_id: str) -> Call | None:
        """Return a live call."""
        with self._lock:
            return self._calls.get(call_id)

    def delivery(self, guid: str) -> Delivery | None:
        """Return what became of an event; None: nothing yet."""
        with self._lock:
            return self._deliveries.get(guid)

    def close(self) -> None:
        """Close the file; later records stay in memory."""
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None

    def _append(self, record: dict[str, Any]) -> None:
        if self._file:
            self._file.write(json.dumps(record, separators=(",", ":")) + "\n")
            self._file.flush()

    @staticmethod
    def _read(path: Path) -> list[dict[str, Any]]:
        if not path.exists():
            return []
        text = path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            # The process was killed in the middle of a line; what it said never happened.
            with path.open("r+b") as file:
                file.truncate(len(whole))
        try:
            return [json.loads(line) for line in whole.splitlines()]
        except ValueError as error:
            raise StateError(f"{path}: not a state file") from error

    def _restore(self, path: Path, records: list[dict[str, Any]], seed: int) -> None:
        for record in records:
            kind = record.pop("record", None)
            if kind == "opened":
                if record["seed"] != seed:
                    raise StateError(f"{path}: made with seed {record['seed']}, not {seed}")
                self.opened_at = parse_utc(record["at"])
            elif kind == "call":
                self._count = max(self._count, record.pop("ordinal"))
                call = call_of(record)
                self._calls[call.id] = call
            elif kind == "kept":
                self._kept.setdefault(record["kind"], {})[record["key"]] = record["value"]
                self._ordinal = max(self._ordinal, record["value"].get("ordinal", 0))
            elif kind == "delivery":
                delivery = Delivery(**record)
                self._deliveries[delivery.guid] = delivery
