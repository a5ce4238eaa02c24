// Where OpenSSL keeps what it makes of keys: it expands them into contexts of its own, in ordinary
// memory, unless it is told otherwise. Private to fs/crypto but for use_secret_heap().
#pragma once

namespace snapfs {

/// Has OpenSSL ask here for memory, from now on. To be called before anything else of it, in this
/// process; later it does nothing, and keys go into ordinary memory.
void use_secret_heap() noexcept;

/// While one lives, what OpenSSL allocates in this thread is locked into memory as far as that is
/// permitted, left out of core dumps, and wiped when it is freed.
class SecretAllocations {
 public:
  SecretAllocations() noexcept;
  ~SecretAllocations();
  SecretAllocations(const SecretAllocations&) = delete;
  SecretAllocations& operator=(const SecretAllocations&) = delete;

 private:
  bool before_;
};

}  // namespace snapfs
