"""A server that speaks restic's REST protocol over a directory, and remembers what it was asked: for
tests of what is asked. It listens on a port of its own choice of this machine, in threads of the test.
"""
import http.server
import json
import os
import re
import sys
import tempfile
import threading

V2 = "application/vnd.x.restic.rest.v2"


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        # Clients are killed.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class RecordingServer:
    """`directory` is that of a repository, or becomes one."""

    is_closed = False
    _held = None  # kind, (somebody waits, nobody need wait)

    def __init__(self, directory):
        self.directory = directory
        self._lock = threading.Lock()
        self._loads = []
        self._server = Server(("127.0.0.1", 0), handler_of(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"rest:http://127.0.0.1:{self._server.server_address[1]}/"

    def close(self):
        """Connections that are open are of no more use, either."""
        self.is_closed = True
        self._server.shutdown()
        self._server.server_close()

    def note(self, kind, name, length):
        with self._lock:
            self._loads.append((kind, name, length))

    def forget(self):
        with self._lock:
            self._loads.clear()

    def loads(self, *kinds):
        """What was loaded since forget(): (kind, name, bytes), of these kinds."""
        with self._lock:
            return [load for load in self._loads if load[0] in kinds]

    def hold(self, kind):
        """Whoever saves a file of this kind waits. The first of the two events tells of it, the second one ends it."""
        events = threading.Event(), threading.Event()
        self._held = kind, events
        return events

    def wait_if_held(self, kind):
        if self._held and self._held[0] == kind:
            waits, go_on = self._held[1]
            waits.set()
            go_on.wait()

    def save(self, path, content):
        """Nobody sees a part of it."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        fd, unfinished = tempfile.mkstemp(dir=self.directory)
        with open(fd, "wb") as file:
            file.write(content)
        os.rename(unfinished, path)

    def path(self, kind, name=None):
        if kind == "config":
            return os.path.join(self.directory, "config")
        folder = os.path.join(self.directory, kind)
        if name is None:
            return folder
        return os.path.join(folder, name[:2], name) if kind == "data" else os.path.join(folder, name)


def file_size(path):
    """None when it is not there, or no more."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return None


def handler_of(server):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def parse_request(self):
            if server.is_closed:
                self.close_connection = True
                return False
            return super().parse_request()

        def log_message(self, *_):
            pass

        def answer(self, status, body=b"", content_type="application/octet-stream", part=None):
            self.send_response(status)
            if part:
                self.send_header("Content-Range", part)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def place(self):
            """(kind, name) of the path; the name of a listing is empty."""
            parts = self.path.split("?")[0].strip("/").split("/")
            return parts[0], parts[1] if len(parts) > 1 else ("" if parts[0] != "config" else "config")

        def do_HEAD(self):
            size = file_size(server.path(*self.place()))
            if size is None:
                return self.answer(404)
            self.send_response(200)
            self.send_header("Content-Length", str(size))
            return self.end_headers()

        def do_GET(self):
            kind, name = self.place()
            if not name:
                return self.list(kind)
            try:
                with open(server.path(kind, name), "rb") as file:
                    content = file.read()
            except FileNotFoundError:
                return self.answer(404)
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            part = None
            if asked:
                begin, whole = int(asked[1]), len(content)
                content = content[begin:int(asked[2]) + 1 if asked[2] else whole]
                part = f"bytes {begin}-{begin + len(content) - 1}/{whole}"
            server.note(kind, name, len(content))
            return self.answer(206 if part else 200, content, part=part)

        def list(self, kind):
            found = [(name, file_size(os.path.join(folder, name)))
                     for folder, _, names in os.walk(server.path(kind)) for name in names]
            return self.answer(200, json.dumps(
                [{"name": name, "size": size} for name, size in found if size is not None]).encode(), V2)

        def body(self):
            """All of it: of who was killed while he sent it, nothing is kept."""
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.receive(int(self.headers.get("Content-Length", 0)))
            body = b""
            while length := int(self.rfile.readline() or self.receive(1), 16):
                body += self.receive(length)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def receive(self, length):
            received = self.rfile.read(length)
            if len(received) < length:
                raise ConnectionError("the client is gone")
            return received

        def do_POST(self):
            body = self.body()
            if "create=true" in self.path:
                for kind in ("data", "index", "keys", "locks", "snapshots"):
                    os.makedirs(server.path(kind), exist_ok=True)
                return self.answer(200)
            kind, name = self.place()
            server.wait_if_held(kind)
            server.save(server.path(kind, name), body)
            return self.answer(200)

        def do_DELETE(self):
            try:
                os.unlink(server.path(*self.place()))
            except FileNotFoundError:
                return self.answer(404)
            return self.answer(200)

    return Handler
