"""Messages as a repository holds them: encrypted, authenticated, compressed (FORMAT §2, §5).

The system's libraries, called directly: a repository of a thousand messages takes no thousand programs.
"""
import ctypes
import ctypes.util
import os

KEY_BYTES = 64  # AES-256 for text, AES-128 and r for the authenticator
NONCE_BYTES = 16
OVERHEAD = 32


def _library(*names):
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return ctypes.CDLL(ctypes.util.find_library(names[-1].removeprefix("lib").split(".")[0]))


_crypto = _library("libcrypto.so.3", "libcrypto.so")
_sodium = _library("libsodium.so.23", "libsodium.so")
_zstd = _library("libzstd.so.1", "libzstd.so")
for _name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_ctr", "EVP_aes_128_ecb"):
    getattr(_crypto, _name).restype = ctypes.c_void_p
_crypto.EVP_EncryptInit_ex.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_char_p] * 2
_crypto.EVP_EncryptUpdate.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p,
                                      ctypes.c_char_p, ctypes.c_int]
_crypto.EVP_CIPHER_CTX_free.argtypes = [ctypes.c_void_p]
_zstd.ZSTD_compress.restype = _zstd.ZSTD_compressBound.restype = ctypes.c_size_t
_zstd.ZSTD_compress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t,
                                ctypes.c_int]
_zstd.ZSTD_compressBound.argtypes = [ctypes.c_size_t]


def _aes(cipher, key, iv, text):
    context = _crypto.EVP_CIPHER_CTX_new()
    try:
        out = ctypes.create_string_buffer(len(text) + 16)
        length = ctypes.c_int()
        if not (_crypto.EVP_EncryptInit_ex(context, cipher(), None, key, iv) and
                _crypto.EVP_EncryptUpdate(context, out, ctypes.byref(length), text, len(text))):
            raise RuntimeError("the library does not encrypt")
        return out.raw[:length.value]
    finally:
        _crypto.EVP_CIPHER_CTX_free(context)


def encrypt(key, nonce, text):
    """AES-256 in counter mode: its own inverse."""
    return _aes(_crypto.EVP_aes_256_ctr, key[:32], nonce, text)


def authenticator(key, nonce, text):
    """Poly1305-AES."""
    one_time_key = key[48:64] + _aes(_crypto.EVP_aes_128_ecb, key[32:48], None, nonce)
    out = ctypes.create_string_buffer(16)
    _sodium.crypto_onetimeauth(out, text, ctypes.c_ulonglong(len(text)), one_time_key)
    return out.raw


def seal(key, text, nonce=None):
    """Encrypted and authenticated, as a file of a repository is."""
    nonce = nonce or os.urandom(NONCE_BYTES)
    sealed = encrypt(key, nonce, text)
    return nonce + sealed + authenticator(key, nonce, sealed)


def compress(text):
    """One frame that says how much it holds."""
    out = ctypes.create_string_buffer(_zstd.ZSTD_compressBound(len(text)))
    size = _zstd.ZSTD_compress(out, len(out), text, len(text), 1)
    return out.raw[:size]
