"""A directory of everything that is awkward to store: names, types, links, holes, attributes, times.

What only root can make or read (devices, foreign owners, trusted attributes, files without read
permission) is left out for others.
"""
import os
import random
import socket
import stat
import subprocess
import sys

AWKWARD_NAMES = [
    b"plain", b"with space", b"new\nline", b"tab\there", b'double"quote', b"back\\slash",
    b"single'quote", b"\xff\xfe\xfd", "ümläut".encode(), "\u2028\u2029".encode(), b"<html>&amp;",
    b"\x01\x07\x08\x0b\x0c\x1b\x1f", b"\x7f", b"n" * 255, "\U0001f600".encode(), b"--option",
    b"$HOME", b"*?[a]", b"\xed\xa0\x80", "\U000e0001\ue000".encode(), "\u200b\u00a0\u00ad".encode(),
    b"\xc0\xaf", b"\xf4\x90\x80\x80", "e\u0301".encode(), b" ", b"...", b"-",
]
AWKWARD_MODES = [0o0000, 0o4755, 0o2755, 0o1777, 0o7711, 0o0444, 0o0200]
AWKWARD_TIMES = {  # seconds since the epoch
    b"before epoch": -1, b"in 1960": -315619200, b"in 2100": 4102444800, b"in 2400": 13569465600,
    b"at epoch": 0,
}


class NastyTree:
    """Fills a new directory; the same seed gives the same content."""

    def __init__(self, root, seed=1, raw_link_targets=True):
        self.root = os.fsencode(root)
        self.random = random.Random(seed)
        self.raw_link_targets = raw_link_targets
        self.is_root = os.geteuid() == 0

    def make(self):
        os.makedirs(self.root)
        self.files()
        self.links()
        self.specials()
        self.attributes()
        self.modes_and_owners()
        self.deep_directories()
        self.times()

    def path(self, *names):
        return os.path.join(self.root, *names)

    def write(self, name, content=b"x"):
        with open(self.path(name), "wb") as file:
            file.write(content)

    def files(self):
        for name in AWKWARD_NAMES:
            self.write(name, name)
        self.write(b"empty", b"")
        self.write(b"one chunk exactly", self.random.randbytes(512 << 10))
        self.write(b"several chunks", self.random.randbytes((9 << 20) + 12345))
        self.write(b"zeros", bytes(3 << 20))
        self.write(b"compressible", b"the same line again\n" * 200000)
        with open(self.path(b"sparse"), "wb") as file:
            file.seek(20 << 20)
            file.write(b"data after a hole")
            file.truncate(30 << 20)

    def links(self):
        os.makedirs(self.path(b"dir", b"below"))
        for name in (b"hard link", b"dir/below/hard link"):
            os.link(self.path(b"several chunks"), self.path(name))
        targets = {b"to plain": b"plain", b"dangling": b"/nowhere", b"to itself": b"to itself",
                   b"to dot": b".", b"long target": b"t" * 4095}
        if self.raw_link_targets:
            targets[b"raw target"] = b"bytes \xff\xfe"
        for name, target in targets.items():
            os.symlink(target, self.path(name))

    def specials(self):
        os.mkfifo(self.path(b"fifo"))
        if self.is_root:
            os.mknod(self.path(b"char device"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
            os.mknod(self.path(b"block device"), stat.S_IFBLK | 0o640, os.makedev(259, 1048575))
            os.mknod(self.path(b"large device"), stat.S_IFCHR | 0o600, os.makedev(4095, 1048575))
        here = os.getcwd()
        os.chdir(self.root)  # the address of a socket has room for 107 bytes
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
        os.chdir(here)

    def attributes(self):
        plain = self.path(b"plain")
        values = {"user.b": b"", "user.a": b"\0\xff>", 'user.n<"&': b"v", "user.large": b"z" * 2000}
        if self.is_root:
            values["trusted.t"] = b"1"
        for name, value in values.items():
            os.setxattr(plain, name, value)
        os.setxattr(self.path(b"dir"), "user.directory", b"1")
        for arguments in (["-m", "u:1:rwx,g:2:r", self.path(b"compressible")],
                          ["-d", "-m", "u:1:rwx", self.path(b"dir")]):
            subprocess.run(["setfacl", *arguments], check=True)

    def modes_and_owners(self):
        for mode in AWKWARD_MODES:
            if not self.is_root and not mode & 0o400:
                continue
            name = b"mode %04o" % mode
            self.write(name)
            os.chmod(self.path(name), mode)
        if self.is_root:
            self.write(b"of nobody known")
            os.chown(self.path(b"of nobody known"), 12345, 54321)
            os.lchown(self.path(b"to plain"), 1, 2)

    def deep_directories(self):
        os.makedirs(self.path(b"dir", b"empty directory"))
        os.makedirs(self.path(*[b"d"] * 60))
        for i in range(200):
            size = self.random.choice([0, 1, 100, 5000, 70000])
            self.write(b"dir/below/file %03d" % i, self.random.randbytes(size))
        os.chmod(self.path(b"dir", b"below"), 0o2750)

    def times(self):
        for name, seconds in AWKWARD_TIMES.items():
            self.write(name)
            nanoseconds = seconds * 10**9
            os.utime(self.path(name), ns=(nanoseconds + 123456789, nanoseconds + 987654320))
        os.utime(self.path(b"to plain"), ns=(10**18, 10**18 + 1), follow_symlinks=False)
        os.utime(self.path(b"dir"), ns=(5 * 10**17, 5 * 10**17 + 7))


if __name__ == "__main__":
    NastyTree(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1).make()
