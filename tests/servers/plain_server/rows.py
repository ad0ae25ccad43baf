"""What a row of the table of operations is made of."""

from dataclasses import dataclass, field
from enum import Enum, auto


@dataclass(frozen=True)
class Field:
    """One field of an input."""

    kind: str
    required: bool = False
    values: tuple[object, ...] = ()


class Fact(Enum):
    """A value of an output that the task itself tells."""

    TASK_ID = auto()
    STATUS = auto()
    PRICE = auto()
    MODEL = auto()
    DOWNSTREAM_MODEL = auto()
    PROVIDER = auto()
    ASPECT_RATIO = auto()
    ENHANCED_PROMPT = auto()
    OPERATION = auto()


@dataclass(frozen=True)
class Asset:
    """A value of an output that is the address of a file."""

    name: str
    folder: str = "assets"


@dataclass(frozen=True)
class Echo:
    """A value of an output that repeats an input field."""

    name: str
    default: str = ""


@dataclass(frozen=True)
class Rate:
    """What an operation costs if it is no picture."""

    base: int = 1
    per_second: float = 0
    seconds_field: str = ""
    default_seconds: float = 0


@dataclass(frozen=True)
class Operation:
    """One row of the table."""

    name: str
    prefix: str
    fields: dict[str, Field]
    output: dict[str, object]
    result_key: str
    work_ms: int
    provider: str = "cannon"
    models: tuple[str, ...] = ()
    default_model: str = ""
    is_picture: bool = False
    rate: Rate = field(default_factory=Rate)

    @property
    def files(self) -> set[tuple[str, str]]:
        """The folders and names of the files that the output names."""
        values = [item for value in self.output.values() for item in (value if isinstance(value, list) else [value])]
        return {(value.folder, value.name) for value in values if isinstance(value, Asset)}
