"""What the demo's organizations are set to, through the product: once, and then it is theirs to change."""

from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from devstack.demo_accounts import HARBOR, NORTHWIND
from devstack.people import ADMINS, OPERATOR, signed_in
from devstack.rows import rows
from devstack.stack import Stack
from supabase import Client

_FRIDAY: Final = 5
_SATURDAY: Final = 6
_SUPPORT_EMAIL: Final = "support@victorysync.example"


def _on(weekdays: range, opens: str, closes: str) -> list[dict[str, Any]]:
    return [{"weekday": weekday, "opens": opens, "closes": closes} for weekday in weekdays]


_SETTINGS: Final[dict[str, dict[str, Any]]] = {
    NORTHWIND: {
        "answer_within_seconds": 15,
        "service_level_target": 0.85,
        "business_hours": [
            *_on(range(1, _FRIDAY + 1), "08:00", "18:00"),
            *_on(range(_SATURDAY, _SATURDAY + 1), "09:00", "13:00"),
        ],
    },
    HARBOR: {
        "answer_within_seconds": 30,
        "abandonment_rate_target": 0.08,
        "business_hours": [
            *_on(range(1, _FRIDAY + 1), "06:00", "12:30"),
            *_on(range(1, _FRIDAY + 1), "13:00", "20:00"),
        ],
    },
}
# Month and day, name, and when there are hours, those.
_HOLIDAYS: Final[dict[str, list[tuple[int, int, str, str | None, str | None]]]] = {
    NORTHWIND: [(12, 24, "Christmas Eve", "09:00", "12:00"), (12, 25, "Christmas Day", None, None)],
    HARBOR: [(12, 25, "Christmas Day", None, None), (12, 26, "Boxing Day", None, None)],
}


def set_platform(stack: Stack) -> None:
    """As the operator, say where the links in letters lead, and whom to ask for help unless somebody has said so."""
    with signed_in(stack, OPERATOR) as operator:
        (present,) = rows(operator, "platform_settings", "app_url, support_email")
        wanted = {"app_url": stack.api_url, "support_email": present["support_email"] or _SUPPORT_EMAIL}
        if present != wanted:
            operator.table("platform_settings").update(wanted).eq("id", value=True).execute()


def set_organizations(stack: Stack) -> None:
    """As their admins, give organizations that have none of their own settings, business hours and holidays."""
    for name, email in ADMINS.items():
        with signed_in(stack, email) as admin:
            own = next(row for row in rows(admin, "organizations", "id, name, time_zone") if row["name"] == name)
            # One row is what every organization begins with.
            if len(_of(admin, "organization_settings", own["id"])) == 1:
                change = {"p_org_id": own["id"], "p_changes": _SETTINGS[name]}
                admin.rpc("change_organization_settings", change).execute()
            if not _of(admin, "holidays", own["id"]):
                today = datetime.now(ZoneInfo(own["time_zone"])).date()
                admin.table("holidays").insert(
                    [
                        {
                            "org_id": own["id"],
                            "day": next_on(month, day, today).isoformat(),
                            "name": words,
                            "opens": opens,
                            "closes": closes,
                        }
                        for month, day, words, opens, closes in _HOLIDAYS[name]
                    ]
                ).execute()


def _of(client: Client, table: str, org_id: str) -> list[dict[str, Any]]:
    return [row for row in rows(client, table, "org_id") if row["org_id"] == org_id]


def next_on(month: int, day: int, today: date) -> date:
    """Return the next such day of the calendar, today included."""
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)
