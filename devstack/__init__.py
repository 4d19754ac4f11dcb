"""The local stack: Postgres, PostgREST, Auth, the gateway and our own programs, started and watched together."""
