"""The sync script: it claims due work, reads MightyCall page by page, and hands raw items to Postgres."""
