"""The floors of the house: who may import whom, who may read the environment, how large things may be."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.syntax import list_nodes, parse_file

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"cannon_spec": ROOT, "cannon_mock": ROOT / "mock_server", "cannon_contract": ROOT / "contract_tests"}
LONGEST_FILE, LONGEST_FUNCTION = 400, 50

FLOORS: tuple[tuple[str, ...], ...] = (
    (
        *("cannon_spec.errors", "cannon_spec.finding", "cannon_spec.document", "cannon_spec.pointer"),
        *("cannon_spec.fast_decoder", "cannon_spec.json_positions", "cannon_spec.json_syntax"),
        *("cannon_spec.inputs", "cannon_spec.nearest", "cannon_spec.claim_ids", "cannon_spec.hosts"),
        *("cannon_spec.reachability", "cannon_spec.printable", "cannon_spec.escapes", "cannon_spec.redaction"),
        "cannon_spec.system_errors",
        *(
            "cannon_spec.amounts",
            "cannon_spec.times",
            "cannon_spec.patch",
            "cannon_spec.json_text",
            "cannon_spec.json_memory",
            "cannon_spec.fixes",
            "cannon_spec.installation",
        ),
    ),
    ("cannon_spec.contract",),
    ("cannon_spec.hits", "cannon_spec.finding_cache", "cannon_spec.repair", "cannon_spec.unknown_fields"),
    ("cannon_spec.hit_findings", "cannon_spec.field_repair", "cannon_spec.address_rules"),
    ("cannon_spec.named_rules", "cannon_spec.coverage", "cannon_spec.adjustments"),
    ("cannon_spec.input_plan",),
    ("cannon_spec.likely_operation", "cannon_spec.structure"),
    ("cannon_spec.validate",),
    ("cannon_spec", "cannon_spec.judge", "cannon_spec.example", "cannon_spec.completion"),
    ("cannon_spec.effective_input",),
    ("cannon_spec.pricing",),
    ("cannon_spec.traffic", "cannon_spec.strategies", "cannon_spec.reading"),
    ("cannon_spec.output",),
    ("cannon_spec.cli", "cannon_spec.__main__"),
    ("cannon_mock.claim_ids", "cannon_mock.cannon_warning", "cannon_mock.compact_json", "cannon_mock.real_time"),
    ("cannon_mock.model",),
    ("cannon_mock.media",),
    (
        "cannon_mock.clock",
        "cannon_mock.config",
        "cannon_mock.variables",
        "cannon_mock.settings",
        "cannon_mock.setting_limits",
        "cannon_mock.setting_sources",
        "cannon_mock.origins",
        "cannon_mock.host_and_port",
        "cannon_mock.json_log",
        "cannon_mock.notices",
    ),
    ("cannon_mock.asset_files", "cannon_mock.stores"),
    ("cannon_mock.webhooks",),
    ("cannon_mock.views",),
    ("cannon_mock", "cannon_mock.app", "cannon_mock.serving"),
    ("cannon_mock.testing", "cannon_mock.commands"),
    ("cannon_mock.__main__",),
    ("cannon_mock.start",),
    ("cannon_contract", "cannon_contract.client", "cannon_contract.claim_ids"),
    ("cannon_contract.spending",),
    ("cannon_contract.runner",),
    ("cannon_contract.report",),
    ("cannon_contract.result_collector", "cannon_contract.plugin", "cannon_contract.suite", "cannon_contract.__main__"),
)
"""The folders and modules from the ground up. A folder stands for all that is in it, unless a part is listed too."""

PURE = {"flask", "cannon_mock.stores", "time", "threading", "os", "random"}

NEVER: list[tuple[str, set[str]]] = [
    ("cannon_spec", {"cannon_mock", "cannon_contract", "flask", "httpx", "respx", "pytest", "uvicorn"}),
    ("cannon_spec.validate", {"cannon_spec.contract.load", "pathlib", "os", "io"}),
    ("cannon_mock.model", PURE),
    ("cannon_mock.media", PURE),
    ("cannon_mock.stores", {"flask", "cannon_mock.views", "cannon_mock.webhooks", "cannon_mock.clock"}),
    ("cannon_mock.views.api", {"cannon_mock.views.admin"}),
    ("cannon_mock.views.admin", {"cannon_mock.views.api"}),
]

STRATEGIES = "cannon_spec.strategies"
CHANCE = {"cannon_mock.app", "cannon_contract.runner.targets", "cannon_contract.client.api"}
THREADS = {
    "cannon_mock.serving.serve",
    "cannon_mock.serving.thread_pool",
    "cannon_mock.serving.workers",
    "cannon_mock.commands.health",
    "cannon_mock.serving.event_loop",
    "cannon_mock.testing.webhook_receivers",
    "cannon_contract.client.parallel",
    "cannon_contract.runner.webhook_listener",
}
"""Who may start threads: what serves, what sends creates at once, since only requests that meet show a race, what
receives webhooks, which come while a test polls, and async receivers in a test, whose own loop stands still."""
ENVIRONMENT = {"cannon_spec.cli.environment", "cannon_mock.variables", "cannon_contract.runner.options"}


def _module(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(file, root): file for name, root in FOLDERS.items() for file in sorted((root / name).rglob("*.py"))}


def list_module_nodes(name: str) -> tuple[ast.AST, ...]:
    """Every node of the syntax tree of a module."""
    return list_nodes(MODULES[name])


def _floor(name: str) -> int:
    """The number of the floor that a module is on: that of the longest name listed which it has or is within."""
    listed = {each: number for number, names in enumerate(FLOORS) for each in names}
    packages = ("cannon_spec", "cannon_mock", "cannon_contract")
    within = [each for each in listed if name == each or (each not in packages and name.startswith(each + "."))]
    return listed[max(within, key=len)]


@cache
def _imports(name: str) -> set[str]:
    """Every module that ``name`` imports, anywhere in its file; relative imports and submodules resolved."""
    found: set[str] = set()
    for node in list_module_nodes(name):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _base(name, node)
            found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names}
    return found


def _base(name: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)


def test_imports_point_down() -> None:
    """Each module has a floor, and imports none of a floor above its own, not even for types."""
    floors = {name: _floor(name) for name in MODULES}
    for name, floor in floors.items():
        upward = [target for target in _imports(name) & MODULES.keys() if floors[target] > floor]
        assert upward == [], name


def test_modules_name_their_floor() -> None:
    """The floors that the first lines of modules name, from 1 to 6, are in the order of the list."""
    named_floors: dict[int, set[int]] = {}
    for name, file in MODULES.items():
        if match := re.search(r"\(floor (\d)", file.read_text("utf-8").partition("\n")[0]):
            named_floors.setdefault(_floor(name), set()).add(int(match[1]))
    floors = [floor for place in sorted(named_floors) for floor in sorted(named_floors[place])]
    assert floors == sorted(floors)
    assert set(floors) == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize(("prefix", "barred"), NEVER)
def test_what_must_never_be_imported(prefix: str, barred: set[str]) -> None:
    """Neither a barred module nor anything below it is imported."""
    for name in MODULES:
        if name == prefix or name.startswith(prefix + "."):
            bad = {
                target for target in _imports(name) for bar in barred if target == bar or target.startswith(bar + ".")
            }
            assert bad == set(), name


def test_hypothesis_is_asked_for_in_one_place_only() -> None:
    """Only the strategies import Hypothesis, and below the contract tests nothing imports them: who wants them does."""
    outside = [name for name in MODULES if not name.startswith((STRATEGIES, "cannon_contract"))]
    barred = ("hypothesis", STRATEGIES)
    assert [name for name in outside if any(each.startswith(barred) for each in _imports(name))] == []


def test_contract_tests_know_the_mock_in_one_place_only() -> None:
    """Only where the contract tests connect do they import the mock, and of it the application and the clock."""
    for name in MODULES:
        if name.startswith("cannon_contract"):
            known = {target for target in _imports(name) if target.startswith("cannon_mock")}
            assert known <= ({"cannon_mock"} if name == "cannon_contract.runner.mock_target" else set()), name


def test_few_modules_start_threads() -> None:
    """Few modules import the module threading; others may import a lock, or ask which thread runs."""
    for name in MODULES:
        taken = {
            alias.name
            for node in list_module_nodes(name)
            if isinstance(node, ast.ImportFrom) and node.module == "threading"
            for alias in node.names
        }
        whole = "threading" in _imports(name) and not taken
        assert name in THREADS or (not whole and taken <= {"Lock", "RLock", "get_ident", "local"}), name


def test_one_module_forks() -> None:
    """Only the pool of the judge starts processes that are copies of their parent."""
    assert {name for name in MODULES if "multiprocessing" in _imports(name)} == {"cannon_spec.cli.process_pool"}


def test_one_reader_of_the_environment_a_package() -> None:
    """os.environ and os.getenv are named in one module of each package."""
    readings = ("environ", "getenv")
    readers = {
        name
        for name in MODULES
        for node in list_module_nodes(name)
        if (isinstance(node, ast.Attribute) and node.attr in readings and ast.unparse(node.value) == "os")
        or (isinstance(node, ast.alias) and node.name in readings)
    }
    assert readers == ENVIRONMENT


def test_chance_comes_from_a_seed() -> None:
    """Nothing imports random or uuid; what draws secrets are the seed of a mock and the keys of contract tests."""
    for name in MODULES:
        barred = {"random", "uuid"} | (set() if name in CHANCE else {"secrets"})
        assert name.startswith("cannon_contract.suite.") or not _imports(name) & barred, name


def test_imports_form_no_circle() -> None:
    """Modules can be put in an order in which each imports earlier ones only."""
    waiting = {name: (_imports(name) - _typing_only(name)) & MODULES.keys() - {name} for name in MODULES}
    while waiting:
        ready = {name for name, needs in waiting.items() if not needs & waiting.keys()}
        assert ready, f"a circle among {sorted(waiting)}"
        waiting = {name: needs for name, needs in waiting.items() if name not in ready}


def _typing_only(name: str) -> set[str]:
    guarded = [
        node
        for node in parse_file(MODULES[name]).body
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ]
    return {each.module for node in guarded for each in node.body if isinstance(each, ast.ImportFrom) and each.module}


def test_files_and_functions_stay_small() -> None:
    """No file has more than 400 lines, no function more than 50."""
    for name, file in MODULES.items():
        assert len(file.read_text().splitlines()) <= LONGEST_FILE, name
        for node in list_module_nodes(name):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, (name, node.name)


def test_only_one_file_reads_the_contract() -> None:
    """The folder of schemas is named by the catalog's module alone."""
    naming = {
        name
        for name in MODULES
        for node in list_module_nodes(name)
        if isinstance(node, ast.Constant) and node.value == "schemas" and _is_path(node, list_module_nodes(name))
    }
    assert naming == {"cannon_spec.contract.source"}


def _is_path(constant: ast.Constant, nodes: tuple[ast.AST, ...]) -> bool:
    """Whether a constant is an argument of os.path.join or stands beside a / of paths."""
    calls = (node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.path.join")
    divisions = (node for node in nodes if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))
    return any(constant in call.args for call in calls) or any(constant is node.right for node in divisions)
