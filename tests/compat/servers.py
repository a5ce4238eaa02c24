"""Servers that tests start for themselves, on a free port of 127.0.0.1, and end again."""
import atexit
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers"))
import ceph  # pylint: disable=wrong-import-position

REST_SERVER = (os.environ.get("SNAPFS_TEST_REST_SERVER") or shutil.which("restic-rest-server")
               or shutil.which("rest-server"))
RCLONE = os.environ.get("SNAPFS_TEST_RCLONE") or shutil.which("rclone")
S3_SERVER = os.environ.get("SNAPFS_TEST_S3_SERVER")  # tests/support/serve_s3.cc
# As `htpasswd -nbs me secret` prints it.
HTPASSWD = "me:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"
PR_SET_PDEATHSIG = 1


def end_with_parent():
    """Called in the new process: the system ends it when the test is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """A program that prints the address at which it serves."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=end_with_parent)
        printed = b""
        self.port = None
        for line in self.process.stdout:
            printed += line
            found = re.search(rb"127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        if self.port is None:
            raise RuntimeError(f"{command[0]} did not start: {printed!r}")
        self.drain = threading.Thread(target=self.process.stdout.read, daemon=True)
        self.drain.start()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.drain.join()
        self.process.stdout.close()


def make_ceph():
    """Ceph's object gateway and what it needs, for the caller to stop; skips what calls it where that
    is not installed."""
    missing = ceph.missing_programs()
    if missing:
        raise unittest.SkipTest(f"Ceph is not installed: {' '.join(missing)} missing (Debian: "
                                "ceph-mon ceph-osd radosgw ceph-common)")
    directory = tempfile.mkdtemp(prefix="snapfs-ceph-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return ceph.CephCluster(os.path.join(directory, "cluster"))


def start_ceph(test):
    """The same for one test, at the end of which it is stopped."""
    cluster = make_ceph()
    test.addCleanup(cluster.stop)
    return cluster


class Store(Server):
    """An object store in memory, for what needs no real one."""
    user = ("AKIDEXAMPLE", "secret/of+the=store")

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"


def start_store(test, bucket):
    if S3_SERVER is None:
        test.skipTest("SNAPFS_TEST_S3_SERVER does not name serve_s3")
    store = Store([S3_SERVER, bucket], test.environment)
    test.addCleanup(store.kill)
    return store


def start_rest_server(test, directory, *options, port=0):
    """restic's rest-server over the directory; skips the test when it is not installed."""
    if REST_SERVER is None:
        test.skipTest("rest-server is not installed")
    server = Server([REST_SERVER, "--path", directory, "--listen", f"127.0.0.1:{port}", *options],
                    test.environment)
    test.addCleanup(server.kill)
    return server
