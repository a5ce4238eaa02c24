// One range of addresses, of which a part is used at a time: pages are locked as the heap grows,
// and what lies in the range is known by its address when it is freed, whoever frees it. Blocks
// have sizes of powers of two and begin with their size's number; those that were freed wait in a
// list for each size. Contexts live as long as the threads that use them, so nothing is given back
// to the system. When the range is used up, or there was none to be had, memory is the ordinary
// one.
#include "fs/crypto/secret_heap.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include <openssl/crypto.h>

namespace snapfs {
namespace {

constexpr std::size_t kRange = std::size_t{16} << 20;
constexpr std::size_t kStep = std::size_t{16} << 10;  ///< locked at a time
constexpr std::size_t kHeader = 16;                   ///< keeps blocks aligned

constinit thread_local bool is_secret = false;

class SecretHeap {
 public:
  bool reserve() noexcept {
    void* const range = ::mmap(nullptr, kRange, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) return false;
    ::madvise(range, kRange, MADV_DONTDUMP);
    begin_ = static_cast<std::byte*>(range);
    return true;
  }

  bool owns(const void* block) const noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    const auto begin = reinterpret_cast<std::uintptr_t>(begin_);
    return begin != 0 && address >= begin && address - begin < kRange;
  }

  /// Null when there is no room.
  void* allocate(std::size_t size) noexcept {
    if (size > kRange / 2) return nullptr;
    const auto order = static_cast<std::size_t>(std::bit_width(size + kHeader - 1));
    const std::lock_guard lock(mutex_);
    Block* block = free_[order];
    if (block != nullptr) {
      free_[order] = block->next;
    } else {
      block = grow(std::size_t{1} << order);
      if (block == nullptr) return nullptr;
    }
    block->order = order;
    return reinterpret_cast<std::byte*>(block) + kHeader;
  }

  static std::size_t size_of(void* memory) noexcept {
    return (std::size_t{1} << block_of(memory)->order) - kHeader;
  }

  void release(void* memory) noexcept {
    ::OPENSSL_cleanse(memory, size_of(memory));
    Block* const block = block_of(memory);
    const std::lock_guard lock(mutex_);
    block->next = free_[block->order];
    free_[block->order] = block;
  }

 private:
  struct Block {
    std::size_t order;
    Block* next;  ///< of those that are free
  };
  static_assert(sizeof(Block) == kHeader);

  static Block* block_of(void* memory) noexcept {
    return reinterpret_cast<Block*>(static_cast<std::byte*>(memory) - kHeader);
  }

  Block* grow(std::size_t size) noexcept {
    if (size > kRange - used_) return nullptr;
    Block* const block = reinterpret_cast<Block*>(begin_ + used_);
    used_ += size;
    while (locked_ < used_) {
      // As much as the limits permit; otherwise it may be swapped.
      ::mlock(begin_ + locked_, std::min(kStep, kRange - locked_));
      locked_ += kStep;
    }
    return block;
  }

  std::byte* begin_ = nullptr;
  std::mutex mutex_;
  std::size_t used_ = 0;
  std::size_t locked_ = 0;
  std::array<Block*, 64> free_{};
};

/// Never destroyed: OpenSSL may free its last blocks when the process ends.
constinit SecretHeap heap;

void* allocate(std::size_t size, const char* /*file*/, int /*line*/) {
  if (is_secret) {
    if (void* const block = heap.allocate(size)) return block;
  }
  return std::malloc(size);
}

void release(void* block, const char* /*file*/, int /*line*/) {
  if (heap.owns(block)) {
    heap.release(block);
  } else {
    std::free(block);
  }
}

void* reallocate(void* block, std::size_t size, const char* file, int line) {
  if (!heap.owns(block)) return std::realloc(block, size);
  void* const larger = allocate(size, file, line);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, std::min(size, SecretHeap::size_of(block)));
  heap.release(block);
  return larger;
}

}  // namespace

void use_secret_heap() noexcept {
  if (heap.reserve()) ::CRYPTO_set_mem_functions(allocate, reallocate, release);
}

SecretAllocations::SecretAllocations() noexcept : before_(is_secret) { is_secret = true; }

SecretAllocations::~SecretAllocations() { is_secret = before_; }

}  // namespace snapfs
