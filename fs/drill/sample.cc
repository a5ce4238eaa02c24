// Every item has a priority: a digest of the seed and its path. Of each kind those of the highest
// priority are kept, in a heap. So neither the order of the walk nor what else there is has a say
// in which items of a kind are taken.
#include "fs/drill/sample.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/base/path.h"
#include "fs/crypto/sha256.h"
#include "fs/tree/ordered_walk.h"

namespace snapfs {
namespace {

/// Whether `path` is `directory` or something in it. Both are cleaned.
bool is_within(std::string_view directory, std::string_view path) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

struct Candidate {
  Id priority;
  SampledItem item;
};

/// Of items of one kind, the first by priority.
class Kind {
 public:
  void offer(const Id& priority, const std::string& path, Node& node, std::size_t most) {
    if (heap_.size() == most) {
      if (most == 0 || heap_.front().priority < priority) return;
      std::ranges::pop_heap(heap_, {}, &Candidate::priority);
      heap_.pop_back();
    }
    heap_.push_back({priority, {path, std::move(node)}});
    std::ranges::push_heap(heap_, {}, &Candidate::priority);
  }

  std::vector<Candidate> sorted() && {
    std::ranges::sort_heap(heap_, {}, &Candidate::priority);
    return std::move(heap_);
  }

 private:
  std::vector<Candidate> heap_;  ///< the last by priority in front
};

/// The first is the type, the second a class of sizes.
using KindKey = std::pair<NodeType, int>;

KindKey kind_of(const Node& node) {
  if (node.type != NodeType::kFile) return {node.type, 0};
  constexpr int kBitsOfClass = 4;
  return {node.type,
          (static_cast<int>(std::bit_width(node.size)) + kBitsOfClass - 1) / kBitsOfClass};
}

bool can_be_restored(NodeType type) {
  return type != NodeType::kSocket && type != NodeType::kIrregular;
}

class Sampler final : public WalkVisitor {
 public:
  explicit Sampler(const SampleRule& rule)
      : rule_(rule), most_(std::min<std::uint64_t>(rule.items, kMostSampled)) {
    for (const std::string& path : rule.paths) wanted_.insert(clean_path("/" + path));
    missing_ = wanted_;
    missing_.erase("/");
  }

  /// Whether something of what is wanted can be in the directory.
  bool enters(const std::string& path) const {
    return shows(path) || std::ranges::any_of(wanted_, [&](const std::string& wanted) {
             return is_within(path, wanted);
           });
  }

  void node(const std::string& path, Node& node) override {
    if (!missing_.empty()) missing_.erase(path);
    if (!shows(path) || !can_be_restored(node.type)) return;
    ++items_total_;
    const KindKey kind = kind_of(node);
    kinds_[kind].offer(sha256(as_bytes(fmt::format("{}\n{}", rule_.seed, path))), path, node,
                       most_);
  }

  void unreadable(const std::string& path, const Id& /*tree*/, const Error& error) override {
    if (error.ends_the_run()) throw Error(error);
    unreadable_.push_back({path, error.what()});
  }

  Sample finish() && {
    Sample sample;
    sample.items_total = items_total_;
    sample.unreadable = std::move(unreadable_);
    sample.missing.assign(missing_.begin(), missing_.end());
    take_in_turn(sample);
    std::ranges::sort(sample.items, {}, &SampledItem::path);
    return sample;
  }

 private:
  bool shows(const std::string& path) const {
    return wanted_.empty() || std::ranges::any_of(wanted_, [&](const std::string& wanted) {
             return is_within(wanted, path);
           });
  }

  void take_in_turn(Sample& sample) {
    std::vector<std::vector<Candidate>> kinds;
    for (auto& [key, kind] : kinds_) kinds.push_back(std::move(kind).sorted());
    bool more = true;
    for (std::size_t turn = 0; more && sample.items.size() < most_; ++turn) {
      more = false;
      // The largest files first: they are the fewest, and a limit shall not fall on them alone.
      for (auto kind = kinds.rbegin(); kind != kinds.rend(); ++kind) {
        if (turn >= kind->size() || sample.items.size() >= most_) continue;
        more = true;
        SampledItem& item = (*kind)[turn].item;
        if (item.node.size > rule_.bytes - sample.content_bytes) continue;
        sample.content_bytes += item.node.size;
        sample.items.push_back(std::move(item));
      }
    }
  }

  const SampleRule& rule_;
  const std::size_t most_;
  std::set<std::string> wanted_;
  std::set<std::string> missing_;
  std::map<KindKey, Kind> kinds_;
  std::uint64_t items_total_ = 0;
  std::vector<UnreadableDirectory> unreadable_;
};

}  // namespace

Sample choose_sample(Repository& repository, const Id& tree, const SampleRule& rule,
                     const StopToken& stop) {
  Sampler sampler(rule);
  const bool everywhere = rule.paths.empty();
  const auto into = [&](const WalkPlace& place, const Node&) {
    return everywhere || sampler.enters(place.path());
  };
  walk_in_order(repository, tree, into, sampler, stop);
  return std::move(sampler).finish();
}

}  // namespace snapfs
