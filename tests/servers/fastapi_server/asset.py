"""Assets: the files that tasks end with, behind signed addresses."""

import hashlib
import hmac
import itertools
import secrets
from dataclasses import dataclass

from .clock import Clock
from .pictures import Pixels, jpeg_of
from .refusal import Refusal
from .samples import SAMPLES

LIFETIME_SECONDS = 7 * 86_400
MEDIA_TYPES = {"jpg": "image/jpeg", "mp4": "video/mp4", "mp3": "audio/mpeg", "glb": "model/gltf-binary"}


@dataclass(frozen=True)
class Asset:
    """A file: its name in the storage, and its size if it is a picture."""

    name: str
    pixels: Pixels

    @property
    def extension(self) -> str:
        """Give the end of the name."""
        return self.name.rpartition(".")[2]

    @property
    def media_type(self) -> str:
        """Give the type of the content."""
        return MEDIA_TYPES[self.extension]

    def content(self) -> bytes:
        """Give the bytes."""
        return jpeg_of(self.pixels) if self.extension == "jpg" else SAMPLES[self.extension]


class Vault:
    """Keeps the assets and signs their addresses; no two signatures are alike."""

    def __init__(self, base: str, clock: Clock) -> None:
        self._base = base
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._assets: dict[str, Asset] = {}
        self._numbers = itertools.count(1)

    def keep(self, extension: str, pixels: Pixels) -> Asset:
        """Keep a new asset."""
        asset = Asset(f"{secrets.token_hex(12)}.{extension}", pixels)
        self._assets[asset.name] = asset
        return asset

    def address(self, asset: Asset) -> str:
        """Give an address under which anybody can fetch the asset."""
        expires = int(self._clock.now()) + LIFETIME_SECONDS
        nonce = f"{next(self._numbers):x}"
        sig = f"{nonce}-{self._sign(asset.name, nonce, expires)}"
        return f"{self._base}/assets/{asset.name}?sig={sig}&expires={expires}"

    def storage_address(self, asset: Asset, sig: str, expires: str) -> str:
        """Give the address of the storage, under the same signature."""
        return f"{self._base}/storage/{asset.name}?sig={sig}&expires={expires}"

    def find(self, name: str, sig: str, expires: str) -> Asset:
        """Find the asset that an address means, or refuse."""
        nonce, _, mark = sig.partition("-")
        if not hmac.compare_digest(mark.encode(), self._sign(name, nonce, expires).encode()):
            raise Refusal(403, "Signature is not valid")
        if int(expires) < self._clock.now():
            raise Refusal(403, "Signature has expired")
        return self._assets[name]

    def _sign(self, name: str, nonce: str, expires: int | str) -> str:
        text = f"{name}\n{nonce}\n{expires}"
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[:32]
