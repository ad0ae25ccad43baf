"""Documents as the tests of formats read them."""

from __future__ import annotations

from io import BytesIO

from cannon_spec.reading.documents import Document
from cannon_spec.reading.formats import ReadContext, find_reader, read_documents
from tests.support.payloads import CATALOG


def read(data: bytes | str, name: str, operation: str | None = None, choice: str = "auto") -> list[Document]:
    """The documents of a file of this name."""
    stream = BytesIO(data if isinstance(data, bytes) else data.encode())
    return list(read_documents(stream, find_reader(name, choice, ReadContext(CATALOG, operation))))
