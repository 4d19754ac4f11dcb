"""A stand-in for MightyCall: its HTTP API, its webhooks and believable traffic, from a seed."""
