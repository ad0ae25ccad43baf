"""The contract as frozen values: claims, rules, models, operations, and the catalog of them all (floor 1, pure)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, get_args

from cannon_spec.contract.arithmetic import is_number, normalise_value
from cannon_spec.contract.cache import Caches
from cannon_spec.contract.claim import Claim
from cannon_spec.contract.engines import Engine, Validator
from cannon_spec.contract.media_types import FileTypes, find_size_tables, has_timed_file, list_properties
from cannon_spec.contract.nodes import iter_nodes, trace_path
from cannon_spec.contract.prices import Cost, Price, find_price, meets_conditions
from cannon_spec.contract.wording import describe_condition, list_condition_fields
from cannon_spec.finding import Evidence, Severity
from cannon_spec.pointer import Path, follow, from_pointer, to_pointer

AdjustmentKind = Literal["cap", "normalise"]


class Adjustment(NamedTuple):
    """What the service may do with a value in place of refusing it, and the id of the claim that says so.

    ``cap`` lowers it to the last legal value, ``normalise`` takes the legal number that is nearest. The documentation
    allows a cap beside an error; what is normalised is never an error.
    """

    kind: AdjustmentKind
    claim: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One keyword of one schema: what it requires, under which condition (in words), and how that is known.

    ``id`` is the schema and the pointer of the keyword: ``models/gptimage2#/properties/resolution/enum``. ``field`` is
    the dotted name of the field that it judges, empty for the whole document; ``condition_fields`` are those that its
    condition reads.
    """

    id: str
    title: str
    field: str
    keyword: str
    node: Mapping[str, Any]
    condition: str
    condition_fields: tuple[str, ...]
    claim: Claim
    evidence: Evidence
    severity: Severity

    @property
    def schema(self) -> str:
        """The id of its schema: ``models/gptimage2``."""
        return self.id.partition("#")[0]

    @property
    def value(self) -> Any:
        """The keyword's value: the list of an ``enum``, the number of a ``maxLength``."""
        return self.node[self.keyword]

    @property
    def precedence(self) -> tuple[bool, bool, bool, str]:
        """Sorts the rules that refuse one value: the first one is reported.

        That is the rule of its type before others, an error before a warning, a rule without a condition before one
        with, then by their ids.
        """
        return self.keyword != "type", self.severity != "error", self.condition != "", self.id

    @property
    def adjustment(self) -> Adjustment | None:
        """How the service may change a value that violates the rule; None where it does not."""
        claims = ((kind, self.node.get(f"x-{kind}", {}).get(self.keyword)) for kind in get_args(AdjustmentKind))
        return next((Adjustment(kind, claim) for kind, claim in claims if claim is not None), None)

    def adjust(self, value: Any) -> Any:
        """What the service makes of a value that violates the rule; the value itself where it changes nothing."""
        if self.adjustment is None:
            return value
        if self.adjustment.kind == "cap":
            return self.value[-1]
        return normalise_value(value, self.value) if is_number(value) else value


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its identifier in the API; ``claim`` says how the identifier is known."""

    id: str
    name: str
    maker: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class ServedModel(Model):
    """A model as it serves one operation, as ``service_claim`` says.

    ``schema`` has its limits for an input. ``notes`` are claims of kind gap: what is not known, or not judged.
    ``notices`` are claims to warn of on each use; ``shut_down`` says that its maker shut it down.
    """

    service_claim: Claim
    schema: str | None
    notes: tuple[Claim, ...]
    notices: tuple[Claim, ...]
    shut_down: Claim | None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that exists.

    ``data`` is its file operation.json; it is empty if no page documents the operation. ``models`` are those that
    serve it, by identifier. The first of ``prices`` that fits an input counts; the last one fits every input.
    ``notes``, ``notices`` and ``shut_down`` are claims as those of a served model. ``default_model`` is the model of an
    input that names none; None if the operation has no models, or no default is assumed. ``defaults`` are those of the
    input as its file has them, in the order in which they apply; the model's comes first.
    """

    id: str
    name: str
    claim: Claim
    data: Mapping[str, Any]
    models: Mapping[str, ServedModel]
    prices: tuple[Price, ...]
    notes: tuple[Claim, ...] = ()
    notices: tuple[Claim, ...] = ()
    shut_down: Claim | None = None
    _media: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    default_model: str | None = field(init=False, repr=False, compare=False)
    defaults: tuple[Mapping[str, Any], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Found once, as each create asks for them.
        model = self.data.get("default_model")
        default_model = () if model is None else ({"field": "model", "value": model["id"], "claim": model["claim"]},)
        object.__setattr__(self, "default_model", None if model is None else model["id"])
        object.__setattr__(self, "defaults", (*default_model, *self.data.get("defaults", ())))

    @property
    def is_covered(self) -> bool:
        """Whether its input can be judged."""
        return bool(self.data)

    @property
    def input(self) -> str | None:
        """The id of the schema of its input; None if it is not covered."""
        return f"operations/{self.id}/input" if self.data else None

    @property
    def output(self) -> str | None:
        """The id of the schema of its output; None if it is not covered."""
        return f"operations/{self.id}/output" if self.data else None

    @property
    def kind(self) -> str:
        """The kind of media that it makes: image, video, audio, text or scene; empty if it is not covered."""
        kind: str = self.data["media"]["kind"] if self.data else ""
        return kind

    @property
    def files(self) -> Mapping[str, str]:
        """The files that it produces: their names, by the variables that stand for their addresses in replies."""
        files: Mapping[str, str] = self.data["media"].get("files", {}) if self.data else {}
        return files

    def list_file_claims(self, file: str) -> tuple[str, ...]:
        """The claims on a file of that name, beside those on its type, its size and its duration."""
        claims = self.data["media"].get("file_claims", {})
        return tuple(claims[variable] for variable, name in self.files.items() if name == file and variable in claims)

    @property
    def file_types(self) -> FileTypes:
        """The types of files that the contract has, by their extensions. They are read when they are first used."""
        types: FileTypes = self._media["types"]
        return types

    @property
    def size_tables(self) -> str | None:
        """The tables of media.json with the sizes of its files, image or video; None if its files have no size."""
        return find_size_tables(self.file_types, self.kind, self.files.values()) if self.files else None

    @property
    def has_duration(self) -> bool:
        """Whether any of its files has a duration."""
        return bool(self.files) and has_timed_file(self.file_types, self.files.values())

    @property
    def file_properties(self) -> tuple[str, ...]:
        """What its files have by their types: width, height, aspect_ratio and duration, as far as they do."""
        return list_properties(self.file_types, self.files.values()) if self.files else ()

    @property
    def default_properties(self) -> Mapping[str, Mapping[str, Any]]:
        """Of a covered operation: further properties of its media, each with its default and the claim on that."""
        properties: Mapping[str, Mapping[str, Any]] = self.data["media"].get("properties", {})
        return properties

    @property
    def replies(self) -> Mapping[str, Any]:
        """Of a covered operation: the templates of the mock's replies, and the claims on them."""
        replies: Mapping[str, Any] = self.data["replies"]
        return replies

    @property
    def conditional_outputs(self) -> Mapping[str, str]:
        """Of a covered operation: each member of the output that needs a field of the input, with that field."""
        fields: Mapping[str, str] = self.replies.get("only_with", {})
        return fields

    @property
    def served_default_model(self) -> ServedModel | None:
        """The default model as it serves the operation; None if there is none."""
        return self.models.get(self.default_model or "")

    def choose_model(self, input: Mapping[str, Any]) -> str | None:
        """The model that an input names, else the default model; None for an operation without models."""
        if not self.models:  # it may only warn of a field "model", whatever its value is
            return None
        model = input.get("model", self.default_model)
        return model if isinstance(model, str) else None

    def has_default_limits(self, input: Mapping[str, Any]) -> bool:
        """Whether the limits of the default model count for an input: it names no model, and does not exclude it."""
        default: Mapping[str, Any] = self.data.get("default_model", {})
        return bool(default) and "model" not in input and meets_conditions(input, default.get("limits_when", {}))

    def ends_default_limits(self, rule: Rule) -> bool:
        """Whether no value breaks a rule of the default model: with another one, its limits do not count."""
        model, conditions = self.served_default_model, self.data.get("default_model", {}).get("limits_when", {})
        return model is not None and rule.schema == model.schema and rule.field in conditions

    def find_cost(self, input: Mapping[str, Any]) -> Cost:
        """The cost of a valid input: that of the first price that fits. Without a model the default model counts."""
        if self.default_model is not None and "model" not in input:
            input = {"model": self.default_model, **input}
        price = find_price(self.prices, input)
        assert price is not None, "the last price has no condition"
        return Cost(math.ceil(price.compute_cost(input)), price.claim)


@dataclass(frozen=True, slots=True, repr=False)
class Catalog:
    """The whole contract.

    It reads what is asked for: an operation, its claims and its schemas, and keeps it. Each validator is compiled when
    it is first used. ``aliases`` are the words of other services. ``settings`` are those of our mock that an overlay
    sets. ``caches`` have what the judge prepares once, and what it has put into words.
    """

    base_url: str
    status_reply: Mapping[str, Any]
    claims: Mapping[str, Claim]
    operations: Mapping[str, Operation]
    models: Mapping[str, Model]
    schemas: Mapping[str, Mapping[str, Any]]
    lifecycle: Mapping[str, Any]
    media: Mapping[str, Any]
    scenarios: Mapping[str, Any]
    aliases: Mapping[str, Any]
    settings: Mapping[str, Any]
    _list_statements: Callable[[], tuple[Mapping[str, Any], ...]] = field(compare=False)
    _list_documented_inputs: Callable[[str], tuple[Mapping[str, Any], ...]] = field(compare=False)
    _engine: Engine = field(compare=False)
    caches: Caches = field(default_factory=Caches, compare=False)
    _validators: dict[tuple[str | None, tuple[str, ...]], Validator] = field(default_factory=dict, compare=False)
    _rules: dict[tuple[str, Path], Rule] = field(default_factory=dict, compare=False)
    _rules_at: dict[tuple[Path, tuple[str, ...], str | None], Rule] = field(default_factory=dict, compare=False)

    @property
    def statements(self) -> tuple[Mapping[str, Any], ...]:
        """The statements of the vendor's pages, as meta.schema.json has them."""
        return self._list_statements()

    @property
    def engine(self) -> str:
        """The name of the engine that judges: jsonschema or jsonschema-rs."""
        return self._engine.name

    def validator(self, schemas: tuple[str, ...], envelope: str | None = None) -> Validator:
        """The compiled validator of one value against several schemas.

        ``schemas`` are ids of schemas (``operations/image.generate/input``, ``models/gptimage2``) that judge the same
        value. ``envelope`` is the id of one more schema: it judges a whole body, and ``schemas`` judge the body's
        ``input``. Pass the same arguments to ``violated_rule`` to get the rule of a violation.
        """
        validator = self._validators.get((envelope, schemas))
        if validator is None:
            whole: dict[str, Any] = {"allOf": [self.schemas[schema] for schema in schemas]}
            if envelope is not None:
                whole = {"allOf": [self.schemas[envelope], {"properties": {"input": whole}}]}
            validator = self._validators[envelope, schemas] = self._engine.compile(whole)
        return validator

    def violated_rule(self, path: Path, schemas: tuple[str, ...], envelope: str | None = None) -> Rule:
        """The rule that a violation broke: ``path`` is its keyword path from ``validator(schemas, envelope)``."""
        rule = self._rules_at.get((path, schemas, envelope))
        if rule is None:
            # The validator joins the schemas: allOf/<index of the schema>/..., and with an envelope
            # allOf/0/<envelope> or allOf/1/properties/input/allOf/<index of the schema>/...
            schema, within = envelope or "", path[2:]
            if envelope is None or path[1] != 0:
                within = path if envelope is None else path[4:]
                schema, within = schemas[int(within[1])], within[2:]
            rule = self._rules_at[path, schemas, envelope] = self.rule(schema, within)
        return rule

    def documented_inputs_of(self, operation: str) -> tuple[Mapping[str, Any], ...]:
        """The inputs of the examples on the vendor's pages for an operation, the shortest first."""
        return self._list_documented_inputs(operation)

    def models_of(self, operation: str) -> tuple[ServedModel, ...]:
        """The models that serve an operation, in the order of its file."""
        return tuple(self.operations[operation].models.values())

    def input_schema_of(self, operation: Operation) -> Mapping[str, Any]:
        """The schema of the input of a covered operation. Raises KeyError for another."""
        return self.schemas[operation.input or ""]

    def output_schema_of(self, operation: Operation) -> Mapping[str, Any]:
        """The schema of the output of a covered operation. Raises KeyError for another."""
        return self.schemas[operation.output or ""]

    def pace_of(self, operation: Operation) -> Mapping[str, Any]:
        """How long the states of a covered operation last: its own entry of the lifecycle, else that of its kind."""
        paces = self.lifecycle["pace"]
        pace: Mapping[str, Any] = paces.get(operation.id) or paces[operation.kind]
        return pace

    def operations_of(self, model: str) -> tuple[Operation, ...]:
        """The operations that a model serves, in the order of the catalog."""
        return tuple(each for each in self.operations.values() if model in each.models)

    def rule(self, schema: str, path: Path) -> Rule:
        """The rule of the keyword at ``path`` of a schema. Raises LookupError if there is no keyword with evidence."""
        rule = self._rules.get((schema, path))
        if rule is None:
            rule = self._rules[schema, path] = _build_rule(self, schema, path)
        return rule

    def rule_by_id(self, id_: str) -> Rule:
        """The rule with an id: ``models/grok#/properties/prompt/maxLength``. Raises LookupError if there is none."""
        schema, _, pointer = id_.partition("#")
        return self.rule(schema, from_pointer(pointer))

    def assume_default(self, operation: Operation, rule: Rule) -> Rule:
        """A rule as it counts for an input that names no model.

        A rule of the default model names it so. It is no stronger than the claim on the default is.
        """
        model = operation.served_default_model
        if model is None or rule.schema != model.schema:
            return rule
        claim = self.claims[operation.data["default_model"]["claim"]]
        rule = replace(rule, title=f"the default model {rule.title}")
        return rule if claim.severity == "error" else replace(rule, severity=claim.severity, evidence=claim.evidence)

    def rules(self, schema: str) -> Iterator[Rule]:
        """The rules of one schema, in the order of its file."""
        for place, node in iter_nodes(self.schemas[schema]):
            yield from (self.rule(schema, (*place, word)) for word in node.get("x-evidence", ()))


def _build_rule(catalog: Catalog, schema: str, path: Path) -> Rule:
    whole, keyword = catalog.schemas[schema], str(path[-1]) if path else ""
    node = follow(whole, path[:-1])
    if not isinstance(node, dict) or keyword not in node.get("x-evidence", {}):
        raise LookupError(f"{schema}#{to_pointer(path)}")
    claim = catalog.claims[node["x-evidence"][keyword]]
    field, conditions = trace_path(whole, path)
    return Rule(
        id=f"{schema}#{to_pointer(path)}",
        title=whole["title"],
        field=field,
        keyword=keyword,
        node=node,
        condition=" and ".join(describe_condition(node, parent) for parent, node in conditions),
        condition_fields=tuple(name for parent, node in conditions for name in list_condition_fields(node, parent)),
        claim=claim,
        evidence=claim.evidence,
        severity=_find_severity(schema, keyword, node, claim),
    )


def _find_severity(schema: str, keyword: str, node: Mapping[str, Any], claim: Claim) -> Severity:
    """The severity of a violation: the schema's own, else that of the claim.

    In a reply the examples of the pages document keys and their types; a value of them is no rule, and no form either.
    """
    own_severity: Severity | None = node.get("x-severity", {}).get(keyword)
    is_reply = (schema.startswith("envelope/") and schema != "envelope/create") or schema.endswith("/output")
    is_value_of_example = is_reply and claim.strength == "example" and keyword not in ("type", "required")
    is_mild = keyword in node.get("x-normalise", ()) or is_value_of_example
    return own_severity or ("warning" if is_mild else claim.severity)
