"""Who else may read what the program makes: nobody, of any file or directory, from the first moment to the
last, whatever the umask. A repository that its group may read is the one exception (FORMAT §1.2), and what a
restore gives back has the modes that it had.
"""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import every_command
import harness
from recording_server import RecordingServer
from secret_search import CANARY, IS_SANITIZED, NOBODY, SecretCase

MAKES = ("open", "openat", "creat", "mkdir", "mkdirat", "mknod", "mknodat")
CHANGES = ("chmod", "fchmod", "fchmodat", "fchmodat2")
CALL = re.compile(r"^(?P<name>\w+)\((?P<arguments>.*)\)\s+= (?P<result>-?\d+)")


def whole_calls(lines):
    """The calls of a trace of several threads, of which one may be shown in two parts, with others between them."""
    begun = {}
    for line in lines:
        thread, _, text = line.partition(" ")
        text = text.strip()
        if text.endswith("<unfinished ...>"):
            begun[thread] = text.removesuffix("<unfinished ...>").rstrip()
        elif resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", text):
            yield begun.pop(thread, "") + resumed[1]
        else:
            yield text
    for text in begun.values():
        raise AssertionError(f"it never ended: {text}")


def modes(lines):
    """(call, path, mode) of all that was made, and of all whose mode was changed."""
    found = []
    for text in whole_calls(lines):
        call = CALL.match(text)
        if not call and text.startswith(tuple(f"{name}(" for name in (*MAKES, *CHANGES))) and not text.endswith("= ?"):
            raise AssertionError(f"it cannot be read: {text}")
        if not call or call["result"].startswith("-"):
            continue
        name, arguments = call["name"], call["arguments"]
        makes = name in MAKES and (not name.startswith("open") or "O_CREAT" in arguments or "O_TMPFILE" in arguments)
        if not makes and name not in CHANGES:
            continue
        mode = re.search(r", (?:S_IF\w+\|)?(0[0-7]*)(?:, [^,]*)?$", arguments)
        if not mode:
            raise AssertionError(f"no mode can be read: {text}")
        opened = re.match(r"\d+<(.*?)>", arguments)
        path = re.search(r'"(.*?)"', arguments)
        found.append((name, opened[1] if name == "fchmod" else path[1], int(mode[1], 8)))
    return found


class ModesTest(unittest.TestCase):
    """The search finds what is open."""

    def test_what_is_made_and_changed(self):
        lines = ['1 openat(AT_FDCWD</w>, "x", O_WRONLY|O_CREAT|O_EXCL, 0666) = 3</w/x>', '1 mkdir("y", 0777) = 0',
                 '2 mkdirat(4</w>, "z", 0755)                = 0', '1 openat(AT_FDCWD</w>, "x", O_RDONLY) = 3</w/x>',
                 '1 fchmod(3</w/x>, 0644) = 0', '1 mkdir("there", 0777) = -1 EEXIST (File exists)',
                 '1 fchmodat(AT_FDCWD</w>, "q", 0640) = 0', '1 fchmodat(AT_FDCWD</w>, "r", 0604, 0) = 0',
                 '2 chmod("s",  <unfinished ...>', '1 mknod("f", S_IFIFO|0622) = 0', '2 <... chmod resumed>, 0606) = 0']
        lines[8] = '2 chmod("s" <unfinished ...>'
        self.assertEqual(modes(lines), [
            ("openat", "x", 0o666), ("mkdir", "y", 0o777), ("mkdirat", "z", 0o755), ("fchmod", "/w/x", 0o644),
            ("fchmodat", "q", 0o640), ("fchmodat", "r", 0o604), ("mknod", "f", 0o622), ("chmod", "s", 0o606)])

    def test_what_cannot_be_read_is_a_failure(self):
        for lines in (['1 mkdir("y" <unfinished ...>'], ['1 fchmod(3</w>, nonsense) = 0']):
            with self.assertRaises(AssertionError):
                modes(lines)


@unittest.skipUnless(harness.strace_works(), "strace is not installed, or may not trace")
@unittest.skipIf(IS_SANITIZED, "a sanitizer makes files of its own")
class PrivateFilesTest(SecretCase):
    def setUp(self):
        super().setUp()
        self.place = pathlib.Path(self.scratch)
        self.scenery = every_command.Scenery(self.place / "template", harness.SNAPFS, CANARY)
        (self.scenery.source / "file").chmod(0o666)

    def traced(self, command, work, line=None, environment=None):
        """What it makes and changes, with a umask of 0."""
        line = line or self.scenery.line(command, work)
        trace = self.place / f"trace of {command}"
        done = subprocess.run(
            ["sh", "-c", 'umask 0; exec "$@"', "sh", "strace", "-f", "--seccomp-bpf", "-y", "-o", trace, "-e",
             "trace=" + ",".join((*MAKES, *(f"?{name}" for name in CHANGES))), os.path.abspath(harness.SNAPFS), *line],
            cwd=work, env=self.scenery.environment(work) | (environment or {}), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return modes(trace.read_text(encoding="utf-8", errors="replace").splitlines())

    def judge(self, command, work, found, readable=None):
        """`readable`: the repository that its group may read."""
        for call, path, mode in found:
            path = os.path.normpath(work / path)
            if path.startswith(str(work / "out")) and (call in CHANGES or path == str(work / "out")):
                continue  # what a restore gives back; and its target, when it was not there, is the user's
            allowed = 0o770 if readable and path.startswith(str(readable)) else 0o700
            self.assertEqual(mode & ~allowed & 0o777, 0, f"{command}: {call} of {path} with {mode:o}")

    # What each of them is known to make or change, or the search would see too little.
    LEAST = {"init": 260, "snapshot": 4, "copy": 4, "run": 6, "profile init": 3, "restore": 5, "drill": 2, "tag": 3,
             "rewrite": 5, "migrate": 2, "recover": 3, "repair packs": 4, "repair index": 3, "repair snapshots": 3, "key add": 2,
             "key passwd": 2, "prune": 3, "mount": 2}

    def test_every_command(self):
        for command in every_command.all_but(harness.SNAPFS, {"mount": "it has a test of its own"}):
            with self.subTest(command=command):
                work = self.place / command.replace(" ", "-")
                found = self.traced(command, work)
                self.assertGreaterEqual(len(found), self.LEAST.get(command, 0), found)
                self.judge(command, work, found)

    def test_a_mount_and_its_cache(self):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        work = self.place / "mount"
        line = self.scenery.line("mount", work)
        server = RecordingServer(str(work / "repository"))
        self.addCleanup(server.close)
        trace = self.place / "trace"
        with subprocess.Popen(["sh", "-c", 'umask 0; exec "$@"', "sh", "strace", "-f", "-y", "-o", trace, "-e",
                               "trace=" + ",".join((*MAKES, *(f"?{name}" for name in CHANGES))),
                               os.path.abspath(harness.SNAPFS), *line, "--data-cache", "1G"], cwd=work,
                              env=self.scenery.environment(work) | {"SNAPFS_REPOSITORY": server.url},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as mount:
            try:
                self.assertNotEqual(mount.stdout.readline(), b"")
                latest = str(work / "mountpoint/snapshots/latest") + str(self.scenery.source)
                with open(latest + "/file", "rb") as file:
                    self.assertEqual(file.read(), b"two")
                if os.geteuid() == 0:
                    for above in (self.scratch, self.place, work):
                        os.chmod(above, 0o755)
                    looked = subprocess.run([*NOBODY, "ls", work / "mountpoint"], check=False, capture_output=True)
                    self.assertIn(b"Permission denied", looked.stderr)
            finally:
                subprocess.run(["fusermount3", "-u", work / "mountpoint"], check=False)
                mount.communicate(timeout=60)
        self.assertEqual(mount.returncode, 0)
        found = modes(trace.read_text(encoding="utf-8", errors="replace").splitlines())
        self.cached_files(work / "cache")
        self.assertTrue(any("CACHEDIR.TAG" in path for _, path, _ in found))
        self.judge("mount", work, found)

    def test_a_repository_that_its_group_may_read(self):
        """What is new in it, they may read, too, and others nothing; nothing else is theirs."""
        for command in ("snapshot", "prune", "key add"):
            work = self.place / command
            line = self.scenery.line(command, work)
            (work / "repository" / "config").chmod(0o640)
            found = self.traced(command, work, line)
            self.judge(command, work, found, work / "repository")
            self.assertIn(0o440, [mode for call, _, mode in found if call == "fchmod"])
            with self.assertRaises(AssertionError):
                self.judge(command, work, found)


@unittest.skipIf(os.geteuid() != 0 or shutil.which("setpriv") is None, "only root becomes others")
class OthersTest(SecretCase):
    def test_of_the_same_user_cannot_look_into_it(self):
        shutil.copy(harness.SNAPFS, os.path.join(self.scratch, "snapfs"))
        subprocess.run(["chown", "-R", "65534:65534", self.scratch], check=True)
        with subprocess.Popen([*NOBODY, os.path.join(self.scratch, "snapfs"), "snapshot", "--stdin"],
                              cwd=self.scratch, env=self.environment, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            self.wait_for_lock(process)
            self.assertEqual(os.stat(f"/proc/{process.pid}/environ").st_uid, 0, "it can be dumped")
            for file in ("environ", "mem", "maps"):
                looked = subprocess.run([*NOBODY, "head", "-c1", f"/proc/{process.pid}/{file}"],
                                        check=False, capture_output=True, text=True)
                self.assertIn("Permission denied", looked.stderr, file)
            process.communicate(b"content")
        self.assertEqual(process.returncode, 0)

    def test_are_kept_out(self):
        os.umask(0)
        self.addCleanup(os.umask, 0o22)
        os.chmod(self.scratch, 0o755)
        os.chmod(os.path.join(self.scratch, "home"), 0o755)
        self.use_server()
        server, mountpoint = self.running_mount()
        self.read_mount(mountpoint)
        self.cached_files()
        made = os.path.join(self.scratch, "made")
        self.snapfs("init", "-r", made)
        self.snapfs("snapshot", "-r", made, self.repository)
        for path in (mountpoint, os.path.join(self.cache, "snapfs"), made):
            with self.subTest(path=path):
                looked = subprocess.run([*NOBODY, "ls", path], check=False, capture_output=True, text=True)
                self.assertIn("Permission denied", looked.stderr)
        self.end_mount(server, mountpoint)


if __name__ == "__main__":
    harness.main()
