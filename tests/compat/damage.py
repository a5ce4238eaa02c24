"""Ways to damage a repository, and the keys to write index files that say what one wants."""
import base64
import hashlib
import json
import os

import cheap_key
from sealing import encrypt, seal


def pack_path(repository, pack):
    return os.path.join(repository, "data", pack[:2], pack)


def write(path, content):
    """Whatever the file's mode; it is replaced."""
    if os.path.exists(path):
        os.remove(path)
    with open(path, "wb") as file:
        file.write(content)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def flip(path, offset, bit=0):
    content = bytearray(read(path))
    content[offset] ^= 1 << bit
    write(path, bytes(content))


def truncate(path, size):
    write(path, read(path)[:size])


def master_key(repository, password):
    (name,) = os.listdir(os.path.join(repository, "keys"))
    key_file = json.loads(read(os.path.join(repository, "keys", name)))
    sealed = base64.b64decode(key_file["data"])
    user_key = cheap_key.derive(password, base64.b64decode(key_file["salt"]), key_file)
    master = json.loads(encrypt(user_key, sealed[:16], sealed[16:-16]))
    parts = (master["encrypt"], master["mac"]["k"], master["mac"]["r"])
    return b"".join(base64.b64decode(part) for part in parts)


def save_json(repository, folder, key, value):
    """A file in plain JSON, which every version of the format allows."""
    content = seal(key, json.dumps(value).encode())
    write(os.path.join(repository, folder, hashlib.sha256(content).hexdigest()), content)


def save_index(repository, key, packs):
    save_json(repository, "index", key, {"packs": packs})
