"""Check the host and the port before a server starts."""

from __future__ import annotations

import socket


def check_address(host: str, port: int) -> None:
    """Raise ValueError, with what to do, if a server cannot listen on this address."""
    if not 1 <= port <= 65535:
        raise ValueError(f"--port {port} is no port; choose one from 1 to 65535")
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ValueError(
            f"--host {host} is not known here; 127.0.0.1 serves this machine, 0.0.0.0 a network"
        ) from None
    family, kind, protocol, _, address = addresses[0]
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as error:
            raise ValueError(
                f"cannot listen on {host}, port {port}: {error.strerror}; choose another with "
                "--host or --port, or stop what listens there"
            ) from None


def is_loopback(host: str) -> bool:
    """Return whether an address can be reached from this machine only."""
    return host in ("localhost", "::1") or host.startswith("127.")
