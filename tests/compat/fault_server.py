"""A REST server over a directory that fails as a test wants, and can be taken away and brought back."""
import contextlib
import http.server
import socket
import threading

import recording_server

HANG = "hang"    # the request is left unanswered, and its body unread
RESET = "reset"  # so is the connection, which ends


class Connections(http.server.ThreadingHTTPServer):
    """Knows them all, so that a server that goes away takes them along."""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address, handler):
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.connections = []
        super().__init__(address, handler)

    def get_request(self):
        request, address = super().get_request()
        self.connections.append(request)
        return request, address

    def shutdown_request(self, request):
        with contextlib.suppress(ValueError):
            self.connections.remove(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        pass  # a client that went away

    def end(self):
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class FaultServer(recording_server.RecordingServer):
    """`rule` is asked before each request, given its method and path: None for what is right, a status,
    HANG or RESET. It may be changed at any time.
    """

    def __init__(self, directory, host="127.0.0.1"):
        # pylint: disable=super-init-not-called
        self.directory = directory
        self.host = host
        self.port = 0
        self.rule = lambda method, path: None
        self.met = threading.Event()  # a rule said something
        self.seen = []                # (method, path, headers)
        self._lock = threading.Lock()
        self._loads = []
        self._released = threading.Event()
        self._server = None
        self.start()

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"rest:http://{host}:{self.port}/"

    def start(self):
        self._server = Connections((self.host, self.port), faulty_handler_of(self))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        """Nobody listens there until start()."""
        self._server.end()

    def close(self):
        self._released.set()
        self._server.end()

    def hang(self):
        self._released.wait()


def faulty_handler_of(server):
    class Handler(recording_server.handler_of(server)):
        def place(self):
            # A proxy is asked for whole URLs.
            path, self.path = self.path, "/" + self.path.partition("://")[2].partition("/")[2] \
                if "://" in self.path else self.path
            try:
                return super().place()
            finally:
                self.path = path

        def handle_one_request(self):
            try:
                super().handle_one_request()
            except (ConnectionError, ValueError):
                self.close_connection = True

        def parse_request(self):
            if not super().parse_request():
                return False
            with server._lock:  # pylint: disable=protected-access
                server.seen.append((self.command, self.path, dict(self.headers)))
            fault = server.rule(self.command, self.path)
            if fault is None:
                return True
            server.met.set()
            self.close_connection = True
            if fault == HANG:
                server.hang()
            elif fault != RESET:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.answer(fault)
            return False

    return Handler
