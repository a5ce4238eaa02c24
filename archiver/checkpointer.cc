#include "archiver/checkpointer.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <vector>

#include "archiver/task/waiter.h"
#include "fs/base/blocked_signals.h"

namespace snapfs {
namespace {

/// What is being sealed gets into a pack without anybody saying so: after this time it is worth
/// looking again.
constexpr std::chrono::milliseconds kSealingTime{50};

}  // namespace

Checkpointer::Checkpointer(const CheckpointContext& context, std::chrono::milliseconds interval)
    : context_(context), interval_(interval) {
  const BlockedSignals blocked;
  try {
    thread_ = std::jthread([this](const StopToken& stop) {
      context_.tomb.run([&] { run(stop); });
      settle_wakes();
    });
  } catch (const std::system_error&) {
    // A run that is interrupted starts over then.
  }
}

Checkpointer::~Checkpointer() = default;

void Checkpointer::run(const StopToken& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, interval_, [] { return false; });
    lock.unlock();
    if (!stop.stop_requested()) write(stop);
  }
}

void Checkpointer::write(const StopToken& stop) {
  const std::unique_ptr<Codec> codec = context_.repository.make_codec();
  const std::optional<Id> tree = context_.log->save([&](const std::string& json) {
    return context_.blobs.save(BlobType::kTree, as_bytes(json), *codec, context_.tomb.token()).id;
  });
  if (!tree || !wait_until_stored(*codec, stop)) return;
  context_.indexes.flush(context_.tomb.token());
  context_.commit(*tree);
}

/// All that is on its way now: also what another worker was the first to claim, and is still
/// sealing. False when there is no more time.
bool Checkpointer::wait_until_stored(Codec& codec, const StopToken& stop) {
  const std::vector<BlobHandle> wanted = context_.repository.index().pending();
  for (;;) {
    const std::uint64_t seen = context_.stored.count();
    if (!context_.repository.index().any_pending(wanted)) return true;
    if (stop.stop_requested()) return false;
    if (context_.packs.holds_any(wanted)) {
      context_.packs.flush(codec, context_.tomb.token());
    } else {
      context_.stored.wait_for_more(seen, kSealingTime, stop);
    }
  }
}

}  // namespace snapfs
