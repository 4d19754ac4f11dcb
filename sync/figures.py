"""Figures as people read them: rounded half up, with their units, and in words where there is none."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

NOT_MEASURABLE: Final = "not measurable"
DASH: Final = "\u2013"
_MINUS: Final = "\u2212"
_THIN: Final = "\u202f"


def rounded(value: Decimal, places: int) -> Decimal:
    """Round half up, away from zero."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def number(value: Any, places: int = 1) -> str:
    """A count or a quotient: whole where it is whole, thousands apart."""
    amount = rounded(Decimal(str(value)), places)
    text = f"{amount:,.{places}f}" if amount % 1 else f"{amount:,.0f}"
    return text.replace("-", _MINUS)


def share(value: Any) -> str:
    """A share between 0 and 1, in per cent."""
    return f"{rounded(Decimal(str(value)) * 100, 1):.1f}{_THIN}%".replace("-", _MINUS)


def duration(value: Any) -> str:
    """Seconds: alone below a minute, else by the clock."""
    seconds = int(rounded(Decimal(str(value)), 0))
    hours, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours:,}:{minutes:02}:{left:02}{_THIN}h"
    return f"{minutes}:{left:02}{_THIN}min" if minutes else f"{left}{_THIN}s"


def said(value: Any, unit: str, nothing: str = DASH) -> str:
    """A value in its unit."""
    if value is None:
        return nothing
    match unit:
        case "share":
            return share(value)
        case "seconds":
            return duration(value)
        case "flag":
            return "yes" if value else "no"
        case "calls" | "number" | "callers" | "messages" | "agents":
            return number(value)
        case "calls_per_minute" | "calls_per_caller":
            return number(value, 2 if abs(value) >= 0.1 else 4)
    return str(value)


def change(value: Any, previous: Any, unit: str) -> tuple[str, int]:
    """How a value differs from the one before, and which way; nothing where either is not known.

    Shares differ by points, all else by per cent of what was.
    """
    if value is None or previous is None:
        return "", 0
    now, before = Decimal(str(value)), Decimal(str(previous))
    if unit == "share":
        points = rounded((now - before) * 100, 1)
        text, way = f"{abs(points):.1f} points", points
    elif before == 0:
        return ("", 0) if now == 0 else ("from none", 1)
    else:
        percent = rounded((now - before) / before * 100, 1)
        text, way = f"{abs(percent):,.1f}{_THIN}%", percent
    if way == 0:
        return "unchanged", 0
    return text, 1 if way > 0 else -1
