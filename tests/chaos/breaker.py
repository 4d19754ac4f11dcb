"""What goes wrong while the week is told: deliveries, requests, processes, and Postgres."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread
from typing import Any

from tests.chaos.week import BRANCH, OPERATOR, Week

SKEW_SECONDS = 90
LOSS = 0.05
DELIVERY_FAULTS: tuple[dict[str, Any], ...] = (
    {"fault": "duplicates", "share": 0.1, "seconds": 2},
    {"fault": "reordering", "share": 0.1, "seconds": 1},
    {"fault": "loss", "share": LOSS},
    {"fault": "lateness", "share": 0.1, "seconds": 4},
    {"fault": "delivery_timeout", "share": 0.02},
    {"fault": "link_malformed", "share": 0.02, "path": "Call"},
    # The clock of some ringing telephones is ahead. What the history says is right.
    {"fault": "clock_skew", "share": 0.1, "path": "Ringing", "seconds": SKEW_SECONDS},
)
BURSTS: tuple[dict[str, Any], ...] = (
    {"fault": "server_error", "status": 500, "times": 4},
    {"fault": "server_error", "status": 503, "times": 3, "path": "/calls"},
    {"fault": "quota", "status": 429, "times": 2, "account": OPERATOR},
    {"fault": "quota", "status": 403, "times": 2, "account": BRANCH},
    {"fault": "silence", "seconds": 5, "times": 2},
    {"fault": "late_answer", "seconds": 6, "times": 2, "path": "/messages/send"},
    {"fault": "late_answer", "seconds": 6, "times": 1, "path": "/makecall"},
    {"fault": "silence", "seconds": 5, "times": 1, "path": "/messages/send"},
    {"fault": "truncated_page", "how": "short_list", "times": 3, "path": "/calls"},
    {"fault": "truncated_page", "how": "cut_body", "times": 3},
    {"fault": "truncated_page", "how": "lying_total", "times": 2, "path": "/voicemails"},
    {"fault": "truncated_page", "how": "short_list", "times": 1, "path": "/journal"},
    {"fault": "garbage", "how": "html", "times": 2},
    {"fault": "garbage", "how": "cut_json", "times": 2},
    {"fault": "expired_token", "times": 2},
    {"fault": "recording_missing", "share": 0.3, "seconds": 5},
    {"fault": "server_error", "status": 502, "times": 3, "path": "/records/"},
)
KILLS = (
    "webhook worker", "webhook app", "webhook master", "watch 0", "watch 1", "postgres killed",
    "postgres stopped at once", "webhook worker", "watch 0", "watch 1", "postgres killed",
)  # fmt: skip


@dataclass
class Actor:
    """Somebody who does things at planned moments, on a thread of their own; what goes wrong there fails the test."""

    name: str
    deeds: list[tuple[float, str, Callable[[], object]]]
    log: list[str] = field(default_factory=list)
    error: BaseException | None = None
    stop: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Wait for the last deed."""
        self._thread.join()
        if self.error:
            raise AssertionError(f"{self.name}: {self.error!r}") from self.error

    def _run(self) -> None:
        began = time.monotonic()
        try:
            for moment, what, deed in sorted(self.deeds, key=lambda each: each[0]):
                self.stop.wait(max(0.0, began + moment - time.monotonic()))
                deed()
                self.log.append(f"{time.monotonic() - began:6.1f} s  {what}")
        except BaseException as error:  # Told by finish.
            self.error = error


def breaker(week: Week) -> Actor:
    """Who kills, and starts again what was killed."""
    if "kills" not in week.plan.evils:
        return Actor("breaker", [])
    kills = list(KILLS)
    for _ in range(round(max(0.0, week.plan.minutes - 1.5) * 3)):
        kills.append(week.plan.dice(f"kill {len(kills)}").choice(KILLS))
    week.plan.dice("order of kills").shuffle(kills)
    moments = week.plan.moments("kills", len(kills))
    return Actor(
        "breaker", [(moment, what, partial(kill, week, what)) for moment, what in zip(moments, kills, strict=True)]
    )


def troublemaker(week: Week) -> Actor:
    """Who lets requests to the provider fail, in bursts."""
    if "requests" not in week.plan.evils:
        return Actor("troublemaker", [])
    bursts = list(BURSTS) * max(1, round(week.plan.minutes / 2))
    moments = week.plan.moments("bursts", len(bursts))
    week.plan.dice("order of bursts").shuffle(bursts)
    return Actor(
        "troublemaker",
        [
            (moment, " ".join(map(str, burst.values())), partial(week.provider.ask, "POST", "/faults", json=burst))
            for moment, burst in zip(moments, bursts, strict=True)
        ],
    )


def spoil_deliveries(week: Week) -> None:
    """Let deliveries be lost, doubled, late and out of order from now on."""
    if "deliveries" in week.plan.evils:
        for fault in DELIVERY_FAULTS:
            week.provider.ask("POST", "/faults", json=fault)


def told_of(log: list[str]) -> str:
    """What was done how often."""
    counts = Counter(line.partition(" s  ")[2] for line in log)
    return ", ".join(f"{what} {count}x" if count > 1 else what for what, count in sorted(counts.items()))


def kill(week: Week, what: str) -> None:
    """End something without a word, and start it again."""
    assert week.door
    match what:
        case "webhook worker":
            week.door.kill_worker()
        case "webhook app":
            week.open_door()
        case "webhook master":
            week.door.kill_master()
            week.open_door()
        case "watch 0" | "watch 1":
            week.kill_watch(int(what[-1]))
            week.start_watch(int(what[-1]))
        case "postgres killed":
            week.postgres.kill()
            week.postgres.start()
        case _:
            week.postgres.shut_down_immediately()
            week.postgres.start()
