#include "mount/model/gone_names.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace snapfs {

void GoneNames::add(std::vector<VirtualTree::GoneName> names) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t count = std::min(names.size(), kMost - names_.size());
    names_.insert(names_.end(), std::make_move_iterator(names.begin()),
                  std::make_move_iterator(names.begin() + static_cast<std::ptrdiff_t>(count)));
  }
  changed_.notify_one();
}

void GoneNames::run(const Tell& tell) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || !names_.empty(); });
    if (ended_) break;
    const VirtualTree::GoneName name = std::move(names_.front());
    names_.pop_front();
    telling_ = true;
    lock.unlock();
    tell(name);
    lock.lock();
    telling_ = false;
  }
  const auto then = std::exchange(then_, {});
  lock.unlock();
  if (then) then();
}

void GoneNames::end(std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (telling_) {
      then_ = std::move(then);
      return;
    }
  }
  changed_.notify_one();
  if (then) then();
}

}  // namespace snapfs
