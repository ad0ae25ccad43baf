"""The claims of the ledger that the code of the contract tests names, beside the marks of its tests (floor 6)."""

CREATE_ACCEPTED = "create-accepted-202"
LIFECYCLE_ORDER = "lifecycle-order"
LIFECYCLE_STATES = "lifecycle-states"
READ_SAME_KEY = "read-same-key"
