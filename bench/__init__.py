"""Benchmarks: what the product does beside what Postgres, or the same server, does at best; printed as ratios."""
