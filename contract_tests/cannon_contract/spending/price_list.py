"""What creates cost, as far as somebody knows: the vendor publishes no prices (floor 5)."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from cannon_contract.client.amounts import to_credits
from cannon_contract.client.api import OPERATION
from cannon_spec import Catalog, document, validate_request
from cannon_spec.contract import wording
from cannon_spec.errors import NotJSON

FORM = '{"prices": [{"model": "…", "resolution": "…", "credits": 28}]}'
_FIELDS = ("operation", "model", "resolution")
Key = tuple[str, str | None, str | None]
_PLACES = ("/operation", "/input/model", "/input/resolution")


class BadPriceList(Exception):
    """A price file cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Price:
    """What creates of an operation cost that have this model and resolution.

    An empty text fits any; None fits a create that leaves it out.
    """

    credits: float
    operation: str = OPERATION
    model: str | None = ""
    resolution: str | None = ""

    @property
    def key(self) -> Key:
        """What it is the price of."""
        return self.operation, self.model, self.resolution

    def may_fit(self, said: Mapping[str, str | None]) -> bool:
        """Whether a create that says this could be one of those: what it leaves out may be any."""
        return all(value is None or getattr(self, name) in ("", value) for name, value in said.items())


@dataclass(frozen=True, slots=True)
class PriceList:
    """Known prices; ``assumed`` is what to reckon with where none is known, None for not at all.

    ``words`` are those that the contract has for operation, model and resolution; one that it has not may be taken for
    any. Without them every word is one. ``usual`` is the model that the contract assumes for a create without one.
    """

    known: tuple[Price, ...] = ()
    assumed: float | None = None
    words: Mapping[str, Container[str]] = field(default_factory=dict)
    usual: str = ""

    def estimate(self, body: Any) -> float | None:
        """The dearest known price that a create may have, else the assumed one; None where there is none either.

        Where a price of creates that leave a field out is known, prices of those that have it do not count for such a
        create. The price of one without a model is not known where that of its usual model is not.
        """
        said, left_out = self._said(body)
        fitting = [price for price in self.known if price.may_fit(said) and not self._is_known_better(price, left_out)]
        dearest = max((price.credits for price in fitting), default=None)
        if "model" in left_out and not any(price.model in (None, "", self.usual) for price in fitting):
            return self.assumed if dearest is None or self.assumed is None else max(dearest, self.assumed)
        return self.assumed if dearest is None else dearest

    def describe_body(self, body: Any) -> str:
        """Name the fields of a body that its price goes by, to be read after a sentence; empty for none."""
        input = body.get("input") if isinstance(body, dict) else None
        fields = input if isinstance(input, dict) else {}
        names = [f"{name} {wording.show_value(fields[name])}" for name in ("model", "resolution") if name in fields]
        return f" ({', '.join(names)})" if names else ""

    def _is_known_better(self, price: Price, left_out: Container[str]) -> bool:
        """Whether it is known what creates cost that are as those of a price, but leave a field out that it has."""
        keys = []
        if price.model and "model" in left_out:
            keys.append(replace(price, model=None).key)
        if price.resolution and "resolution" in left_out:
            keys.append(replace(price, resolution=None).key)
        return any(other.key in keys for other in self.known)

    def with_charges(self, charged: Iterable[tuple[Any, float]]) -> PriceList:
        """These prices after bodies were charged: for what was charged the dearest of this run, the rest as it was.

        A body with a word that the contract does not have says nothing of the price of others.
        """
        seen: dict[Key, float] = {}
        for body, credits in charged:
            said, left_out = self._said(body)
            if said["operation"] and all(value is not None or name in left_out for name, value in said.items()):
                key = (said["operation"], said["model"], said["resolution"])
                seen[key] = max(credits, seen.get(key, 0))
        kept = tuple(price for price in self.known if price.key not in seen)
        return replace(self, known=(*kept, *(Price(credits, *key) for key, credits in seen.items())))

    def to_json(self) -> str:
        """The text of a price file."""
        kept = [asdict(price).items() for price in self.known]
        entries = [{name: value for name, value in each if value != "" or name == "operation"} for each in kept]
        return (
            json.dumps({"prices": [{**each, "credits": _plain(each["credits"])} for each in entries]}, indent=2) + "\n"
        )

    def _said(self, body: Any) -> tuple[dict[str, str | None], set[str]]:
        """What a create says of what prices go by, None for what could be any; and what of it is left out."""
        body = body if isinstance(body, dict) else {}
        input = body.get("input") if isinstance(body.get("input"), dict) else {}
        found = {"operation": body.get("operation")}
        found |= {name: input[name] for name in ("model", "resolution") if name in input}
        said = {name: value if self._is_word(name, value) else None for name, value in found.items()}
        return {name: said.get(name) for name in _FIELDS}, {*_FIELDS} - found.keys()

    def _is_word(self, name: str, value: Any) -> bool:
        return isinstance(value, str) and (name not in self.words or value in self.words[name])


def _plain(credits: float) -> float:
    """A number as people write it: 31, not 31.0."""
    return int(credits) if credits == int(credits) else credits


def read_prices(path: str | None, assumed: float | None, catalog: Catalog) -> PriceList:
    """The prices of a file, none without a path. Raises BadPriceList for a file that cannot be used."""
    if path is None:
        return PriceList((), assumed, _words(catalog), _usual(catalog))
    try:
        data = document.loads(Path(path).read_bytes())
    except OSError as error:
        raise BadPriceList(f"{path}: {error.strerror}; check the path") from None
    except NotJSON as error:
        raise BadPriceList(f"{path}: {error}") from None
    entries = data.get("prices") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        raise BadPriceList(f"{path}: no list of prices; it has the form {FORM}")
    for number, entry in enumerate(entries, 1):
        wrong = _wrong(entry, catalog)
        if wrong:
            raise BadPriceList(f"{path}: price {number} of {len(entries)}: {wrong}")
    return PriceList(tuple(Price(**entry) for entry in entries), assumed, _words(catalog), _usual(catalog))


def _wrong(entry: Any, catalog: Catalog) -> str:
    """What is wrong with an entry of a price file; empty for nothing."""
    if not isinstance(entry, dict):
        return f"not an object; it has the form {FORM}"
    unknown = sorted(entry.keys() - {"credits", *_FIELDS})
    if unknown:
        return f"{unknown[0]} is not known; known are {', '.join((*_FIELDS, 'credits'))}"
    if to_credits(entry.get("credits")) is None:
        return "credits is to be a number, 0 or more"
    named = {name: entry[name] for name in _FIELDS if name in entry}
    odd = [name for name, value in named.items() if not isinstance(value, str) and (value or name == "operation")]
    return f"{odd[0]} is to be a text, or null where it is left out" if odd else _no_such(named, catalog)


def _no_such(named: Mapping[str, str | None], catalog: Catalog) -> str:
    """What the contract has against the names of an entry; empty for nothing, or where it does not judge them."""
    said = {name: value for name, value in named.items() if value}
    input = {"prompt": "x" * 40, "aspect_ratio": "16:9", **{name: said[name] for name in said.keys() - {"operation"}}}
    body = {"operation": said.get("operation", OPERATION), "input": input}
    for finding in validate_request(body, catalog=catalog).errors:
        if finding.rule != "operation-not-covered" and finding.path in _PLACES:
            return "; ".join(filter(None, (finding.message, finding.hint)))
    return ""


def _usual(catalog: Catalog) -> str:
    return str(catalog.operations[OPERATION].data["default_model"]["id"])


def _words(catalog: Catalog) -> dict[str, frozenset[str]]:
    """The words of the contract that prices go by."""
    listed = {
        word
        for schema in catalog.schemas
        for rule in catalog.rules(schema)
        if (rule.field, rule.keyword) == ("resolution", "enum")
        for word in rule.value
    }
    return {
        "operation": frozenset(catalog.operations),
        "model": frozenset(catalog.models),
        "resolution": frozenset({*listed, *catalog.media["image"]["computed"]["side"]}),
    }
