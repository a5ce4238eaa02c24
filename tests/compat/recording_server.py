"""A server that speaks restic's REST protocol over a directory, and remembers what it was asked: for
tests of what is asked. It listens on a port of its own choice of this machine, in threads of the test.
"""
import http.server
import json
import os
import re
import sys
import threading

V2 = "application/vnd.x.restic.rest.v2"


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        # Clients are killed.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class RecordingServer:
    """`directory` is that of a repository, or becomes one."""

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

    def path(self, kind, name=None):
        if kind == "config":
            return os.path.join(self.directory, "config")
        folder = os.path.join(self.directory, kind)
        if name is None:
            return folder
        return os.path.join(folder, name[:2], name) if kind == "data" else os.path.join(folder, name)


def handler_of(server):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

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
            path = server.path(*self.place())
            if not os.path.isfile(path):
                return self.answer(404)
            self.send_response(200)
            self.send_header("Content-Length", str(os.path.getsize(path)))
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
            found = [(name, os.path.getsize(os.path.join(folder, name)))
                     for folder, _, names in os.walk(server.path(kind)) for name in names]
            return self.answer(200, json.dumps(
                [{"name": name, "size": size} for name, size in found]).encode(), V2)

        def body(self):
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while length := int(self.rfile.readline(), 16):
                body += self.rfile.read(length)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def do_POST(self):
            body = self.body()
            if "create=true" in self.path:
                for kind in ("data", "index", "keys", "locks", "snapshots"):
                    os.makedirs(server.path(kind), exist_ok=True)
                return self.answer(200)
            path = server.path(*self.place())
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(body)
            return self.answer(200)

        def do_DELETE(self):
            try:
                os.unlink(server.path(*self.place()))
            except FileNotFoundError:
                return self.answer(404)
            return self.answer(200)

    return Handler
