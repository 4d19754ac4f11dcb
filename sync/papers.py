"""What stands on the pages of a report, in words and shares of the page: the typesetter only places it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sync.figures import DASH, NOT_MEASURABLE, change, number, said, share

_TILES: Final = (
    "offered",
    "answer_rate",
    "service_level",
    "average_speed_of_answer",
    "missed",
    "abandonment_rate",
    "longest_wait",
    "average_handle_time",
)
_ORDER: Final = (
    *("offered", "answered", "voicemail", "missed", "answer_rate", "abandonment_rate", "service_level"),
    *("average_speed_of_answer", "average_abandon_wait", "longest_wait", "average_handle_time", "total_talk"),
    *("average_duration", "calls_per_minute", "dropped_rate", "transferred_rate", "very_short_rate"),
    *("outbound", "outbound_connected_rate", "outbound_talk"),
)
_FIGURES: Final = {
    "offered": "Offered",
    "answered": "Ans\u00adwered",
    "voicemail": "Voice\u00admail",
    "missed": "Missed",
    "answer_rate": "Answer rate",
    "service_level": "Service level",
    "abandonment_rate": "Aban\u00addoned",
    "average_speed_of_answer": "Speed of answer",
    "longest_wait": "Longest wait",
    "average_handle_time": "Handle time",
    "total_talk": "Talk",
    "outbound": "Out\u00adbound",
}
_SHOWN: Final[dict[str, dict[str, str]]] = {
    "days": {"day": "Day", **_FIGURES},
    "hours": {"day": "Day", "hour": "Hour", **_FIGURES},
    "lines": {"line": "Line", "number": "Number", **{k: v for k, v in _FIGURES.items() if k != "total_talk"}},
    "members": {"member": "Member", **_FIGURES},
    "sla": {
        "day": "Day",
        "calls": "Calls judged",
        "known_waits": "Waits known",
        "service_level": "Service level",
        "target": "Target",
        "is_missed": "Outcome",
    },
    "calls": {
        "local_time": "Time",
        "direction": "Direction",
        "outcome": "Outcome",
        "line": "Line",
        "external_number": "Their number",
        "external_name": "Their name",
        "wait_seconds": "Wait",
        "talk_seconds": "Talk",
        "duration_seconds": "Duration",
        "members": "Members",
    },
}
_WIDE: Final = ("calls",)
_TEXTS: Final = ("text", "day", "clock", "flag")
_MONTHS: Final = tuple("January February March April May June July August September October November December".split())
_WEEKDAYS: Final = tuple("Mon Tue Wed Thu Fri Sat Sun".split())
_CHART_LABELS: Final = 12
_FOOT_NAME: Final = 60
_NOBODY: Final = {"lines": "No line", "members": "Nobody of the team"}


def paper(source: Mapping[str, Any]) -> dict[str, Any]:
    """Put a report's source into words; the typesetter's template knows these names."""
    definitions = {each["kpi"]: each for each in source["definitions"]}
    kpis = {each["kpi"]: each for each in source["kpis"] or ()}
    has_calls = source["kpis"] is None or any(kpis[kpi]["value"] for kpi in ("offered", "outbound"))
    return {
        "organization": source["organization"],
        "foot": _foot(source),
        "title": source["title"],
        "period": period(source["from"], source["to"]),
        "comparison": period(source["previous_from"], source["previous_to"]) if kpis else None,
        "facts": _facts(source),
        "is_wide": source["report"] in _WIDE,
        "has_calls": has_calls,
        "tiles": [_tile(kpis[kpi], definitions) for kpi in _TILES if kpi in kpis],
        "chart": _chart(source["chart"]) if source["chart"] and has_calls else None,
        "sections": [_section(each, definitions) for each in source["sections"]],
        "definitions": [
            {"name": definitions[kpi]["name"], "formula": definitions[kpi]["formula"]}
            for kpi in _in_order(kpis)
            if kpi in definitions
        ],
    }


def _foot(source: Mapping[str, Any]) -> str:
    name = source["organization"]
    short = name if len(name) <= _FOOT_NAME else f"{name[: _FOOT_NAME - 1].rstrip()}…"
    return f"{short} · {source['title']} · {period(source['from'], source['to'])}"


def period(starts: str, ends: str) -> str:
    """A period by the organization's clock, the end not included: whole days as days."""
    first, last = datetime.fromisoformat(starts), datetime.fromisoformat(ends)
    if first.time() != last.time() or (first.hour, first.minute) != (0, 0):
        if first.date() == last.date():
            return f"{_day(first)}, {first:%H:%M} {DASH} {last:%H:%M}"
        return f"{_day(first)}, {first:%H:%M} {DASH} {_day(last)}, {last:%H:%M}"
    last -= timedelta(days=1)
    if first.date() == last.date():
        return f"{_WEEKDAYS[first.weekday()]} {_day(first)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} {DASH} {_day(last)}"
    if first.year == last.year:
        return f"{first.day} {_MONTHS[first.month - 1]} {DASH} {_day(last)}"
    return f"{_day(first)} {DASH} {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _moment(text: str | None) -> str | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return f"{_day(moment)}, {moment:%H:%M}"


def _facts(source: Mapping[str, Any]) -> list[dict[str, str]]:
    filters = source["filters"]
    facts = [
        ("Time zone", source["time_zone"]),
        ("Data through", _moment(source["data_through"]) or "not known, not all history has been read"),
        ("Made", _moment(source["made_at"]) or DASH),
    ]
    if source["is_unfinished"]:
        facts.append(("Note", "The period is not over yet."))
    facts += [
        (title, ", ".join(map(str, filters[name])) if isinstance(filters[name], list) else str(filters[name]))
        for name, title in (
            ("lines", "Lines"),
            ("members", "Members"),
            ("directions", "Directions"),
            ("outcomes", "Outcomes"),
            ("tag", "Tag"),
            ("outcome_code", "Outcome code"),
            ("number", "Number contains"),
        )
        if name in filters
    ]
    facts += [
        (title, said(filters[name], "seconds"))
        for name, title in (("min_duration", "At least"), ("max_duration", "At most"))
        if name in filters
    ]
    if "in_hours" in filters:
        facts.append(("Calls", "in business hours" if filters["in_hours"] else "outside of business hours"))
    return [{"name": name, "text": text} for name, text in facts]


def _verdict(kpi: Mapping[str, Any], definition: Mapping[str, Any] | None) -> dict[str, Any]:
    unit = definition["unit"] if definition else "number"
    text, way = change(kpi["value"], kpi["previous"], unit)
    direction = definition["direction"] if definition else "none"
    verdict = "" if not way or direction == "none" else "better" if (way > 0) == (direction == "up") else "worse"
    return {"change": text, "way": way, "verdict": verdict}


def _tile(kpi: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    definition = definitions.get(kpi["kpi"])
    unit = definition["unit"] if definition else "number"
    return {
        "name": definition["name"] if definition else kpi["kpi"],
        "value": said(kpi["value"], unit, NOT_MEASURABLE),
        "is_known": kpi["value"] is not None,
        "before": said(kpi["previous"], unit, NOT_MEASURABLE),
        "coverage": _coverage(kpi),
        **_verdict(kpi, definition),
    }


def _coverage(kpi: Mapping[str, Any]) -> str:
    known, total = kpi["known"], kpi["total"]
    return "" if known == total else f"over {number(known)} of {number(total)} calls"


def _chart(chart: Mapping[str, Any]) -> dict[str, Any]:
    buckets: Sequence[Mapping[str, Any]] = chart["buckets"]
    highest = max(sum(each[kind] or 0 for kind in ("answered", "voicemail", "missed")) for each in buckets)
    top, step = _axis(highest)
    every = math.ceil(len(buckets) / _CHART_LABELS)
    return {
        "title": {"hour": "Calls by hour", "day": "Calls by day", "week": "Calls by week", "month": "Calls by month"}[
            chart["grain"]
        ],
        "ticks": [{"at": at / top, "label": number(at)} for at in range(0, top + 1, step)],
        "has_levels": any(each["service_level"] is not None for each in buckets),
        "bars": [
            {
                "label": _bucket(each["starts_at"], chart["grain"]) if place % every == 0 else None,
                "answered": (each["answered"] or 0) / top,
                "voicemail": (each["voicemail"] or 0) / top,
                "missed": (each["missed"] or 0) / top,
                "level": None if each["service_level"] is None else float(each["service_level"]),
            }
            for place, each in enumerate(buckets)
        ],
    }


def _axis(highest: int) -> tuple[int, int]:
    """The top of an axis from nothing, and the step between its lines: 1, 2 or 5 times a power of ten."""
    rough = max(highest, 1) / 4
    magnitude = 10 ** max(math.floor(math.log10(rough)), 0)
    step = next(int(times * magnitude) for times in (1, 2, 5, 10) if times * magnitude >= rough)
    return step * max(math.ceil(highest / step), 1), step


def _bucket(starts_at: str, grain: str) -> str:
    moment = datetime.fromisoformat(starts_at)
    match grain:
        case "hour":
            return f"{moment:%H:%M}"
        case "month":
            return f"{_MONTHS[moment.month - 1][:3]} {moment.year}"
    return f"{moment.day} {_MONTHS[moment.month - 1][:3]}"


def _section(section: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if section["report"] == "summary":
        return _all_figures(section, definitions)
    units = {each["name"]: each["unit"] for each in section["columns"]}
    shown = _SHOWN[section["report"]]
    return {
        "title": section["title"],
        "columns": [{"title": title, "is_text": units[name] in _TEXTS, "name": name} for name, title in shown.items()],
        "rows": [[_cell(row, name, units[name], section["report"]) for name in shown] for row in section["rows"]],
        "note": _note(section),
    }


def _in_order(kpis: Iterable[str]) -> list[str]:
    """Figures in the order in which people ask for them; those that this version does not know come last."""
    return sorted(kpis, key=lambda kpi: (_ORDER.index(kpi) if kpi in _ORDER else len(_ORDER), kpi))


def _all_figures(section: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    rows = []
    kpis = {each["kpi"]: each for each in section["rows"]}
    for kpi in _in_order(kpis):
        tile = _tile(kpis[kpi], definitions)
        way = {1: "▲ ", -1: "▼ ", 0: ""}[tile["way"]]
        words = ", ".join(filter(None, [way + tile["change"], tile["verdict"]]))
        rows.append([tile["name"], tile["value"], tile["before"], words, tile["coverage"]])
    titles = ("Figure", "Value", "Period before", "Change", "Measured")
    columns = [
        {"title": title, "is_text": place in (0, 3, 4), "name": title.lower()} for place, title in enumerate(titles)
    ]
    return {"title": "All figures", "columns": columns, "rows": rows, "note": ""}


def _cell(row: Mapping[str, Any], name: str, unit: str, report: str) -> str:
    value = row[name]
    if name == "is_missed":
        return DASH if value is None else "missed" if value else "met"
    if unit == "day" and value is not None:
        day = date.fromisoformat(value)
        return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1][:3]} {day.year}"
    if value is None and report in _NOBODY and name in ("line", "member"):
        return _NOBODY[report] if row[f"{name}_id"] is None else "not shown to you"
    return said(value, unit)


def _note(section: Mapping[str, Any]) -> str:
    rows = section["rows"]
    match section["report"]:
        case "sla" if rows:
            judged = [row for row in rows if row["is_missed"] is not None]
            missed = sum(row["is_missed"] for row in judged)
            return f"The target was missed on {number(missed)} of {number(len(judged))} days that could be measured."
        case "members" if rows:
            return "A call in which several members had a part counts for each of them."
        case "calls":
            answered = sum(row["outcome"] == "answered" for row in rows)
            of_all = f", of which {number(answered)} were answered ({share(answered / len(rows))})" if rows else ""
            return f"{number(len(rows))} calls{of_all}."
    return ""
