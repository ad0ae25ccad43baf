"""API keys that are no good key but nearly one, and calls that have none (floor 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_PREFIX_PARTS = 2
_LEAST_SECRET = 6
"""How many letters after its prefix a key has at least: shorter ones are no secrets, but words of a test."""

CALLS_WITHOUT_KEY: Mapping[str, Mapping[str, str]] = {
    "without an API key": {},
    "with an empty x-api-key": {"x-api-key": ""},
    "with x-api-key: not a key": {"x-api-key": "not a key"},
    "with an empty bearer token": {"authorization": "Bearer"},
    "with the bearer token not-a-key": {"authorization": "Bearer not-a-key"},
}
"""The headers of calls that no service can take for one with a key, by the words that describe them in a sentence."""


def list_near_keys(key: str) -> dict[str, str]:
    """List keys that are nearly a key, by the words that describe them. The words give nothing of the key away."""
    prefix = find_prefix(key)
    secret = key.removeprefix(prefix)
    middle = len(prefix) + len(secret) // 2
    candidates = {
        "with the last letter of the API key changed": key[:-1] + _change(key[-1:]),
        "with a letter in the middle of the API key changed": key[:middle]
        + _change(key[middle : middle + 1])
        + key[middle + 1 :],
        "with the API key without its last letter": key[:-1],
        "with the API key and one more letter": key + "Q",
        "with the API key in the other case": prefix + secret.swapcase(),
        "with the prefix of the API key alone": prefix,
        "with other letters after the prefix of the API key": prefix + "".join(map(_change, secret)),
    }
    # Of a very short key some are the same, and the last letter may be the prefix's own.
    return {words: near_key for words, near_key in candidates.items() if near_key not in ("", key)}


def list_keys_to_redact(key: str) -> Iterator[str]:
    """List the near keys from which a reader could guess a key, so that they are redacted as the key itself."""
    prefix = find_prefix(key)
    if len(key) - len(prefix) >= _LEAST_SECRET:
        yield from (each for each in list_near_keys(key).values() if each != prefix)


def list_other_forms(key: str) -> dict[str, dict[str, str]]:
    """List headers that have a key in a form that no page names, by the words that describe them."""
    return {
        "with the API key in Authorization, without Bearer": {"authorization": key},
        "with the API key in Authorization, after Token": {"authorization": f"Token {key}"},
        "with the API key in x-api-key, after Bearer": {"x-api-key": f"Bearer {key}"},
        "with the API key in the header api-key": {"api-key": key},
    }


def find_prefix(key: str) -> str:
    """Find the public start of a key, such as ``cs_live_``; empty where it has none."""
    parts = key.split("_", _PREFIX_PARTS)
    return "_".join(parts[:_PREFIX_PARTS]) + "_" if len(parts) > _PREFIX_PARTS else ""


def _change(letter: str) -> str:
    return "R" if letter == "Q" else "Q"
