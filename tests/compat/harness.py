"""Runs snapfs and restic side by side for the compatibility tests.

The programs come from the environment: SNAPFS_PROGRAM (set by ctest) and SNAPFS_TEST_RESTIC, which
may name a newer restic than the system's.
"""
import atexit
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from cheap_key import cheapen

SNAPFS = os.environ.get("SNAPFS_PROGRAM", "build/snapfs")
RESTIC = os.environ.get("SNAPFS_TEST_RESTIC") or shutil.which("restic")
SANITIZER = next((name for name in ("asan", "tsan") if name in SNAPFS), None)
PASSWORD = "correct horse"
# Every version of the format with every kind of compression it knows.
FORMATS = (("1", "off"), ("2", "off"), ("2", "auto"), ("2", "max"))


_cheap_repositories = {}  # who made it, and options of init → a repository to copy


def without_sanitizer(reason):
    """Skips a test, or all of a class, that the program cannot pass when a sanitizer is built into it."""
    return unittest.skipIf(SANITIZER, f"{SANITIZER}: {reason}")


ADDRESSES = "it reserves terabytes of addresses, and does not do without memory"
DESCRIPTORS = "it looks at objects through a pipe, and takes them for invalid when there is none"


def traced(environment):
    """For a program that strace traces: LeakSanitizer would trace it, too."""
    options = ":".join(filter(None, (environment.get("ASAN_OPTIONS"), "detect_leaks=0")))
    return environment | {"ASAN_OPTIONS": options}


def restic_version():
    words = subprocess.run([RESTIC, "version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in words.split()[1].split("-")[0].split(".")[:2])


def mount_usable():
    return os.access("/dev/fuse", os.R_OK | os.W_OK) or (
        os.path.exists("/dev/fuse") and os.path.exists("/usr/bin/fusermount3"))


def strace_works():
    """It is installed, and may trace a program."""
    return shutil.which("strace") is not None and subprocess.run(
        ["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


class CompatTest(unittest.TestCase):
    """A scratch directory with room for repositories, sources and mountpoints."""
    needs_restic = True

    def setUp(self):
        if self.needs_restic and RESTIC is None:
            self.skipTest("restic is not installed")
        self.scratch = tempfile.mkdtemp(prefix="snapfs-compat-")
        self.addCleanup(self.remove_scratch)
        self.repository = os.path.join(self.scratch, "repository")
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("RESTIC_", "SNAPFS_"))},
            "RESTIC_PASSWORD": PASSWORD, "RESTIC_REPOSITORY": self.repository,
            "RESTIC_CACHE_DIR": os.path.join(self.scratch, "cache"), "TMPDIR": self.scratch,
            "XDG_STATE_HOME": os.path.join(self.scratch, "state"),  # the locks of runs
            "TZ": os.environ.get("TZ", "UTC"),
        }

    def use_format(self, version, compression):
        """From now on the repository is another one, which `init` is to make with `version`."""
        self.repository = os.path.join(self.scratch, f"v{version}-{compression}")
        self.environment["RESTIC_REPOSITORY"] = self.repository
        self.environment["RESTIC_COMPRESSION"] = compression

    def cheap_repository(self, *options, by=None):
        """Makes the repository, by restic's init with these options or by another program's, with a key
        that opens in a moment. That is done once; then it is copied.
        """
        init = by or self.restic
        kind = (init.__name__, *options)
        if kind not in _cheap_repositories:
            directory = tempfile.mkdtemp(prefix="snapfs-cheap-")
            atexit.register(shutil.rmtree, directory)
            made = os.path.join(directory, "repository")
            init("init", *options, RESTIC_REPOSITORY=made)
            cheapen(made, PASSWORD)
            _cheap_repositories[kind] = made
        shutil.copytree(_cheap_repositories[kind], self.repository)

    def cheap_repository_of_ours(self, *options):
        """The same, by our own init."""
        self.cheap_repository(*options, by=self.snapfs)

    def remove_scratch(self):
        subprocess.run(["chmod", "-R", "u+rwX", self.scratch], check=False, capture_output=True)
        shutil.rmtree(self.scratch)

    def run_program(self, program, arguments, expect=0, cwd=None, **environment):
        result = subprocess.run(
            [program, *arguments], cwd=cwd or self.scratch, capture_output=True, text=True,
            errors="surrogateescape", env={**self.environment, **environment}, timeout=300)
        self.assertEqual(result.returncode, expect,
                         f"{program} {arguments}\n{result.stdout}\n{result.stderr}")
        return result

    def snapfs(self, *arguments, **options):
        return self.run_program(SNAPFS, arguments, **options)

    def restic(self, *arguments, **options):
        return self.run_program(RESTIC, arguments, **options)

    def snapshots(self):
        """All snapshots, oldest first, as restic sees them."""
        found = json.loads(self.restic("snapshots", "--json").stdout) or []
        return sorted(found, key=lambda snapshot: snapshot["time"])

    def check(self):
        """restic finds nothing wrong with any byte of the repository."""
        result = self.restic("check", "--read-data")
        self.assertIn("no errors were found", result.stdout)

    def assert_locked(self, *options):
        """What the repository says while somebody reads it to who wants it alone, at once and at last."""
        for patience in (), ("--retry-lock", "100ms"):
            words = self.snapfs(*options, "prune", *patience, expect=11).stderr
            self.assertIn("repository is already locked", words)

    def assert_same_files(self, left, right):
        """No difference in content or metadata, sockets aside."""
        for source, target in ((left, right), (right, left)):
            result = subprocess.run(
                ["rsync", "-aHAXn", "--checksum", "--delete", "-i", "--numeric-ids",
                 "--exclude=socket", source.rstrip("/") + "/", target.rstrip("/") + "/"],
                capture_output=True, text=True, errors="surrogateescape", check=False)
            self.assertEqual((result.returncode, result.stdout.splitlines()), (0, []),
                             result.stderr)

    @contextlib.contextmanager
    def mounted(self, *arguments):
        """The repository, mounted by snapfs while the block runs."""
        with self.mount_server("mount", *arguments) as (mountpoint, _):
            yield mountpoint

    @contextlib.contextmanager
    def mount_server(self, name, *arguments):
        """The same at a directory of that name: where it is, and the process."""
        if not mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        mountpoint = os.path.join(self.scratch, name)
        os.makedirs(mountpoint, exist_ok=True)
        with tempfile.TemporaryFile() as log:
            server = subprocess.Popen([SNAPFS, "mount", *arguments, mountpoint], cwd=self.scratch,
                                      env=self.environment, stdout=subprocess.PIPE, stderr=log)
            try:
                # The first line is printed when the mount is usable.
                if not server.stdout.readline():
                    log.seek(0)
                    self.fail(f"the mount did not come up: {log.read()}")
                yield mountpoint, server
            finally:
                server.terminate()
                server.wait(timeout=120)
                server.stdout.close()
                subprocess.run(["fusermount3", "-uzq", mountpoint], check=False,
                               capture_output=True)
        self.assertEqual(server.returncode, 0)


class Result(unittest.TextTestResult):
    """Keeps what succeeded, too."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.succeeded = []

    def addSuccess(self, test):
        super().addSuccess(test)
        self.succeeded.append(test)

    def has_run(self):
        """Whether anything of the program was tried, which it was not by tests of the tests."""
        skipped = [test for test, _ in self.skipped]
        if any(isinstance(test, CompatTest) for test in skipped):
            return any(isinstance(test, CompatTest) for test in self.succeeded)
        return not skipped or bool(self.succeeded)


class Runner(unittest.TextTestRunner):
    resultclass = Result


def main():
    """Exits as ctest wants it: with 77 when all that matters was skipped. scripts/lib/skipped-tests reads the lines."""
    program = unittest.main(module="__main__", argv=[sys.argv[0], "-v", *sys.argv[1:]], exit=False, testRunner=Runner)
    for test, reason in program.result.skipped:
        print(f"skipped: {os.path.basename(sys.argv[0])}: {test.id()}: {' '.join(reason.split())}", flush=True)
    if not program.result.wasSuccessful():
        sys.exit(1)
    sys.exit(0 if program.result.has_run() else 77)
