"""The contract of the Cannon Studio API as data, and a judge of payloads by it (floor 1: the public names)."""

from cannon_spec.contract.catalog import Catalog, Model, Operation
from cannon_spec.contract.claim import Claim
from cannon_spec.contract.load import load_catalog
from cannon_spec.errors import CannonSpecError, CatalogError, ContractViolation, NotJSON, UnknownName
from cannon_spec.finding import Evidence, Finding, Report
from cannon_spec.fixes import FixedValue
from cannon_spec.judge import check_request, fix_input, fix_request, validate_input, validate_request, validate_response

__version__ = "0.1.0"

__all__ = [
    "CannonSpecError",
    "Catalog",
    "CatalogError",
    "Claim",
    "ContractViolation",
    "Evidence",
    "Finding",
    "FixedValue",
    "Model",
    "NotJSON",
    "Operation",
    "Report",
    "UnknownName",
    "__version__",
    "check_request",
    "fix_input",
    "fix_request",
    "load_catalog",
    "validate_input",
    "validate_request",
    "validate_response",
]
