from typing import Annotated

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, SecretStr


def _check_database_url(url: SecretStr) -> SecretStr:
    try:
        parameters = conninfo_to_dict(url.get_secret_value())
    except ProgrammingError:
        parameters = {}
    if not parameters:
        # The driver's message would quote the password.
        raise ValueError("should look like postgresql://role:password@host:port/database")
    return url


DatabaseUrl = Annotated[SecretStr, AfterValidator(_check_database_url)]
"""A Postgres connection string; secret, because it holds a password."""
