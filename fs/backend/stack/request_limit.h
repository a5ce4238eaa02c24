// No more requests under way than the storage is good at, and the right ones among them.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>

#include "fs/backend/backend.h"

namespace snapfs {

/// Lets so many requests through at once. When more want to, the most urgent goes next, and of
/// those the one that came first. Locks overtake them all and do not count: a slow link would let
/// the repository's lock grow stale otherwise. Thread-safe.
class RequestLimitBackend final : public Backend {
 public:
  /// `inner` must outlive this; `most` is at least 1.
  RequestLimitBackend(Backend& inner, unsigned most);

  void create(const StopToken& stop) override;
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override;
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override;
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override;
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override;
  void remove(const FileKey& key, const StopToken& stop) override;
  StorageTraits traits() const noexcept override { return inner_.traits(); }
  std::string location() const override { return inner_.location(); }

  /// How many requests wait to be let through.
  std::size_t waiting() const;

 private:
  class Place;
  struct Waiter {
    std::condition_variable_any called;
    bool let_through = false;
  };
  using Queue = std::list<Waiter*>;

  void enter(Urgency urgency, const StopToken& stop);
  void leave() noexcept;

  Backend& inner_;
  mutable std::mutex mutex_;
  unsigned free_;                ///< how many more may be under way; 0 while anyone waits
  std::array<Queue, 3> queues_;  ///< one for each urgency, whoever came first in front
};

}  // namespace snapfs
