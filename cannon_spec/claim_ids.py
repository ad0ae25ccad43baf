"""The claims of the ledger that the code of cannon_spec names (floor 1).

Each package has one such module, and no claim id stands elsewhere in its code but in the marks of the contract tests.
``contract.checks.check_claim_ids`` compares a module like this one with the ledger when a package starts, so that a
missing claim is an error then, and not when a reply needs it.
"""

ADDRESS_SINGLE = "address-single"
CREATE_ACCEPTED = "create-accepted-202"
CREATE_ENVELOPE = "create-envelope"
CREATE_IDEMPOTENT = "create-idempotent"
JSON_BODY = "json-body"
JSON_STRICT = "json-strict"
LIFECYCLE_ORDER = "lifecycle-order"
LIFECYCLE_TERMINAL = "lifecycle-terminal"
OPERATIONS_LISTED = "operations-listed"
POLL_AFTER = "poll-after"
READ_SAME_KEY = "read-same-key"
REQUEST_FAILED_VIEW = "request-failed-view"
REQUEST_LOG_SEVEN_DAYS = "request-log-seven-days"
USER_OVERLAY = "user-overlay"
