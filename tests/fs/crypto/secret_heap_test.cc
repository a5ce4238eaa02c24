// Where keys are while a cipher uses them: not in memory that is swapped or dumped.
#include "fs/crypto/secret_heap.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include "fs/crypto/cipher.h"
#include "fs/crypto/kdf.h"
#include "fs/crypto/keys.h"

namespace snapfs {
namespace {

/// Before anything of OpenSSL is used, as the program does. A derivation that a test stops still
/// runs while this process exits.
[[maybe_unused]] const bool is_kept = (keep_crypto_to_the_end(), true);

/// What /proc/self/smaps says of a range of addresses.
struct Mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  bool is_writable = false;
  bool is_dumped = true;
};

std::vector<Mapping> mappings() {
  std::ifstream file("/proc/self/smaps");
  std::vector<Mapping> found;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    if (line.starts_with("VmFlags:")) {
      for (std::string flag; words >> flag;) {
        if (flag == "dd") found.back().is_dumped = false;
      }
    } else if (line.find(':') > line.find(' ')) {
      Mapping mapping;
      char dash = 0;
      std::string permissions;
      words >> std::hex >> mapping.begin >> dash >> mapping.end >> permissions;
      mapping.is_writable = permissions.starts_with("rw");
      found.push_back(mapping);
    }
  }
  return found;
}

/// As memmem(3), over what a sanitizer would have nobody touch, too.
[[gnu::no_sanitize_address, gnu::no_sanitize_thread]] bool contains(const Mapping& mapping,
                                                                    ByteView secret) {
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(mapping.begin);
  const auto* const last = reinterpret_cast<const std::uint8_t*>(mapping.end) - secret.size();
  for (const std::uint8_t* place = begin; place <= last; ++place) {
    std::size_t same = 0;
    while (same < secret.size() && place[same] == secret.data()[same]) ++same;
    if (same == secret.size()) return true;
  }
  return false;
}

/// Whether a core dump would have the bytes. A sanitizer's tables are larger than anything of ours.
bool is_dumped(ByteView secret) {
  constexpr std::uintptr_t kLargest = std::uintptr_t{1} << 30;
  for (const Mapping& mapping : mappings()) {
    if (!mapping.is_writable || !mapping.is_dumped) continue;
    if (mapping.end - mapping.begin > kLargest) continue;
    if (contains(mapping, secret)) return true;
  }
  return false;
}

std::optional<Mapping> mapping_of(const void* place) {
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  for (const Mapping& mapping : mappings()) {
    if (address >= mapping.begin && address < mapping.end) return mapping;
  }
  return std::nullopt;
}

TEST(SecretHeap, HasWhatACipherMakesOfItsKeys) {
  const Keys keys = Keys::random();
  Cipher cipher(keys);
  Bytes sealed(3 + Cipher::kOverhead);
  cipher.seal(as_bytes("abc"), sealed);
  for (const ByteView part : {keys.encrypt(), keys.mac_k(), keys.mac_r()}) {
    EXPECT_FALSE(is_dumped(part));
  }
  const Bytes copy(keys.encrypt().begin(), keys.encrypt().end());
  EXPECT_TRUE(is_dumped(keys.encrypt())) << "the search itself finds nothing";
  EXPECT_EQ(copy.size(), Keys::kEncryptSize);
}

TEST(SecretHeap, IsLeftOutOfDumpsAndWipedWhenFreed) {
  void* block = nullptr;
  {
    const SecretAllocations secret;
    block = ::OPENSSL_malloc(100);
  }
  const std::optional<Mapping> mapping = mapping_of(block);
  ASSERT_TRUE(mapping);
  EXPECT_FALSE(mapping->is_dumped);
  std::memset(block, 1, 100);
  ::OPENSSL_free(block);
  const auto* const bytes = static_cast<const std::uint8_t*>(block);
  EXPECT_EQ(bytes[0] | bytes[50] | bytes[99], 0);  // still mapped: the heap is never given back
  const SecretAllocations secret;
  void* const again = ::OPENSSL_malloc(90);
  EXPECT_EQ(again, block);
  ::OPENSSL_free(again);
}

TEST(SecretHeap, MovesWhatGrowsAndTakesNothingElse) {
  void* ordinary = ::OPENSSL_malloc(100);
  EXPECT_TRUE(mapping_of(ordinary)->is_dumped);
  const SecretAllocations secret;
  auto* block = static_cast<char*>(::OPENSSL_malloc(10));
  std::memcpy(block, "0123456789", 10);
  block = static_cast<char*>(::OPENSSL_realloc(block, 5000));
  EXPECT_EQ(std::string(block, 10), "0123456789");
  EXPECT_FALSE(mapping_of(block)->is_dumped);
  ::OPENSSL_free(block);
  // What was ordinary stays so, and what is too large for the heap is.
  ordinary = ::OPENSSL_realloc(ordinary, 200);
  EXPECT_TRUE(mapping_of(ordinary)->is_dumped);
  ::OPENSSL_free(ordinary);
  void* const large = ::OPENSSL_malloc(std::size_t{32} << 20);
  ASSERT_NE(large, nullptr);
  EXPECT_TRUE(mapping_of(large)->is_dumped);
  ::OPENSSL_free(large);
}

}  // namespace
}  // namespace snapfs
