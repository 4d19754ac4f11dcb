"""What a check expects of an answer."""

import httpx


class WrongError(Exception):
    """A check found something else than it should."""


def expect(answer: httpx.Response, status: int) -> httpx.Response:
    """Return the answer if it has this status.

    Raises:
        WrongError: it has another.
    """
    if answer.status_code != status:
        raise WrongError(f"{answer.request.url} answered {answer.status_code}, not {status}: {answer.text[:200]}")
    return answer


def refused(answer: httpx.Response, code: str) -> None:
    """See that the answer is this refusal.

    Raises:
        WrongError: it is another one, or none.
    """
    if code_of(answer) != code:
        raise WrongError(f"{answer.request.url} was not answered {code}: {answer.status_code} {answer.text[:200]}")


def code_of(answer: httpx.Response) -> str:
    """Return the stable code, or else the SQLSTATE, of a refusal by PostgREST; the status of what is none."""
    if answer.is_success or not answer.content:
        return f"HTTP {answer.status_code}"
    body = answer.json()
    return str(body["details"] if str(body["code"]).startswith("PT") else body["code"])
