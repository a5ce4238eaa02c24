"""A repository whose every text was written to steer the terminal of who looks at it: nothing of it
arrives there, whatever command shows it."""
import errno
import hashlib
import json
import os
import pty

import cheap_key
import harness
from sealing import seal

# The terminal's own language in seven and in eight bits, text that runs the other way, lines that are
# none, and bytes that are no text.
EVIL = "x\x1b]0;owned\x07\x1b[2J\x9b31m\x85\u202eevil\u2066\u2069\u200f\u061c\u2028\x7f\r\t\nforged line"
EVIL_NAME = (EVIL + "\udc9b\udcff").encode(errors="surrogateescape")


def is_obeyed(character):
    """Whether a terminal would do more with it than show it."""
    code = ord(character)
    return character != "\n" and (
        code < 0x20 or 0x7f <= code <= 0x9f or code in (0x61c, 0x200e, 0x200f) or
        0x2028 <= code <= 0x202e or 0x2066 <= code <= 0x2069)


class TerminalTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.environment |= {"TERM": "dumb"}  # no progress line, whose sequences are our own
        self.cheap_repository_of_ours()
        self.source = os.path.join(self.scratch, "source")
        directory = os.path.join(os.fsencode(self.source), EVIL_NAME)
        os.makedirs(directory)
        for name in (b"plain", EVIL_NAME):
            with open(os.path.join(directory, name), "wb") as file:
                file.write(name)
        os.symlink(EVIL_NAME, os.path.join(directory, b"link"))
        self.snapfs("snapshot", "--host", EVIL, self.source)
        self.forge()

    def seal(self, kind, value):
        """Stores a file of the repository that says this."""
        key = cheap_key.key_of(json.loads(self.snapfs("cat", "masterkey").stdout))
        sealed = seal(key, json.dumps(value).encode())
        name = hashlib.sha256(sealed).hexdigest()
        with open(os.path.join(self.repository, kind, name), "wb") as file:
            file.write(sealed)
        return name

    def forge(self):
        """Snapshots, a key and a lock that nobody's program would write."""
        (snapshot,) = json.loads(self.snapfs("snapshots", "--json").stdout)
        for member in ("id", "short_id"):
            del snapshot[member]
        evil = {"hostname": EVIL, "username": EVIL, "tags": [EVIL, "t"], "paths": ["/" + EVIL],
                "excludes": [EVIL], "program_version": EVIL}
        self.id = self.seal("snapshots", snapshot | evil)
        later = {"time": "2030-01-01T00:00:00Z", "tree": "5" * 64}
        self.lost = self.seal("snapshots", snapshot | evil | later)
        self.lock = self.seal("locks", {"time": "2030-01-01T00:00:00Z", "exclusive": False, "pid": 1,
                                        "hostname": EVIL, "username": EVIL, "uid": 0, "gid": 0})
        (path,) = [entry.path for entry in os.scandir(os.path.join(self.repository, "keys"))]
        with open(path, encoding="utf-8") as file:
            key = json.load(file)
        key |= {"hostname": EVIL, "username": EVIL, "created": EVIL}
        content = json.dumps(key).encode()
        self.key = hashlib.sha256(content).hexdigest()
        with open(os.path.join(self.repository, "keys", self.key), "wb") as file:
            file.write(content)

    def shown(self, *arguments):
        """All that a terminal gets of the command."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.scratch)
            os.execve(harness.SNAPFS, [harness.SNAPFS, *arguments], self.environment)
        said = b""
        try:
            while part := os.read(terminal, 1 << 16):
                said += part
        except OSError as error:
            if error.errno != errno.EIO:
                raise
        os.waitpid(pid, 0)
        os.close(terminal)
        return said.replace(b"\r\n", b"\n")  # which the terminal's driver makes of line ends

    def assert_harmless(self, *arguments, shows="owned"):
        with self.subTest(arguments=arguments):
            said = self.shown(*arguments)
            text = said.decode()  # it is text, and all of it
            obeyed = {f"U+{ord(character):04X}" for character in text if is_obeyed(character)}
            self.assertEqual(obeyed, set(), text)
            self.assertNotIn("\nforged line", text)
            if shows:
                self.assertIn(shows, text)

    def test_what_shows_snapshots(self):
        for arguments in (["snapshots"], ["snapshots", "--compact"], ["snapshots", "--json"],
                          ["snapshots", "--group-by", "host,paths,tags"],
                          ["forget", "--keep-last", "1", "--group-by", "host,tags", "--dry-run"],
                          ["forget", "--keep-last", "1", "--dry-run", "--json"],
                          ["cat", "snapshot", self.id], ["restore", self.id, "-t", "t", "-vv"],
                          ["tag", "--add", EVIL, "--dry-run"], ["stats", "--host", EVIL]):
            self.assert_harmless(*arguments, shows=None)
        self.assert_harmless("snapshots")

    def test_what_shows_files(self):
        (old,) = (s["id"] for s in json.loads(self.snapfs("snapshots", "--json").stdout)
                  if s["id"] not in (self.id, self.lost))
        with open(os.path.join(self.source, "more" + EVIL), "w", encoding="utf-8") as file:
            file.write("x")
        self.snapfs("snapshot", "--host", "h", self.source)
        (new,) = (s["id"] for s in json.loads(self.snapfs("snapshots", "--json").stdout)
                  if s["hostname"] == "h")
        directory = "/" + os.path.join(self.source, EVIL).lstrip("/")
        for arguments in (["ls", old], ["ls", "-l", old], ["ls", "--json", old],
                          ["ls", "--ncdu", old], ["ls", "--sort", "size", old],
                          ["find", "plain"], ["find", "-l", "*"], ["find", "--json", "*"],
                          ["diff", old, new], ["diff", "--json", old, new],
                          ["rewrite", "--exclude", "plain", "-v", "--dry-run"],
                          ["rewrite", "--exclude", "plain", "-v", "--dry-run", "--json"],
                          ["cat", "tree", old + ":" + self.source],
                          ["restore", old, "-t", "to", "-vv", "--dry-run"],
                          ["restore", old, "-t", "to", "-vv"],
                          ["snapshot", "-vv", "--force", self.source]):
            self.assert_harmless(*arguments)
        for arguments in (["ls", old, directory], ["ls", old, "/" + EVIL], ["log", directory],
                          ["dump", old, "/" + EVIL], ["find", EVIL], ["snapshot", EVIL],
                          ["restore", old + ":/" + EVIL, "-t", "to"]):
            self.assert_harmless(*arguments, shows=None)

    def test_what_shows_keys_and_locks(self):
        self.assert_harmless("key", "list")
        self.assert_harmless("key", "list", "--json")
        self.assert_harmless("cat", "key", self.key)
        self.assert_harmless("cat", "lock", self.lock)
        self.assert_harmless("unlock")
        self.assert_harmless("prune")  # it needs the repository for itself
        self.assert_harmless("forget", "--keep-last", "1", "--json")

    def test_what_shows_damage(self):
        os.remove(os.path.join(self.repository, "locks", self.lock))
        self.assert_harmless("repair", "snapshots", "--dry-run")
        self.assert_harmless("repair", "snapshots", "--dry-run", "--quiet", shows=None)
        self.assert_harmless("repair", "snapshots", "--dry-run", "--json", shows=None)
        self.assert_harmless("check", shows=None)
        self.assert_harmless("restore", self.lost, "-t", "to")
        self.assert_harmless("ls", self.lost, shows=None)

    def test_pipes_get_the_bytes(self):
        (old,) = (s["id"] for s in json.loads(self.snapfs("snapshots", "--json").stdout)
                  if s["id"] not in (self.id, self.lost))
        listed = self.snapfs("ls", "--quiet", old).stdout.encode(errors="surrogateescape")
        # The harness reads every line end as one.
        self.assertIn(EVIL_NAME.replace(b"\r", b"\n") + b"/plain\n", listed)


if __name__ == "__main__":
    harness.main()
