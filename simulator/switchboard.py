"""The part of the control API that switches faults: which there are, which are on, on and off."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from simulator.faults import Faults, Switch, known
from simulator.request_faults import REQUEST_FAULTS

Answer = Response | tuple[Response, int]


def told_of() -> list[dict[str, Any]]:
    """Return the faults there are, in plain JSON values."""
    return [
        {
            "fault": name,
            "strikes": "requests" if name in REQUEST_FAULTS else "deliveries",
            "about": fault.about,
            "options": dict(fault.options),
            "choices": {option: list(values) for option, values in fault.choices.items()},
        }
        for name, fault in known().items()
    ]


def switchboard(faults: Faults) -> Blueprint:
    """Return the routes under `faults`."""
    routes = Blueprint("faults", __name__, url_prefix="/faults")

    @routes.get("")
    def list_faults() -> Answer:
        return jsonify(faults=faults.on(), known=told_of())

    @routes.post("")
    def switch_on() -> Answer:
        number = faults.switch_on(Switch.model_validate_json(request.get_data()))
        return jsonify(number=number, faults=faults.on()), 201

    @routes.delete("")
    def switch_off() -> Answer:
        faults.clear()
        return jsonify(faults=[])

    @routes.delete("/<which>")
    def switch_one_off(which: str) -> Answer:
        faults.switch_off(which)
        return jsonify(faults=faults.on())

    return routes
