"""The one socket of the embedded AWS, opened before MiniStack is imported because MiniStack must know its port."""

import socket


def listen(port: int) -> socket.socket:
    """Return a listening socket on 127.0.0.1; port 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise SystemExit(f"Port {port} of 127.0.0.1 cannot be used: {error.strerror}. Name another or 0.") from None
    listener.listen(128)
    return listener
