"""The start of the server."""

import logging
import signal
import socket

import uvicorn

from .application import build_application
from .settings import read_settings


def main() -> None:
    """Serve until a signal ends it."""
    logging.basicConfig(level=logging.WARNING)
    settings = read_settings()
    with socket.create_server(("127.0.0.1", settings.port), backlog=2048) as listener:
        # Connections inherit it; asyncio would set it only on sockets that name their protocol.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        own_base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            build_application(settings, own_base),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        _end_quietly()
        print(f"listening on {own_base}", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


def _end_quietly() -> None:
    # uvicorn stops on a signal, then raises it again for whoever handled it before: nobody is to die of it.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: None)


if __name__ == "__main__":
    main()
