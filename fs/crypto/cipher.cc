#include "fs/crypto/cipher.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <climits>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "fs/crypto/all_zero.h"
#include "fs/crypto/openssl_handles.h"
#include "fs/crypto/random.h"
#include "fs/crypto/secret_heap.h"

namespace snapfs {
namespace {

using Tag = std::array<std::uint8_t, Cipher::kTagSize>;

CipherContext new_cipher_context(const EVP_CIPHER* algorithm, ByteView key) {
  CipherContext context(EVP_CIPHER_CTX_new());
  require_openssl(context != nullptr, "EVP_CIPHER_CTX_new");
  require_openssl(EVP_EncryptInit_ex2(context.get(), algorithm, key.data(), nullptr, nullptr) == 1,
                  "EVP_EncryptInit");
  return context;
}

}  // namespace

struct Cipher::Contexts {
  /// What is looked up first, and kept for good, is no secret.
  static void look_up_algorithms() {
    static const bool done = [] {
      const std::array<std::uint8_t, 32> zeros{};
      new_cipher_context(EVP_aes_256_ctr(), zeros);
      new_cipher_context(EVP_aes_128_ecb(), zeros);
      return true;
    }();
    static_cast<void>(done);
  }

  explicit Contexts(const Keys& keys) {
    look_up_algorithms();
    mac_algorithm.reset(EVP_MAC_fetch(nullptr, "POLY1305", nullptr));
    const SecretAllocations secret;
    stream = new_cipher_context(EVP_aes_256_ctr(), keys.encrypt());
    nonce_block = new_cipher_context(EVP_aes_128_ecb(), keys.mac_k());
    mac.reset(EVP_MAC_CTX_new(mac_algorithm.get()));
    require_openssl(mac != nullptr, "EVP_MAC_CTX_new");
    mac_r = keys.mac_r();
  }

  /// Encryption and decryption are the same operation in counter mode.
  void apply_stream(ByteView nonce, ByteView in, MutByteView out) {
    require_openssl(EVP_EncryptInit_ex2(stream.get(), nullptr, nullptr, nonce.data(), nullptr) == 1,
                    "EVP_EncryptInit");
    while (!in.empty()) {
      const std::size_t step = std::min<std::size_t>(in.size(), INT_MAX / 2);
      int written = 0;
      require_openssl(EVP_EncryptUpdate(stream.get(), out.data(), &written, in.data(),
                                        static_cast<int>(step)) == 1,
                      "EVP_EncryptUpdate");
      in = in.subspan(step);
      out = out.subspan(step);
    }
  }

  /// Poly1305 under the one-time key r ‖ AES-128_k(nonce) (D. J. Bernstein, "The Poly1305-AES
  /// message-authentication code", 2005).
  Tag tag_of(ByteView nonce, ByteView ciphertext) {
    std::array<std::uint8_t, 32> key{};
    std::ranges::copy(mac_r, key.begin());
    int written = 0;
    require_openssl(EVP_EncryptUpdate(nonce_block.get(), key.data() + 16, &written, nonce.data(),
                                      kNonceSize) == 1,
                    "EVP_EncryptUpdate");
    Tag tag{};
    std::size_t size = 0;
    const bool ok = EVP_MAC_init(mac.get(), key.data(), key.size(), nullptr) == 1 &&
                    EVP_MAC_update(mac.get(), ciphertext.data(), ciphertext.size()) == 1 &&
                    EVP_MAC_final(mac.get(), tag.data(), &size, tag.size()) == 1;
    wipe(key);
    require_openssl(ok && size == tag.size(), "EVP_MAC");
    return tag;
  }

  CipherContext stream;
  CipherContext nonce_block;
  MacAlgorithm mac_algorithm;
  MacContext mac;
  ByteView mac_r;
};

Cipher::Cipher(const Keys& keys) : contexts_(std::make_unique<Contexts>(keys)) {}

Cipher::~Cipher() = default;

void Cipher::seal(ByteView plain, MutByteView out) {
  assert(out.size() == plain.size() + kOverhead);
  const MutByteView nonce = out.first(kNonceSize);
  const MutByteView ciphertext = out.subspan(kNonceSize, plain.size());
  do {
    fill_random(nonce);
  } while (all_zero(nonce));
  contexts_->apply_stream(nonce, plain, ciphertext);
  std::ranges::copy(contexts_->tag_of(nonce, ciphertext), out.last(kTagSize).begin());
}

bool Cipher::open(ByteView sealed, MutByteView out) {
  if (sealed.size() < kOverhead) return false;
  assert(out.size() == sealed.size() - kOverhead);
  const ByteView nonce = sealed.first(kNonceSize);
  const ByteView ciphertext = sealed.subspan(kNonceSize, sealed.size() - kOverhead);
  if (all_zero(nonce)) return false;
  const Tag tag = contexts_->tag_of(nonce, ciphertext);
  if (CRYPTO_memcmp(tag.data(), sealed.last(kTagSize).data(), kTagSize) != 0) return false;
  contexts_->apply_stream(nonce, ciphertext, out);
  return true;
}

}  // namespace snapfs
