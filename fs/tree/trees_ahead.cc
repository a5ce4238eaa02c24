// A list of the trees that are expected, in the order in which a walk will come to them. What is
// loaded is kept until it is asked for, and those below it take its place in the list. A tree that
// is asked for before its turn is loaded by who wants it, at once; the same goes on below it. When
// what is kept has reached its size, loading stops; it was for nothing when the walk went
// elsewhere, so the older half is dropped as soon as somebody had to load for himself.
#include "fs/tree/trees_ahead.h"

#include <exception>
#include <utility>

#include "fs/repo/repository.h"
#include "fs/tree/tree_references.h"

namespace snapfs {
namespace {

/// None where it cannot be told: who asks for the tree hears why.
std::vector<Id> subtrees_of(const Bytes& tree) {
  try {
    return read_references(copy_of(tree)).subtrees;
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

TreesAhead::TreesAhead(Repository& repository, const StopToken& stop, TreesMetAgain again)
    : repository_(repository), fetcher_(repository), feed_(fetcher_, *this, Urgency::kAhead, stop) {
  if (again == TreesMetAgain::kLeftOut && !fetcher_.is_near()) met_.emplace(repository);
}

void TreesAhead::expect(const Id& root) {
  if (fetcher_.is_near()) return;
  {
    const std::lock_guard lock(mutex_);
    expect_below(expected_.end(), {root});
  }
  feed_.more();
}

Bytes TreesAhead::take(const Id& tree, const StopToken& stop) {
  if (fetcher_.is_near()) return repository_.load_blob({BlobType::kTree, tree}, stop);
  std::unique_lock lock(mutex_);
  const auto is_flying = [&] {
    const auto found = places_.find(tree);
    return !ended_ && found != places_.end() && found->second->is_flying;
  };
  while (is_flying()) {
    lock.unlock();
    const bool helped = feed_.help();
    lock.lock();
    if (!helped && is_flying()) arrived_.wait(lock);
  }
  if (const auto kept = kept_.find(tree); kept != kept_.end()) {
    Bytes plain;
    if (--kept->second.uses > 0) {
      plain = copy_of(kept->second.text);
      // What is below was for the first time.
      lock.unlock();
      const std::vector<Id> below = subtrees_of(plain);
      lock.lock();
      expect_below(expected_.begin(), below);
    } else {
      plain = std::move(kept->second.text);
      kept_.erase(kept);
      kept_bytes_ -= plain.size();
    }
    const bool hungry = std::exchange(hungry_, false);
    lock.unlock();
    if (hungry) feed_.more();
    return plain;
  }
  if (ended_) {  // what is still under way has its place in the list
    lock.unlock();
    return repository_.load_blob({BlobType::kTree, tree}, stop);
  }
  Place place = expected_.begin();
  std::size_t uses = 1;
  if (const auto expected = places_.extract(tree)) {
    uses = expected.mapped()->uses;
    place = expected_.erase(expected.mapped());
  }
  make_room();
  // What comes after it keeps its place while this one is loaded.
  place = expected_.insert(place, {tree, true});
  lock.unlock();
  const auto forget = [&](const std::vector<Id>& below) {
    if (!lock.owns_lock()) lock.lock();
    expect_below(std::next(place), below);
    expected_.erase(place);
    lock.unlock();
    feed_.more();
  };
  try {
    Bytes plain = repository_.load_blob({BlobType::kTree, tree}, stop);
    const std::vector<Id> below = subtrees_of(plain);
    lock.lock();
    if (uses > 1) keep(tree, copy_of(plain), uses - 1);
    forget(below);
    return plain;
  } catch (...) {
    forget({});
    throw;
  }
}

/// The first ones that nobody loads yet.
void TreesAhead::next(std::vector<WantedBlob>& batch) {
  const std::lock_guard lock(mutex_);
  for (Place place = expected_.begin(); place != expected_.end(); ++place) {
    if (kept_bytes_ >= kMaxBytes || batch.size() >= kBatch) break;
    if (place->is_flying) continue;
    place->is_flying = true;
    batch.push_back({{BlobType::kTree, place->tree}, ++last_tag_, {}});
    flying_.emplace(last_tag_, place);
  }
  hungry_ = batch.empty();
}

void TreesAhead::take(const FetchedBlob& blob) {
  Bytes plain;
  std::vector<Id> below;
  try {
    plain = blob.open_this();
    below = subtrees_of(plain);
  } catch (const std::exception&) {
    // Who asks for it tries again, and hears why.
  }
  const bool is_loaded = !plain.empty();
  std::unique_lock lock(mutex_);
  const Place place = flying_.extract(blob.tag()).mapped();
  const Id tree = place->tree;
  const std::size_t uses = place->uses;
  places_.erase(tree);
  // One too many is loaded again when it is asked for.
  if (is_loaded && kept_bytes_ < kMaxBytes) keep(tree, std::move(plain), uses);
  expect_below(std::next(place), below);
  expected_.erase(place);
  const bool hungry = std::exchange(hungry_, false);
  arrived_.notify_all();
  lock.unlock();
  if (hungry) feed_.more();
}

void TreesAhead::failed(const std::exception_ptr& /*failure*/) noexcept {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  arrived_.notify_all();
}

/// Under the lock.
void TreesAhead::keep(const Id& tree, Bytes plain, std::size_t uses) {
  const std::size_t bytes = plain.size();
  if (!kept_.emplace(tree, Kept{std::move(plain), uses}).second) return;
  kept_bytes_ += bytes;
  while (!kept_order_.empty() && !kept_.contains(kept_order_.front())) kept_order_.pop_front();
  kept_order_.push_back(tree);
}

/// Puts trees that are neither expected nor there before `place`. Under the lock.
void TreesAhead::expect_below(Place place, const std::vector<Id>& trees) {
  if (ended_) return;
  for (const Id& tree : trees) {
    if (met_ && !met_->insert(tree)) continue;
    if (const auto kept = kept_.find(tree); kept != kept_.end()) {
      ++kept->second.uses;
    } else if (const auto expected = places_.find(tree); expected != places_.end()) {
      ++expected->second->uses;
    } else {
      places_.emplace(tree, expected_.insert(place, {tree}));
    }
  }
}

/// Under the lock.
void TreesAhead::make_room() {
  if (kept_bytes_ < kMaxBytes) return;
  while (kept_bytes_ >= kMaxBytes / 2 && !kept_order_.empty()) {
    const auto kept = kept_.extract(kept_order_.front());
    if (kept) kept_bytes_ -= kept.mapped().text.size();
    kept_order_.pop_front();
  }
}

}  // namespace snapfs
