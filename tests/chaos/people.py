"""What people do while the week is told: move numbers, write messages, place calls, correct what the provider knows."""

from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from tests.chaos.breaker import Actor
from tests.chaos.week import (
    BRANCH,
    BRANCH_NUMBERS,
    FIRST_REQUESTS,
    OPERATOR,
    OPERATORS_NUMBERS,
    SCARCE_REQUESTS,
    Week,
    Wish,
    integration,
)

MESSAGES, CALLS, CORRECTIONS, DELETIONS, LIVE = 24, 8, 12, 8, 45
_HOUR_SECONDS = 8.0
"""So often an hour passes, as far as anything waits for it."""


def time_itself(week: Week) -> Actor:
    """Let what waits for minutes or hours go on."""
    count = int(week.plan.minutes * 60 / _HOUR_SECONDS)

    def pass_hour(place: int) -> None:
        # The day's requests come with its hours, so that they are scarce all the time, and never quite gone.
        if "requests" in week.plan.evils:
            week.allow_requests(FIRST_REQUESTS + (SCARCE_REQUESTS - FIRST_REQUESTS) * place // count)
        week.let_time_pass()

    return Actor(
        "time", [(place * _HOUR_SECONDS, "an hour passes", partial(pass_hour, place)) for place in range(1, count)]
    )


def movers(week: Week) -> Actor:
    """Who moves numbers between the organizations: for the future, and for a past that is known already."""
    first, second = week.begins_at + timedelta(hours=20), week.begins_at + timedelta(days=2)
    _, _, halved, threefold, withdrawn, _ = OPERATORS_NUMBERS
    begin = week.begins_at - timedelta(days=1)
    moves = [
        (0.3, partial(week.assign, halved, week.acme, begin, first)),
        (0.4, partial(week.assign, threefold, week.acme, begin, second)),
        (0.5, partial(week.assign, halved, week.globex, first)),
        (0.6, partial(week.assign, threefold, week.globex, second)),
        (0.65, partial(week.assign, withdrawn, week.acme, begin)),
        (0.75, partial(week.withdraw, withdrawn)),
        (0.85, partial(week.assign, threefold, week.acme)),
    ]
    if "moves" not in week.plan.evils:
        return Actor("movers", [])
    return Actor("movers", [(share * week.plan.minutes * 60, "a number moves", move) for share, move in moves])


def settle(week: Week) -> None:
    """Give out the numbers that stay where they are."""
    week.assign(OPERATORS_NUMBERS[0], week.acme, week.begins_at - timedelta(days=1))
    week.assign(OPERATORS_NUMBERS[1], week.globex, week.begins_at - timedelta(days=1))


def callers(week: Week) -> Actor:
    """Who calls and writes now, on numbers that are just being moved too."""
    if "people" not in week.plan.evils:
        return Actor("callers", [])
    chance = week.plan.dice("callers")
    deeds: list[Any] = []
    for place, moment in enumerate(week.plan.moments("live", LIVE)):
        api_key, numbers = chance.choice([(OPERATOR, OPERATORS_NUMBERS), (BRANCH, BRANCH_NUMBERS)])
        about = {"account": api_key, "number": chance.choice(numbers), "from": f"+1555010{place + 20:04}"}
        if place % 3:
            script = {"talk": chance.uniform(1, 100), "speed": 100, "recording": False, "agent_events": place % 2 > 0}
            if chance.random() < 0.7:
                script["answer_after"] = chance.uniform(1, 20)
            deeds.append((moment, "somebody calls", partial(week.provider.ask, "POST", "/calls", json=about | script)))
        else:
            text = {"text": f"Is anybody there? {place}", "has_guid": chance.random() < 0.7}
            deeds.append(
                (moment, "somebody writes", partial(week.provider.ask, "POST", "/messages", json=about | text))
            )
    return Actor("callers", deeds)


def office(week: Week) -> Actor:
    """Who writes messages, places calls and asks for what is new."""
    if "people" not in week.plan.evils:
        return Actor("office", [])
    chance = week.plan.dice("office")
    wishes = []
    for place in range(MESSAGES + CALLS):
        org_id, line_number = chance.choice([(week.acme, OPERATORS_NUMBERS[0]), (week.globex, BRANCH_NUMBERS[0])])
        kind = "message" if place < MESSAGES else "call"
        wish = Wish(kind, org_id, line_number, f"+15550100{100 + place}", f"Chaos {place}", f"key-{place}")
        wishes.append(wish)
        # Nobody outside takes part in chance: whoever is written to or called answers nothing.
        outside = {"answers": False, "speed": 100, "settles_after": 1, "sms": chance.choice(["delivered", "failed"])}
        week.provider.ask("PUT", f"/outside/{quote(wish.recipient)}", json=outside)
    chance.shuffle(wishes)
    moments = week.plan.moments("wishes", len(wishes))
    deeds: list[Any] = [
        (moment, f"a {wish.kind} is asked for", partial(_wish, week, wish))
        for moment, wish in zip(moments, wishes, strict=True)
    ]
    for moment in week.plan.moments("requests", 6):
        org_id = chance.choice([week.acme, week.globex])
        deeds.append((moment, "a pull is asked for", partial(_request, week, org_id)))
    return Actor("office", deeds)


def correctors(week: Week) -> Actor:
    """Who corrects and deletes at the provider's panel what we have read already."""
    if "corrections" not in week.plan.evils:
        return Actor("correctors", [])
    ask = week.provider.ask
    deeds: list[Any] = []
    for place, moment in enumerate(week.plan.moments("corrections", CORRECTIONS + DELETIONS)):
        correct = partial(_correct, week, place) if place % 5 < 3 else partial(_delete, week, place)
        deeds.append((moment, "a call is " + ("corrected" if place % 5 < 3 else "deleted"), correct))
    late = week.plan.minutes * 60
    agent = {"name": "Another Name"}
    deeds += [
        (late * 0.4, "an agent is renamed", partial(ask, "PUT", "/team/110", json=agent, account=OPERATOR)),
        (late * 0.5, "an agent leaves", partial(ask, "DELETE", "/team/111", account=OPERATOR)),
        (late * 0.55, "a number is renamed", partial(
            ask, "PUT", f"/numbers/{quote(OPERATORS_NUMBERS[5])}", json={"label": "Renamed"}, account=OPERATOR
        )),
        (late * 0.6, "a contact is renamed", partial(_change_contact, week, OPERATOR)),
        (late * 0.7, "a contact is renamed", partial(_change_contact, week, BRANCH)),
    ]  # fmt: skip
    return Actor("correctors", deeds)


def _wish(week: Week, wish: Wish) -> None:
    admin = week.admins[wish.org_id]
    lines = week.query(
        "select id from public.lines where org_id = %s and e164 = %s and period @> now()", wish.org_id, wish.line_number
    )
    if wish.kind == "message":
        week.act(
            admin,
            "select * from public.send_message(%s, array[%s], %s, %s)",
            lines[0]["id"],
            wish.recipient,
            wish.body,
            wish.key,
        )
    else:
        week.act(admin, "select * from public.place_call(%s, %s, %s)", lines[0]["id"], wish.recipient, wish.key)
    week.wishes.append(wish)


def _request(week: Week, org_id: UUID) -> None:
    week.act(week.admins[org_id], "select * from public.request_sync(%s, 'calls')", org_id)


def _known_call(week: Week, place: int) -> tuple[str, str] | None:
    """A call that the history has stated, which nobody has touched yet, and its account's key."""
    api_key = week.plan.dice(f"account {place}").choice([OPERATOR, BRANCH])
    found = week.query(
        "select c.provider_call_id from public.calls c where c.integration_id = %s and c.deleted_at is null"
        " and c.direction = 'inbound' and c.provider_status in ('Connected', 'Missed')"
        " and c.provider_call_id <> all (%s) order by md5(c.provider_call_id || %s) limit 1",
        integration(week.sides, api_key),
        week.touched,
        str(place),
    )
    if not found:
        return None
    week.touched.append(found[0]["provider_call_id"])
    return week.touched[-1], api_key


def _correct(week: Week, place: int) -> None:
    known = _known_call(week, place)
    if known is None:
        return
    call_id, api_key = known
    chance = week.plan.dice(f"correction {place}")
    change: dict[str, Any] = chance.choice(
        [
            {"status": "Dropped"},
            {"duration": 4000 + place},
            {"from": "+15550100199", "name": "Somebody Else"},
            {"number": OPERATORS_NUMBERS[1] if api_key == OPERATOR else BRANCH_NUMBERS[1]},
        ]
    )
    week.provider.ask("PATCH", f"/calls/{call_id}", json=change)


def _delete(week: Week, place: int) -> None:
    if known := _known_call(week, place):
        week.provider.ask("DELETE", f"/calls/{known[0]}")


def _change_contact(week: Week, api_key: str) -> None:
    contacts = week.provider.truth(api_key, "contacts")["contacts"]
    week.provider.ask("PATCH", f"/contacts/{contacts[0]['id']}", json={"name": "Renamed Person"})
    week.provider.ask("DELETE", f"/contacts/{contacts[1]['id']}")
