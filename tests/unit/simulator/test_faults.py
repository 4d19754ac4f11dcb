from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from simulator.clock import ManualClock
from simulator.events import Event
from simulator.faults import Faults, Sending, Switch, known
from simulator.request_faults import malformed, shifted, with_links

LINK = "https://example.test/records/7e734dc1.wav"


def switch(**fields: Any) -> Switch:
    return Switch.model_validate(fields)


def event(guid: str = "guid", kind: str = "IncomingCall", **body: Any) -> Event:
    payload = {"ApiKey": "a", "Guid": guid, "Timestamp": "2026-05-25T08:58:10.5140000Z", "Body": body}
    return Event(guid, "call", kind, 0, payload)


def events(count: int = 2000) -> list[Event]:
    return [event(f"guid {number}") for number in range(count)]


def struck(faults: Faults, path: str = "/v4/api/calls", api_key: str | None = "a") -> list[str]:
    return [strike.switch.fault for _, strike in faults.take(path, api_key)]


def test_a_fault_strikes_as_often_as_asked_and_only_where() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="server_error", path="/calls", account="a", times=2))
    assert struck(faults, "/v4/api/team") == []
    assert struck(faults, api_key="b") == []
    assert [fault["times"] for fault in faults.on()] == [2]
    assert [struck(faults) for _ in range(3)] == [["server_error"], ["server_error"], []]
    assert faults.on() == []


def test_without_times_it_stays_until_cleared() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="garbage"))
    assert all(struck(faults, "/v4/auth/token", None) for _ in range(5))
    faults.clear()
    assert struck(faults) == []


def test_faults_strike_in_the_order_they_were_switched_on() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="garbage", times=1))
    faults.switch_on(switch(fault="server_error", times=1))
    assert [struck(faults, "/") for _ in range(2)] == [["garbage"], ["server_error"]]


def test_what_only_retouches_an_answer_leaves_room_for_others() -> None:
    faults = Faults()
    for name in ("clock_skew", "link_malformed", "late_answer", "server_error"):
        faults.switch_on(switch(fault=name))
    assert struck(faults) == ["clock_skew", "link_malformed", "late_answer"]


def test_one_is_switched_off_by_number_and_several_by_name() -> None:
    faults = Faults()
    numbers = [faults.switch_on(switch(fault=name)) for name in ("garbage", "quota", "quota", "loss")]
    assert [fault["number"] for fault in faults.on()] == numbers
    assert faults.switch_off(str(numbers[0])) == 1
    assert faults.switch_off("quota") == 2
    assert [fault["fault"] for fault in faults.on()] == ["loss"]
    with pytest.raises(ValueError, match=r"'quota' is not switched on; on is: loss \(4\)"):
        faults.switch_off("quota")


def test_unknown_faults_and_options_are_refused() -> None:
    with pytest.raises(ValueError, match="there are duplicates, reordering"):
        Faults().switch_on(switch(fault="earthquake"))
    with pytest.raises(ValueError, match="did you mean duplicates"):
        Faults().switch_on(switch(fault="duplicate"))
    with pytest.raises(ValueError, match="loss has no option seconds; its options are: none"):
        Faults().switch_on(switch(fault="loss", seconds=3))
    with pytest.raises(ValueError, match="status of quota is one of 429, 403"):
        Faults().switch_on(switch(fault="quota", status=500))
    with pytest.raises(ValueError, match="how of truncated_page is one of short_list, cut_body, lying_total"):
        Faults().switch_on(switch(fault="truncated_page", how="badly"))
    with pytest.raises(ValueError, match="cannot be negative"):
        Faults().switch_on(switch(fault="silence", seconds=-1))
    for wrong in ({"times": 0}, {"share": 0}, {"share": 1.1}, {"copies": 0}, {"colour": "red"}):
        with pytest.raises(ValidationError):
            switch(fault="silence", **wrong)


@pytest.mark.parametrize("name", known())
def test_every_fault_can_be_switched_on_bare(name: str) -> None:
    faults = Faults()
    faults.switch_on(switch(fault=name))
    assert faults.on()[0]["fault"] == name
    assert known()[name].about


def test_a_share_of_the_requests_is_struck_and_the_seed_decides_which() -> None:
    def run(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.switch_on(switch(fault="server_error", share=0.2))
        return [bool(struck(faults)) for _ in range(2000)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 300 < sum(run(1)) < 500


def test_a_broken_recording_stays_broken() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="recording_expired", share=0.3))
    paths = [f"/records/{number}.wav" for number in range(300)]
    fates = [[bool(struck(faults, path)) for path in paths] for _ in range(3)]
    assert fates[0] == fates[1] == fates[2]
    assert 50 < sum(fates[0]) < 130
    assert struck(faults, "/v4/api/calls") == []


def test_a_recording_that_is_not_there_yet_comes_after_its_first_asking(clock: ManualClock) -> None:
    faults = Faults(1, clock)
    faults.switch_on(switch(fault="recording_missing", seconds=60))
    assert struck(faults, "/records/1.wav") == ["recording_missing"]
    clock.advance(seconds=59)
    assert struck(faults, "/records/1.wav") == struck(faults, "/records/2.wav") == ["recording_missing"]
    clock.advance(seconds=1)
    assert struck(faults, "/records/1.wav") == []
    assert struck(faults, "/records/2.wav") == ["recording_missing"]


def test_a_delivery_passes_unharmed_by_faults_of_requests() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="server_error"))
    assert faults.deliveries(event()) == [Sending(event())]


def test_deliveries_are_filtered_by_type_and_account() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="loss", path="Completed", account="a", times=1))
    faults.switch_on(switch(fault="loss", account="b"))
    assert len(faults.deliveries(event())) == 1
    assert faults.deliveries(event(kind="IncomingCallCompleted")) == []
    assert len(faults.deliveries(event(kind="IncomingCallCompleted"))) == 1


@pytest.mark.parametrize("name", ["duplicates", "reordering", "loss", "lateness", "delivery_timeout"])
def test_an_event_has_the_same_fate_whenever_it_comes(name: str) -> None:
    def run(seed: int, order: int) -> dict[str, list[Sending]]:
        faults = Faults(seed)
        faults.switch_on(switch(fault=name, share=0.1))
        return {each.guid: faults.deliveries(each) for each in events()[::order]}

    fates = run(1, 1)
    assert fates == run(1, -1)
    assert fates != run(2, 1)
    assert 130 < sum(sendings != [Sending(event(guid))] for guid, sendings in fates.items()) < 270


def test_faults_of_deliveries_add_up() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="duplicates", copies=2, seconds=0))
    faults.switch_on(switch(fault="lateness", seconds=7))
    assert [(sending.after_seconds, sending.is_copy) for sending in faults.deliveries(event())] == [
        (7, False),
        (7, True),
        (7, True),
    ]
    faults.switch_on(switch(fault="loss"))
    assert faults.deliveries(event()) == []


def test_of_what_loss_leaves_one_is_the_original() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="duplicates", copies=3))
    for _ in range(3):
        faults.switch_on(switch(fault="loss", share=0.3))
    for each in events(300):
        sendings = faults.deliveries(each)
        assert [sending.is_copy for sending in sendings] == [False, True, True, True][: len(sendings)]


def test_a_skewed_account_tells_all_times_alike() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="clock_skew", account="a", seconds=-3600))
    [sending] = faults.deliveries(event())
    assert sending.event.payload["Timestamp"] == "2026-05-25T07:58:10.5140000Z"
    assert (faults.skew("a"), faults.skew("b")) == (-3600, 0)
    told = {"a": ["2026-06-05T13:38:29.522Z", {"b": "2026-06-05T23:59:59Z"}], "c": "at 2026-06-05T13:38:29Z", "d": 7}
    assert shifted(told, timedelta(minutes=1).total_seconds()) == {
        "a": ["2026-06-05T13:39:29.522Z", {"b": "2026-06-06T00:00:59Z"}],
        "c": "at 2026-06-05T13:38:29Z",
        "d": 7,
    }
    assert shifted(shifted(told, -90061), 90061) == told
    assert shifted("9999-12-31T23:59:59Z", 5) == "9999-12-31T23:59:59Z"


def test_links_are_spoiled_in_events_too() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="link_malformed", how="relative"))
    [sending] = faults.deliveries(event(RecordingLink=LINK, From="https://example.test/"))
    assert sending.event.payload["Body"] == {"RecordingLink": "/records/7e734dc1.wav", "From": "https://example.test/"}
    spoiled = with_links({"calls": [{"callRecord": {"uri": LINK}}]}, lambda link: malformed(link, "one_slash"))
    assert spoiled == {"calls": [{"callRecord": {"uri": "https:/example.test/records/7e734dc1.wav"}}]}
