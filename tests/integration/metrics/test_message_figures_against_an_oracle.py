"""Whoever writes and whatever becomes of it: what is told of messages is what the rows say, to those who read them."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import NAMESPACE_OID, UUID, uuid5

from hypothesis import given, note
from hypothesis import strategies as st

from tests.integration.metrics import answers, messages, stories
from tests.integration.metrics.place import LINES, Hand, Place, ids, read_tables, told
from tests.support import fuzz

STATES: Final = (
    *("received", "received", "received", "sent", "delivered", "delivered"),
    *("failed", "failed", "queued", "sending", "unconfirmed"),
)
ASKERS: Final = (
    *(("org_admin", "acme"), ("manager", "acme"), ("agent", "acme"), ("agent_without_lines", "acme"), ("agent", None)),
    *(("their_admin", "globex"), ("of_both", "globex"), ("of_both", None), ("agent_and_viewer", "acme")),
    *(
        ("agent_and_viewer", None),
        ("platform_admin", "holding"),
        ("platform_admin", None),
        ("key", "acme"),
        ("key", None),
    ),
    *(("platform_key", "globex"), ("platform_key", None), ("viewer", None)),
    # These are refused.
    *(("viewer", "acme"), ("of_both", "acme"), ("nobody", "acme"), ("key", "globex")),
)
FACTS: Final = st.fixed_dictionaries(
    {
        "home": st.sampled_from([*LINES, *LINES, "acme", "globex", "holding"]),
        "person": st.integers(0, 1),
        "state": st.sampled_from(STATES),
        "is_theirs": st.booleans(),
        "sender": st.one_of(st.none(), st.integers(0, 20)),
    }
)
SECONDS: Final = st.one_of(
    st.integers(-12, 12).map(lambda quarters: quarters * 900),
    st.integers(-3 * 86400, 3 * 86400),
    # A day after another, to the second.
    st.tuples(st.integers(-4, 4), st.integers(-3, 3)).map(lambda parts: parts[0] * 86400 + parts[1]),
)


def wishes(setting: stories.Setting) -> st.SearchStrategy[stories.Wish]:
    """Questions of those who read messages mostly, about days in which some were written."""

    def asked(wish: stories.Wish, asked: tuple[str, str | None], day: int | None, days: int) -> stories.Wish:
        if day is not None:
            begin = setting.anchor + timedelta(days=day)
            wish = replace(wish, begin=begin, end=begin + timedelta(days=days))
        return replace(wish, asked=asked)

    return st.builds(
        asked,
        stories.wishes(setting),
        st.sampled_from(ASKERS),
        st.one_of(st.none(), st.integers(-6, 0), st.integers(-6, 0)),
        st.integers(1, 30),
    ).filter(lambda wish: wish.end - wish.begin <= timedelta(days=30))


def written(
    place: Place, mail: messages.Mail, setting: stories.Setting, seconds: int, facts: dict[str, Any], an_id: UUID
) -> dict[str, Any]:
    """A message as a row."""
    owner, line = LINES.get(facts["home"], facts["home"]), place.lines.get(facts["home"])
    number = f"+1212555015{facts['person']}"
    is_ours = facts["state"] != "received"
    users = sorted({each["user_id"] for each in mail.members})
    return {
        "id": str(an_id),
        "org_id": str(place.organizations[owner]),
        "integration_id": str(place.account),
        "provider_message_id": str(an_id) if facts["is_theirs"] else None,
        "line_id": line and str(line),
        "conversation_id": line and str(uuid5(NAMESPACE_OID, f"{line} {number}")),
        "direction": "outbound" if is_ours else "inbound",
        "business_number": "+12125550101",
        "external_number": number,
        "body": "Hello",
        "state": facts["state"],
        "sent_at": (setting.anchor + timedelta(seconds=seconds)).isoformat(),
        "sent_by": str(users[facts["sender"] % len(users)]) if is_ours and facts["sender"] is not None else None,
    }


def write(hand: Hand, rows: list[dict[str, Any]]) -> None:
    """Let there be these messages and no others."""
    hand.connection.execute("delete from public.messages")
    hand.connection.execute(
        """with said as (
          select m.* from jsonb_populate_recordset(null::public.messages, %s::jsonb) m
        ),
        opened as (
          insert into public.conversations (id, org_id, line_id, external_number, last_message_at)
          select distinct on (conversation_id) conversation_id, org_id, line_id, external_number, sent_at
          from said
          where conversation_id is not null
          on conflict do nothing
        )
        insert into public.messages (
          id, org_id, integration_id, provider_message_id, line_id, conversation_id, direction, business_number,
          external_number, body, state, sent_at, sent_by
        )
        select
          id, org_id, integration_id, provider_message_id, line_id, conversation_id, direction, business_number,
          external_number, body, state, sent_at, sent_by
        from said""",
        [json.dumps(rows)],
    )


def test_what_is_told_of_messages_is_what_the_rows_say(hand: Hand) -> None:
    place = hand.place
    moment = read_tables(hand.connection).now
    settled = st.tuples(st.just("settle"), st.tuples(stories.OWNERS, st.just("-infinity"), stories.SETTINGS))

    @fuzz.examples(10)
    @given(data=st.data())
    def hold(data: st.DataObject) -> None:
        setting = data.draw(stories.settings(moment))
        new_id = ids()
        with hand.connection.transaction(force_rollback=True):
            hand.move_house(place.organizations["acme"], setting.zone.key)
            for act in data.draw(st.lists(settled, min_size=1, max_size=3)):
                stories.happen(hand, act, new_id)
            for _ in range(data.draw(st.integers(1, 2))):
                # Which of two at the same instant was first nobody can tell.
                said = st.tuples(SECONDS, FACTS)
                alone = st.lists(
                    said, min_size=8, max_size=40, unique_by=lambda each: (each[0], each[1]["home"], each[1]["person"])
                )
                mail = messages.read_mail(hand.connection)
                write(
                    hand,
                    [written(place, mail, setting, at, facts, new_id()) for at, facts in data.draw(alone)],
                )
                for wish in data.draw(st.lists(wishes(setting), min_size=3, max_size=12)):
                    note(f"{wish}, {wish.narrowed(place)}")
                    ask(hand, wish)

    hold()


def ask(hand: Hand, wish: stories.Wish) -> None:
    """Ask as somebody, and compare the answer with the rows."""
    place, tables, mail = hand.place, read_tables(hand.connection), messages.read_mail(hand.connection)
    name, of = wish.asked
    caller = place.callers[name]
    question = place.ask(tables, caller, of, wish.begin, wish.end, **wish.narrowed(place))
    if of is None:
        question = replace(question, org_ids=sorted(caller.reads_messages))
    rows = told(
        hand.connection,
        caller,
        "kpi_messages",
        p_org_id=of and place.organizations[of],
        p_from=wish.begin,
        p_to=wish.end,
        p_line_ids=question.line_ids,
        p_member_ids=question.member_ids,
        p_in_hours=question.in_hours,
    )
    refusal = answers.refusal(tables, caller, question, is_of_one=of is not None)
    if of and refusal != answers.ORGANIZATION_NOT_FOUND and place.organizations[of] not in caller.reads_messages:
        refusal = "role_not_sufficient"
    fuzz.tried("kpi_messages", "refused" if refusal else "as the definitions say")
    if refusal:
        assert rows == refusal
        return
    assert not isinstance(rows, str), rows
    answers.compared["kpi_messages"] += answers.plain(rows, messages.figures(tables, mail, question))
