"""What the tests stand on: a Postgres cluster of their own, databases, programs and people."""
