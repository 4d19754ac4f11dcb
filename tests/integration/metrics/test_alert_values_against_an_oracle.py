"""What alert rules go by is what the definitions make of the calls that their owners see; what is bad is told."""

import json
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tests.integration.metrics import answers, breakdowns, clock, live, stories
from tests.integration.metrics.oracle import Question, Tables
from tests.integration.metrics.place import LINES, Caller, Hand, ids, read_tables
from tests.support import fuzz

OWNERS: Final = (
    *(
        ("org_admin", "acme"),
        ("manager", "acme"),
        ("manager", "acme"),
        ("their_admin", "globex"),
        ("of_both", "globex"),
    ),
)
BY_CALLS: Final[Mapping[str, list[Any]]] = {"sla": [None, 0.5, 0.8, 1], "missed_burst": [1, 2, 5]}
NOW: Final[Mapping[str, list[Any]]] = {"queue": [1, 2], "longest_wait": [1, 20, 60]}
CALL: Final = st.tuples(
    st.one_of(st.integers(0, 200), st.integers(-30, 4000)),
    st.sampled_from([*LINES, "acme", "globex"]),
    st.lists(st.integers(0, 7), max_size=2, unique=True),
    stories.FACTS,
    st.sampled_from([None, None, 3]),
)
LINE_IDS: Final = st.one_of(
    st.none(), st.none(), st.lists(st.sampled_from(list(LINES)), min_size=1, max_size=2, unique=True)
)


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """A rule as people make them, and whose it is."""
    kind, thresholds = draw(st.sampled_from([*BY_CALLS.items(), *NOW.items()]))
    name, of = draw(st.sampled_from(OWNERS))
    lines = draw(LINE_IDS)
    return {
        "owner": name,
        "of": of,
        "kind": kind,
        "lines": (lines and [line for line in lines if LINES[line] == of]) or None,
        "threshold": draw(st.sampled_from(thresholds)),
        "window_minutes": draw(st.sampled_from([1, 5, 60, 1440])),
        "min_calls": draw(st.sampled_from([1, 1, 3])),
    }


def test_alerts_go_by_what_their_owners_see(hand: Hand) -> None:
    place, moment = hand.place, read_tables(hand.connection).now
    settled = st.tuples(st.just("settle"), st.tuples(stories.OWNERS, st.just("-infinity"), stories.SETTINGS))
    folded: st.SearchStrategy[stories.Act] = st.tuples(st.just("fold"), st.just(100_000))

    @fuzz.examples(12)
    @given(
        zone=st.sampled_from(stories.ZONES),
        acts=st.tuples(st.lists(settled, max_size=2), st.lists(folded, max_size=1)),
        calls=st.lists(CALL, min_size=8, max_size=30),
        asked=st.lists(rules(), min_size=2, max_size=8),
    )
    def hold(zone: str, acts: Any, calls: list[Any], asked: list[dict[str, Any]]) -> None:
        new_id = ids()
        with hand.connection.transaction(force_rollback=True):
            hand.move_house(place.organizations["acme"], zone)
            hand.add_calls(
                [
                    {"id": new_id()}
                    | facts
                    | {"started_at": (at := moment - timedelta(seconds=ago))}
                    | {"rang_at": None if rang is None else at + timedelta(seconds=rang)}
                    | stories.housed(place, (home, members))
                    for ago, home, members, facts, rang in calls
                ]
            )
            for act in (*acts[0], *acts[1]):
                stories.happen(hand, act, new_id)
            tables = read_tables(hand.connection)
            made = [(new_id(), rule) for rule in asked]
            for rule_id, rule in made:
                write(hand, rule_id, rule)
            hand.connection.execute("select private.evaluate_alerts(now(), 100)")
            for rule_id, rule in made:
                compare(hand, tables, rule_id, rule)

    hold()


def write(hand: Hand, rule_id: UUID, rule: dict[str, Any]) -> None:
    """Make a rule, as its owner would."""
    place = hand.place
    hand.connection.execute(
        """insert into public.alert_rules (
          id, org_id, owner_id, name, kind, line_ids, threshold, window_minutes, min_calls
        )
        select id, org_id, owner_id, 'Rule', kind, line_ids, threshold, window_minutes, min_calls
        from jsonb_populate_record(null::public.alert_rules, %s)""",
        [
            json.dumps(
                {name: rule[name] for name in ("kind", "threshold", "window_minutes", "min_calls")}
                | {
                    "id": rule_id,
                    "org_id": place.organizations[rule["of"]],
                    "owner_id": place.callers[rule["owner"]].id,
                }
                | {"line_ids": rule["lines"] and [place.lines[line] for line in rule["lines"]]},
                default=str,
            )
        ],
    )


def compare(hand: Hand, tables: Tables, rule_id: UUID, rule: dict[str, Any]) -> None:
    """Compare what a rule goes by, and what has become of it."""
    place, caller = hand.place, hand.place.callers[rule["owner"]]
    begin = tables.now - timedelta(minutes=rule["window_minutes"])
    lines = rule["lines"] and [place.lines[line] for line in rule["lines"]]
    question = place.ask(tables, caller, rule["of"], begin, tables.now, line_ids=lines)
    value, population, target = expected(tables, question, caller, rule["kind"])
    threshold = target if rule["threshold"] is None else Fraction(str(rule["threshold"]))

    told = hand.connection.execute(
        "select v.* from public.alert_rules r, private.alert_value(r, now()) v where r.id = %s", [rule_id]
    ).fetchone()
    assert told is not None
    assert answers.near(told[0], value), (rule, told, value)
    assert rule["kind"] != "sla" or (told[1] or 0) == population, (rule, told, population)
    assert Fraction(told[2]) == threshold, (rule, told, threshold)

    if rule["kind"] == "sla":
        is_bad = value is not None and value < threshold and population >= rule["min_calls"]
    else:
        is_bad = value is not None and value >= threshold
    alerts = hand.connection.execute("select value from public.alerts where rule_id = %s", [rule_id]).fetchall()
    assert len(alerts) == is_bad, (rule, told, value, threshold)
    assert all(answers.near(alert, value) for (alert,) in alerts)
    answers.compared["alerts"] += 1
    fuzz.tried(f"alerts by {rule['kind']}", "bad" if is_bad else "not measurable" if value is None else "good")


def expected(tables: Tables, question: Question, caller: Caller, kind: str) -> tuple[Fraction | None, int, Fraction]:
    """What a rule goes by, over how many calls it is, and the target in force."""
    (org_id,) = question.org_ids
    today = clock.local(tables.now, question.zone).date()
    target = Fraction(tables.in_force(org_id, today)["service_level_target"])
    if kind in BY_CALLS:
        figures = breakdowns.over(tables, question, question.begin, question.end)
        figure = figures["service_level" if kind == "sla" else "missed"]
        return figure.value, int(figure.denominator), target
    waits = [
        wait
        for call in live.in_progress(tables, caller.sees)
        if call["org_id"] == org_id
        and (question.line_ids is None or call["line_id"] in question.line_ids)
        and (wait := live.seconds(tables, live.waits_since(call))) is not None
    ]
    return Fraction(len(waits) if kind == "queue" else max(waits, default=0)), 0, target
