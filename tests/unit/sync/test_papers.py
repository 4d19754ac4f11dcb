"""What stands on the pages of a report, and that pages can be made of whatever names there are."""

import copy
from pathlib import Path
from typing import Any

import pytest

from sync.errors import UnprintableReport
from sync.papers import paper, period
from sync.typesetter import typeset

FONTS = Path(__file__).parents[2] / "fixtures" / "fonts"
"""One font, of one letter that is nobody's: U+F0000."""

KPIS = [
    ("offered", "Calls offered", "calls", "none", 157, 140),
    ("answer_rate", "Answer rate", "share", "up", 0.9236, 0.9),
    ("service_level", "Service level", "share", "up", None, 0.8),
    ("missed", "Missed", "calls", "down", 12, 14),
    ("outbound", "Calls placed", "calls", "none", 0, 0),
]


def source(report: str = "days", **changes: Any) -> dict[str, Any]:
    """A source as the database makes it, of one day."""
    columns = [{"name": name, "title": name, "unit": unit} for name, unit in COLUMNS[report]]
    return {
        "report": report,
        "title": "Days",
        "organization": "Acme",
        "time_zone": "Europe/London",
        "from": "2025-03-01 00:00",
        "to": "2025-04-01 00:00",
        "previous_from": "2025-02-01 00:00",
        "previous_to": "2025-03-01 00:00",
        "data_through": "2025-04-01 09:30",
        "made_at": "2025-04-01 10:00",
        "is_unfinished": False,
        "filters": {},
        "kpis": [
            {"kpi": kpi, "value": value, "previous": before, "known": 150, "total": 157}
            for kpi, _, _, _, value, before in KPIS
        ],
        "chart": {
            "grain": "day",
            "buckets": [
                {
                    "starts_at": f"2025-03-{day:02} 00:00",
                    "answered": day,
                    "voicemail": 0,
                    "missed": 1,
                    "service_level": None if day % 3 else 0.8,
                }
                for day in range(1, 32)
            ],
        },
        "sections": [{"report": report, "title": "Days", "columns": columns, "rows": [ROWS[report]]}],
        "definitions": [
            {"kpi": kpi, "name": name, "formula": f"How {name} is reckoned.", "unit": unit, "direction": direction}
            for kpi, name, unit, direction, _, _ in KPIS
        ],
        **changes,
    }


FIGURES = [
    *[(name, "calls") for name in ("offered", "answered", "voicemail", "missed")],
    *[(name, "share") for name in ("answer_rate", "service_level", "abandonment_rate")],
    *[(name, "seconds") for name in ("average_speed_of_answer", "longest_wait", "average_handle_time", "total_talk")],
    ("outbound", "calls"),
]
COLUMNS: dict[str, list[tuple[str, str]]] = {
    "days": [("day", "day"), *FIGURES],
    "lines": [("line_id", "id"), ("line", "text"), ("number", "text"), *FIGURES],
    "members": [("member_id", "id"), ("member", "text"), *FIGURES],
    "sla": [
        ("day", "day"),
        ("calls", "calls"),
        ("known_waits", "calls"),
        ("service_level", "share"),
        ("target", "share"),
        ("is_missed", "flag"),
    ],
}
FIGURES_OF_A_ROW = {name: None if unit == "share" else 3 for name, unit in FIGURES}
ROWS: dict[str, dict[str, Any]] = {
    "days": {"day": "2025-03-01", **FIGURES_OF_A_ROW},
    "lines": {"line_id": None, "line": None, "number": None, **FIGURES_OF_A_ROW},
    "members": {"member_id": "7d1b", "member": None, **FIGURES_OF_A_ROW},
    "sla": {
        "day": "2025-03-01",
        "calls": 10,
        "known_waits": 9,
        "service_level": 0.5,
        "target": 0.8,
        "is_missed": True,
    },
}


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        ("2025-03-01 00:00", "2025-04-01 00:00", "1 \u2013 31 March 2025"),
        ("2025-03-28 00:00", "2025-04-02 00:00", "28 March \u2013 1 April 2025"),
        ("2024-12-30 00:00", "2025-01-06 00:00", "30 December 2024 \u2013 5 January 2025"),
        ("2025-03-30 00:00", "2025-03-31 00:00", "Sun 30 March 2025"),
        ("2024-02-29 00:00", "2024-03-01 00:00", "Thu 29 February 2024"),
        ("2025-03-30 08:00", "2025-03-30 17:30", "30 March 2025, 08:00 \u2013 17:30"),
        ("2025-03-30 08:00", "2025-03-31 08:00", "30 March 2025, 08:00 \u2013 31 March 2025, 08:00"),
    ],
)
def test_a_period_is_told_as_people_say_it(starts: str, ends: str, words: str) -> None:
    assert period(starts, ends) == words


def test_a_tile_says_what_was_before_and_whether_it_is_better() -> None:
    tiles = {tile["name"]: tile for tile in paper(source())["tiles"]}
    assert tiles["Answer rate"]["value"].replace("\u202f", " ") == "92.4 %"
    assert (tiles["Answer rate"]["change"], tiles["Answer rate"]["verdict"]) == ("2.4 points", "better")
    assert (tiles["Missed"]["way"], tiles["Missed"]["verdict"]) == (-1, "better")
    assert tiles["Calls offered"]["verdict"] == "", "more calls are neither"
    assert tiles["Service level"]["value"] == "not measurable"
    assert tiles["Service level"]["change"] == ""


def test_what_is_not_known_is_a_dash_and_rows_without_a_name_say_why() -> None:
    assert paper(source())["sections"][0]["rows"][0][:6] == ["Sat 1 Mar 2025", "3", "3", "3", "3", "\u2013"]
    assert paper(source("lines"))["sections"][0]["rows"][0][0] == "No line"
    assert paper(source("members"))["sections"][0]["rows"][0][0] == "not shown to you"


def test_missed_days_are_counted() -> None:
    section = paper(source("sla"))["sections"][0]
    assert section["note"] == "The target was missed on 1 of 1 days that could be measured."
    assert section["rows"][0][-1] == "missed"


def test_the_chart_fits_its_axis() -> None:
    chart = paper(source())["chart"]
    assert [tick["label"] for tick in chart["ticks"]] == ["0", "10", "20", "30", "40"]
    assert all(bar["answered"] + bar["voicemail"] + bar["missed"] <= 1 for bar in chart["bars"])
    assert sum(bar["label"] is not None for bar in chart["bars"]) <= 12


def test_a_report_without_calls_has_no_chart() -> None:
    empty = source()
    for kpi in empty["kpis"]:
        kpi["value"] = 0 if kpi["kpi"] in ("offered", "outbound", "missed") else None
    assert (paper(empty)["has_calls"], paper(empty)["chart"]) == (False, None)
    assert typeset(empty).startswith(b"%PDF-")


@pytest.mark.parametrize(
    "name",
    [
        "#panic()",
        "*bold* _it_ $x$ `code` @ref <label> // /* #let x = 1",
        "\\u{1f600} \\",
        '"quoted" \' [brackets] {braces}',
        "日本語 مرحبا שלום 😀 é",
        "x" * 500,
        "many words " * 80,
        "\u202eright to left",
        "a\u0000b\u0007c\ufffe",
        "",
    ],
)
def test_no_name_is_read_as_markup(name: str) -> None:
    told = source("lines", organization=name, filters={"lines": [name], "tag": name})
    told["sections"][0]["rows"][0] |= {"line": name, "line_id": "1"}
    assert typeset(told).startswith(b"%PDF-")


def test_further_fonts_are_taken_from_a_folder() -> None:
    told = source("lines", organization="Acme \U000f0000")
    assert b"Fixture-Regular" in typeset(told, FONTS)
    assert b"Fixture-Regular" not in typeset(told), "no machine has a font with this letter"


def test_what_is_missing_from_a_source_is_said() -> None:
    broken = copy.deepcopy(source())
    del broken["sections"][0]["rows"][0]["offered"]
    with pytest.raises(UnprintableReport, match="KeyError: 'offered'"):
        typeset(broken)
