"""Price files: the prices that the user or an earlier run wrote, and how old they are (floor 1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from cannon_spec import inputs
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import BadPriceFile, NotJSON
from cannon_spec.pricing.known_price import KnownPrice
from cannon_spec.pricing.price_entry import FORM, TIME, build_known_price, find_problem
from cannon_spec.printable import escape_unprintable
from cannon_spec.system_errors import explain_os_error

_LONGEST_AGE = timedelta(days=30)


def read_price_file(path: str, catalog: Catalog) -> tuple[KnownPrice, ...]:
    """Read the prices of a file, in its order.

    Raises BadPriceFile for a file that cannot be used; the error names the bad entry.
    """
    try:
        return parse_prices(inputs.read_file(path), path, catalog)
    except OSError as error:
        raise BadPriceFile(f"{path}: {explain_os_error(error)}") from None
    except NotJSON as error:
        raise BadPriceFile(f"{path}: {error}") from None


def parse_prices(value: Any, path: str, catalog: Catalog) -> tuple[KnownPrice, ...]:
    """The prices of a file by its value, as ``read_price_file`` returns them. Raises BadPriceFile."""
    entries = _list_entries(value, path)
    for number, entry in enumerate(entries, 1):
        problem = find_problem(entry, catalog)
        if problem:
            raise BadPriceFile(f"{path}: price {number} of {len(entries)}: {problem}")
    return tuple(map(build_known_price, entries))


def describe_age(path: str, prices: Iterable[KnownPrice], now: datetime) -> list[str]:
    """Warn of prices of a file that are older than 30 days, and of those without a date; one line for each kind."""
    times, name = [price.written_at for price in prices], escape_unprintable(path)
    old_times = [time for time in times if time is not None and now - time > _LONGEST_AGE]
    lines = []
    if old_times:
        oldest = min(old_times).date()
        lines.append(
            f"warning: {name}: prices older than {_LONGEST_AGE.days} days: {len(old_times)} of {len(times)} "
            f"(the oldest is of {oldest}); the service may charge more by now"
        )
    if None in times:
        count = f"{times.count(None)} of {len(times)}"
        lines.append(f"{name}: prices without a date ({TIME}): {count}; how old they are is unknown")
    return lines


def _list_entries(data: Any, path: str) -> list[Any]:
    entries = data.get("prices") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        raise BadPriceFile(f"{path}: no list of prices; it has the form {FORM}")
    # The time of the file is that of each entry without its own.
    return [{TIME: data.get(TIME), **entry} if isinstance(entry, dict) else entry for entry in entries]
