"""The options of the contract tests, known before their folder is collected: ``pytest contract_tests --target URL``."""

pytest_plugins = ["cannon_contract.plugin"]
