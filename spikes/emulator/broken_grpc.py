"""How a native gRPC connection breaks on purpose. grpc keeps its sockets to itself, so the one of a peer is looked up.

Closing it ends every call that the peer makes on this connection at that moment, as a broken connection does.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator

_OPEN_FILES = "/dev/fd"
_INTERNET = (socket.AF_INET, socket.AF_INET6)


def drop(peer: str) -> None:
    """Close the connection from `peer` ("ipv4:127.0.0.1:40000"). Nothing to do if the peer is gone already."""
    port = int(peer.rpartition(":")[2])
    for name in os.listdir(_OPEN_FILES):
        with _socket(int(name)) as found:
            if found is not None and found.family in _INTERNET and _remote_port(found) == port:
                found.shutdown(socket.SHUT_RDWR)
                return


@contextlib.contextmanager
def _socket(descriptor: int) -> Iterator[socket.socket | None]:
    """An open file as a socket of its own, if it is one."""
    try:
        is_socket = stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        is_socket = False  # closed meanwhile
    if not is_socket:
        yield None
        return
    with socket.socket(fileno=os.dup(descriptor)) as found:
        yield found


def _remote_port(found: socket.socket) -> int | None:
    try:
        port: int = found.getpeername()[1]
    except OSError:
        return None  # it listens, or is not connected any more
    return port
