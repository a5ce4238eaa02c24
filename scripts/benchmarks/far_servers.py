"""The servers at the far end of the link. Each holds repositories by name, which are put there as
copies of directories and not over the link."""
import contextlib
import ctypes
import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

from benchmarks.everyday import wait_until
from benchmarks.far_link import FAR_ADDRESS
from benchmarks.session import ROOT

CEPH = os.path.join(ROOT, "tests", "servers", "ceph.py")
sys.path.insert(0, os.path.dirname(CEPH))
import ceph  # pylint: disable=wrong-import-position

UPLOAD = os.path.join(os.path.dirname(os.path.realpath(__file__)), "s3_upload.py")
PR_SET_PDEATHSIG = 1
PORT = 8000


def end_with_parent():
    """Called in the new process: the system ends it when the benchmark is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def running(command, log, ready, environment=None):
    """The command, once its log matches the pattern `ready`: the match. Of a Ctrl-C it hears from
    us alone, when it is needed no more."""
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output, env=environment, start_new_session=True,
                                   preexec_fn=end_with_parent)
    try:
        def found():
            with open(log, encoding="utf-8", errors="replace") as text:
                return re.search(ready, text.read())
        wait_until(found, process)
        yield found()
    finally:
        process.terminate()
        process.wait()


class RestServer:
    """restic's own, or rclone, which speaks the same protocol."""

    def __init__(self, directory):
        self.name = "REST"
        self.directory = directory
        self.numbers = itertools.count()

    def url(self, name):
        return f"rest:http://{FAR_ADDRESS}:{PORT}/{name}/"

    def put(self, template):
        """A copy of that directory: the name of the repository."""
        name = f"repository-{next(self.numbers)}"
        shutil.copytree(template, os.path.join(self.directory, name))
        return name

    def remove(self, name):
        shutil.rmtree(os.path.join(self.directory, name))


@contextlib.contextmanager
def rest_server(session, link, program):
    """`program` is rest-server or rclone; found among what is installed when it is None."""
    found = (program or shutil.which("restic-rest-server") or shutil.which("rest-server")
             or shutil.which("rclone"))
    if found is None:
        print("REST is left out: neither rest-server nor rclone is installed", file=sys.stderr)
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="rest-", dir=session.work) as directory:
        address = f"{FAR_ADDRESS}:{PORT}"
        served = os.path.join(directory, "served")
        os.mkdir(served)
        options = (["serve", "restic", "--addr", address, served]
                   if os.path.basename(found).startswith("rclone")
                   else ["--no-auth", "--path", served, "--listen", address])
        with running([*link.far, found, *options], os.path.join(directory, "log"),
                     re.escape(address)):
            yield RestServer(served)


class S3Server:
    """Ceph's gateway over a cluster in memory. Nothing is removed: the whole of it goes."""

    def __init__(self, session, link, endpoint):
        self.name = "S3"
        self.session = session
        self.link = link
        self.endpoint = endpoint
        self.numbers = itertools.count()

    def url(self, name):
        return f"s3:{self.endpoint}/bench/{name}"

    def put(self, template):
        name = f"repository-{next(self.numbers)}"
        subprocess.run([*self.link.far, sys.executable, UPLOAD, self.endpoint, "bench", name, template],
                       env=self.session.environment, check=True)
        return name

    def remove(self, name):
        """The store keeps what is removed for hours anyway."""


@contextlib.contextmanager
def s3_server(session, link):
    """None where Ceph is not installed; where it is, it has to start."""
    missing = ceph.missing_programs()
    if missing:
        print(f"S3 is left out: not installed: {' '.join(missing)}", file=sys.stderr)
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="ceph-", dir=session.work) as directory:
        command = [*link.far, sys.executable, CEPH, os.path.join(directory, "cluster"), FAR_ADDRESS]
        with contextlib.ExitStack() as stack:
            try:
                found = stack.enter_context(
                    running(command, os.path.join(directory, "log"),
                            r"export (AWS_ACCESS.*)\nexport SNAPFS_REPOSITORY=s3:(http:.*)/"))
            except SystemExit:  # the log goes with its directory
                with open(os.path.join(directory, "log"), encoding="utf-8", errors="replace") as log:
                    raise SystemExit(f"Ceph's gateway did not start: {log.read().strip()}") from None
            session.environment.update(word.split("=", 1) for word in shlex.split(found[1]))
            yield S3Server(session, link, found[2])
