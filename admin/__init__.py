"""The operator command: makes the first platform admin, and checks the audit trail from outside the product."""
