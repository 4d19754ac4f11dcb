from typing import Any

import pytest
from pydantic import ValidationError

from simulator.events import Event
from simulator.faults import Faults, Switch


def switch(**fields: Any) -> Switch:
    return Switch.model_validate(fields)


def test_a_fault_strikes_as_often_as_asked_and_only_where() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="server_error", path="/calls", account="a", times=2))
    assert faults.take("/v4/api/team", "a") is None
    assert faults.take("/v4/api/calls", "b") is None
    struck = [faults.take("/v4/api/calls", "a") for _ in range(3)]
    assert [fault and fault.fault for fault in struck] == ["server_error", "server_error", None]
    assert faults.on() == []


def test_without_times_it_stays_until_cleared() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="garbage"))
    assert all(faults.take("/v4/auth/token", None) for _ in range(5))
    faults.clear()
    assert faults.take("/v4/auth/token", None) is None


def test_faults_strike_in_the_order_they_were_switched_on() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="garbage", times=1))
    faults.switch_on(switch(fault="server_error", times=1))
    struck = [faults.take("/", None) for _ in range(2)]
    assert [fault and fault.fault for fault in struck] == ["garbage", "server_error"]


def test_unknown_faults_and_options_are_refused() -> None:
    with pytest.raises(ValueError, match="there are server_error, garbage"):
        Faults().switch_on(switch(fault="earthquake"))
    with pytest.raises(ValidationError):
        switch(fault="silence", times=0)


def test_a_delivery_passes_unharmed_by_faults_of_requests() -> None:
    faults = Faults()
    faults.switch_on(switch(fault="server_error"))
    event = Event("guid", "call", "IncomingCall", 0, {"ApiKey": "a"})
    assert faults.deliveries(event) == [event]
