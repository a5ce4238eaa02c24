"""Makes a repository's key file cheap to open, for tests that start a program hundreds of times.

The master key is sealed anew under a key that scrypt derives with the smallest cost (FORMAT §2, §3).
"""
import base64
import hashlib
import json
import os

from sealing import NONCE_BYTES, encrypt, seal

COST = {"N": 2, "r": 8, "p": 1}


def cheapen(repository, password):
    (path,) = [entry.path for entry in os.scandir(os.path.join(repository, "keys"))]
    with open(path, "rb") as file:
        key_file = json.load(file)
    salt = base64.b64decode(key_file["salt"])
    sealed = base64.b64decode(key_file["data"])
    master_key = encrypt(derive(password, salt, key_file), sealed[:NONCE_BYTES],
                         sealed[NONCE_BYTES:-16])  # its own inverse
    key_file |= COST
    key_file["data"] = base64.b64encode(seal(derive(password, salt, key_file), master_key)).decode()
    content = json.dumps(key_file).encode()
    with open(os.path.join(os.path.dirname(path), hashlib.sha256(content).hexdigest()), "wb") as file:
        file.write(content)
    os.remove(path)


def derive(password, salt, cost):
    return hashlib.scrypt(password.encode(), salt=salt, n=cost["N"], r=cost["r"], p=cost["p"],
                          maxmem=1 << 30, dklen=64)


def key_of(master_key):
    """The key as bytes, of what `cat masterkey` prints."""
    return b"".join(base64.b64decode(part) for part in
                    (master_key["encrypt"], master_key["mac"]["k"], master_key["mac"]["r"]))
