"""Reports, and the CSV that is made of them, tell row by row what the definitions make of the calls."""

import json
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.integration.metrics import answers, reports, stories
from tests.integration.metrics.place import Hand, ids, read_tables, told
from tests.support import fuzz


def test_reports_tell_what_the_definitions_make_of_the_calls(hand: Hand) -> None:
    moment = read_tables(hand.connection).now

    @fuzz.examples(8)
    @given(data=st.data())
    def hold(data: st.DataObject) -> None:
        setting = data.draw(stories.settings(moment))
        new_id = ids()
        with hand.connection.transaction(force_rollback=True):
            hand.move_house(hand.place.organizations["acme"], setting.zone.key)
            for act in data.draw(stories.beginnings(setting)) + data.draw(stories.batches(setting)):
                stories.happen(hand, act, new_id)
            asked = st.tuples(stories.wishes(setting), st.sampled_from([*reports.REPORTS]))
            for wish, report in data.draw(st.lists(asked, min_size=4, max_size=10)):
                note(f"{report} {wish}, {wish.narrowed(hand.place)}")
                ask(hand, wish, report)

    hold()


def ask(hand: Hand, wish: stories.Wish, report: str) -> None:
    """Ask for a report and for its CSV, and compare both with the rows of the tables."""
    place, tables = hand.place, read_tables(hand.connection)
    if report == "hours" and wish.end - wish.begin > timedelta(days=31):
        return
    name, of = wish.asked
    caller, org_id = place.callers[name], of and place.organizations[of]
    question = place.ask(tables, caller, of, wish.begin, wish.end, **wish.narrowed(place))
    narrowed = {"line_ids": question.line_ids, "member_ids": question.member_ids, "in_hours": question.in_hours}
    asked: dict[str, Any] = {f"p_{name}": value for name, value in narrowed.items()}
    said = [
        told(
            hand.connection,
            caller,
            f"report_{report}",
            p_org_id=org_id,
            p_from=wish.begin,
            p_to=wish.end,
            **asked,
            **({"p_limit": 1000} if report == "calls" else {}),
        )
    ]
    if not caller.is_key:
        parameters = narrowed | {"from": wish.begin.isoformat(), "to": wish.end.isoformat()}
        exported = told(
            hand.connection,
            caller,
            "export_report",
            p_org_id=org_id,
            p_report=report,
            p_parameters=Jsonb(parameters, dumps=partial(json.dumps, default=str)),
        )
        said.append(exported if isinstance(exported, str) else reports.read_csv(exported[0]["export_report"]))
    refused = answers.refusal(tables, caller, question, is_of_one=of is not None)
    for rows, what in zip(said, (f"report_{report}", f"export_report {report}"), strict=False):
        fuzz.tried(what, "refused" if refused else "as the definitions say")
        if refused:
            assert rows == refused
            continue
        assert not isinstance(rows, str), rows
        answers.compared[what] += reports.REPORTS[report](rows, tables, question, caller, place)
