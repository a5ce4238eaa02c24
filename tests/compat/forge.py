"""Writes repositories that say whatever one likes, with the right authenticators and names around it.

Nothing here asks the program: what no writer of the format would write is what it is for. `Forge` has
the parts; `Scene` puts a small sound repository together from them and lets one place in it be changed
before it is sealed, which makes a forgery.
"""
import base64
import copy
import dataclasses
import hashlib
import json
import os
import random
import shutil
import struct

import cheap_key
import sealing

PASSWORD = "forged"
TREE, DATA = "tree", "data"
TIME = "2026-01-02T03:04:05.000000006Z"
POLYNOMIAL = "3da3358b4dc173"  # irreducible (FORMAT §4)


def sha256(text):
    return hashlib.sha256(text).hexdigest()


def encode(value):
    """Bytes are what they are, anything else as JSON."""
    if isinstance(value, bytes):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")


def base64_text(data):
    return base64.b64encode(data).decode()


@dataclasses.dataclass
class Blob:
    kind: str
    id: str
    sealed: bytes
    plain_bytes: int = 0  # 0: not compressed
    entry: dict = None  # how the index lists it, once it is in a pack


class Frame:
    """zstd by hand (RFC 8878): any header, any blocks."""
    MAGIC = b"\x28\xb5\x2f\xfd"

    @staticmethod
    def of(blocks, size=None, window=None, checksum=b"", descriptor=None):
        """A frame that claims to hold `size` bytes, of 8 bytes' width; with a window its header byte."""
        if descriptor is None:
            descriptor = (0xc0 if size is not None else 0) | (0x20 if window is None else 0) | (
                4 if checksum else 0)
        head = bytes([descriptor]) + (b"" if window is None else bytes([window]))
        if size is not None:
            head += struct.pack("<Q", size)
        elif window is None:
            head += b"\xff"  # a single segment must tell its size, in one byte at least
        return Frame.MAGIC + head + b"".join(blocks) + checksum

    @staticmethod
    def block(content, last=True):
        return Frame._header(0, len(content), last) + content

    @staticmethod
    def repeated(byte, count, last=True):
        """As many as 128 KiB of one byte in four."""
        return Frame._header(1, count, last) + byte

    @staticmethod
    def _header(kind, size, last):
        return (size << 3 | kind << 1 | last).to_bytes(3, "little")

    @staticmethod
    def bomb(mebibytes, size=None, window=0x48):
        """A few bytes that hold so many MiB of zeros."""
        blocks = [Frame.repeated(b"\0", 128 << 10, False)] * (mebibytes * 8 - 1)
        return Frame.of([*blocks, Frame.repeated(b"\0", 128 << 10)], size, window)

    @staticmethod
    def skippable(content, claimed=None):
        size = len(content) if claimed is None else claimed
        return struct.pack("<II", 0x184d2a50, size) + content


class Forge:
    def __init__(self, path, version=2, seed=1):
        self.path = path
        self.version = version
        self.random = random.Random(seed)
        self.key = self.random.randbytes(sealing.KEY_BYTES)
        for directory in ("data", "index", "keys", "locks", "snapshots"):
            os.makedirs(os.path.join(path, directory))

    def at(self, *parts):
        return os.path.join(self.path, *parts)

    def seal(self, text, key=None):
        return sealing.seal(key or self.key, text, self.random.randbytes(sealing.NONCE_BYTES))

    def put(self, relative, content):
        """A file; what is above it is made."""
        path = self.at(relative)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def put_named(self, directory, stored):
        """A file under the name that its bytes have."""
        self.put(os.path.join(directory, sha256(stored)), stored)
        return sha256(stored)

    def put_sealed(self, directory, value):
        """Sealed and named; plain JSON, or whatever bytes say."""
        return self.put_named(directory, self.seal(encode(value)))

    def config(self, **changes):
        return {"version": self.version, "id": self.random.randbytes(32).hex(),
                "chunker_polynomial": POLYNOMIAL} | changes

    def put_config(self, value):
        self.put("config", self.seal(encode(value)))

    def master(self):
        key = self.key
        return {"mac": {"k": base64_text(key[32:48]), "r": base64_text(key[48:])},
                "encrypt": base64_text(key[:32])}

    def key_file(self, master, password=PASSWORD):
        salt = self.random.randbytes(64)
        user_key = cheap_key.derive(password, salt, cheap_key.COST)
        return {"created": TIME, "username": "forger", "hostname": "forge", "kdf": "scrypt",
                **cheap_key.COST, "salt": base64_text(salt),
                "data": base64_text(self.seal(encode(master), user_key))}

    def blob(self, kind, text, stored=None, plain_bytes=None, name=None):
        """As compressed as the version allows, or `stored` in its place; under its ID or any other."""
        compressed = self.version == 2 and plain_bytes != 0
        if stored is None:
            stored = sealing.compress(text) if compressed else text
        if plain_bytes is None:
            plain_bytes = len(text) if compressed else 0
        return Blob(kind, name or sha256(text), self.seal(stored), plain_bytes)

    @staticmethod
    def header_entry(blob):
        code = (0 if blob.kind == DATA else 1) + (2 if blob.plain_bytes else 0)
        sizes = struct.pack("<II", len(blob.sealed), blob.plain_bytes)
        return bytes([code]) + sizes[:8 if blob.plain_bytes else 4] + bytes.fromhex(blob.id)

    @staticmethod
    def index_entries(blobs):
        """What the index says of them, one behind the other."""
        offset = 0
        for blob in blobs:
            blob.entry = {"id": blob.id, "type": blob.kind, "offset": offset,
                          "length": len(blob.sealed)}
            if blob.plain_bytes:
                blob.entry["uncompressed_length"] = blob.plain_bytes
            offset += len(blob.sealed)
        return [blob.entry for blob in blobs]

    def pack_bytes(self, blobs, header=None):
        sealed = self.seal(b"".join(map(self.header_entry, blobs)) if header is None else header)
        return b"".join(blob.sealed for blob in blobs) + sealed + struct.pack("<I", len(sealed))

    def put_pack(self, blobs, stored=None):
        """Returns how the index lists it."""
        entries = self.index_entries(blobs)
        stored = self.pack_bytes(blobs) if stored is None else stored
        pack = sha256(stored)
        self.put_named(os.path.join("data", pack[:2]), stored)
        return {"id": pack, "blobs": entries}


def node(name, kind, **members):
    """What every node has."""
    return {"name": name, "type": kind, "mode": {"dir": 0o755 | 1 << 31, "file": 0o644}.get(kind, 0o777),
            "mtime": TIME, "atime": TIME, "ctime": TIME, "uid": os.getuid(), "gid": os.getgid(),
            "inode": 42, "device_id": 7, "content": None} | members


def tree_text(nodes):
    return b'{"nodes":[' + b",".join(map(encode, nodes)) + b"]}\n"


SMALL = b"the content of a small file\n"
PARTS = (b"first part " * 4000, b"second part " * 4000)
BELOW = b"below\n"

# What the newer snapshot holds, and the older one all of it but the last.
RIGHT = {"file": SMALL, "inner/below": BELOW, "large": b"".join(PARTS), "zz": b"new\n"}


class Scene(Forge):
    """Two snapshots, `old` and `new`: a small file, one of two blobs, a directory with a file, a link.

    `forge(stage, value)` may return something else than the value of a stage, or change it in place:

    config, key, master, lock  JSON as an object, or bytes
    node                       of `file`, in both snapshots
    nodes                      of the root of `new`
    tree                       its text
    frame, tree frame          what is sealed as the blob of `file`, and of the root of `new`
    blobs                      of the pack of data, in order
    header, pack               of the pack of data: bytes
    tree header, tree pack     of the other pack
    index                      an object or bytes
    snapshot                   `new`, likewise
    done                       the scene itself, when all is written
    """

    def __init__(self, path, forge=lambda stage, value: None, version=2, seed=1):
        super().__init__(path, version, seed)
        self._forge = forge
        self.data, self.trees = [], []
        self._write()

    def change(self, stage, value):
        changed = self._forge(stage, copy.deepcopy(value) if stage != "done" else value)
        return value if changed is None else changed

    def add(self, text, stage=None):
        """A blob of data; returns its ID."""
        stored = None
        if stage:
            stored = self.change(stage, sealing.compress(text) if self.version == 2 else text)
        return self.keep(self.data, self.blob(DATA, text, stored))

    def add_tree(self, nodes, stage=None):
        text = tree_text(nodes)
        if stage:
            text = self.change("tree", text)
        stored = sealing.compress(text) if self.version == 2 else text
        if stage:
            stored = self.change("tree frame", stored)
        return self.keep(self.trees, self.blob(TREE, text, stored))

    @staticmethod
    def keep(blobs, blob):
        if blob.id not in (known.id for known in blobs[-8:]):
            blobs.append(blob)
        return blob.id

    def file(self, name, *parts, **members):
        return node(name, "file", size=sum(map(len, parts)), links=1,
                    content=[self.add(part) for part in parts], **members)

    def _write(self):
        small = node("file", "file", size=len(SMALL), links=1, content=[self.add(SMALL, "frame")])
        small = self.change("node", small)
        inner = node("inner", "dir", subtree=self.add_tree([self.file("below", BELOW)]))
        nodes = [small, inner, self.file("large", *PARTS),
                 node("link", "symlink", mode=0o777 | 1 << 27, linktarget="file", links=1)]
        self.old_tree = self.add_tree(nodes)
        self.new_tree = self.add_tree(
            self.change("nodes", [*nodes, self.file("zz", RIGHT["zz"])]), "new")
        self._write_packs()
        self._write_entrance()
        self.change("done", self)

    def empty(self):
        """Leaves what a new repository has."""
        for directory in ("snapshots", "index", "data"):
            shutil.rmtree(self.at(directory))
            os.mkdir(self.at(directory))

    def _write_packs(self):
        packs = []
        for blobs, prefix in ((self.data, ""), (self.trees, "tree ")):
            if not prefix:
                blobs = self.change("blobs", blobs)
            header = self.change(prefix + "header", b"".join(map(self.header_entry, blobs)))
            stored = self.change(prefix + "pack", self.pack_bytes(blobs, header))
            packs.append(self.put_pack(blobs, stored))
        self.packs = packs
        self.index = self.put_sealed("index", self.change("index", {"packs": packs}))

    def _write_entrance(self):
        key = self.key_file(self.change("master", self.master()))
        self.key_id = self.put_named("keys", encode(self.change("key", key)))
        self.put_config(self.change("config", self.config()))
        old = self.snapshot(self.old_tree, time="2026-01-01T00:00:00Z")
        self.old = self.put_sealed("snapshots", old)
        new = self.snapshot(self.new_tree)
        self.new = self.put_sealed("snapshots", self.change("snapshot", new))
        lock = {"time": TIME, "exclusive": False, "hostname": "elsewhere", "username": "somebody",
                "pid": 1}
        forged = self.change("lock", lock)
        if forged is not lock:
            self.put_sealed("locks", forged)

    @staticmethod
    def snapshot(tree, **members):
        return {"time": TIME, "tree": tree, "paths": ["/source"], "hostname": "forge",
                "username": "forger"} | members
