"""Makes a repository's key file cheap to open, for tests that start a program hundreds of times.

The master key is sealed anew under a key that scrypt derives with the smallest cost (FORMAT §2, §3).
Needs the openssl program; without it everything stays as it is, slow and right.
"""
import base64
import hashlib
import json
import os
import shutil
import subprocess

COST = {"N": 2, "r": 8, "p": 1}
NONCE_BYTES = 16


def cheapen(repository, password):
    if shutil.which("openssl") is None:
        return
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


def seal(key, text):
    """Encrypted and authenticated, as a file of a repository is."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = encrypt(key, nonce, text)
    return nonce + sealed + authenticator(key, nonce, sealed)


def openssl(cipher, key, data, *options):
    return subprocess.run(["openssl", "enc", cipher, "-K", key.hex(), *options], input=data,
                          capture_output=True, check=True).stdout


def encrypt(key, nonce, text):
    return openssl("-aes-256-ctr", key[:32], text, "-iv", nonce.hex())


def authenticator(key, nonce, text):
    """Poly1305-AES."""
    r = int.from_bytes(key[48:64], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for start in range(0, len(text), 16):
        total = (total + int.from_bytes(text[start:start + 16] + b"\1", "little")) * r % (2**130 - 5)
    total += int.from_bytes(openssl("-aes-128-ecb", key[32:48], nonce, "-nopad"), "little")
    return (total % 2**128).to_bytes(16, "little")
