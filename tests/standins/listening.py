"""A port of this machine, and whoever answers there, from one moment to another.

`serve_forever` looks every so often whether it is to end; a test would wait for that look, as often as it has a server.
"""

import socket
import threading
from http.server import ThreadingHTTPServer


class Port:
    """Requests that come to it are given to `handler`, a class of `http.server`; each connection has its own thread.

    Attributes:
        number: which port.
    """

    def __init__(self, handler):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.number = self._server.server_port
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._server.socket.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def _accept(self):
        while True:
            try:
                request, address = self._server.get_request()
            except OSError:
                return
            self._server.process_request(request, address)
