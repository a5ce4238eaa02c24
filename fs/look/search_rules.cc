#include "fs/look/search_rules.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "fs/pattern/pattern_walk.h"

namespace snapfs {
namespace {

/// The patterns as a list: nothing is taken back here.
PatternList list_of(const NameQuery& query) {
  PatternSource source{"find", {}};
  for (const std::string& text : query.patterns) {
    const std::string_view plain = text.starts_with('!') ? std::string_view(text).substr(1) : text;
    // Everything is what an empty pattern matches, too.
    source.patterns.emplace_back(plain.empty() ? "/" : plain);
  }
  return {std::span(&source, 1), query.ignore_case ? LetterCase::kIgnored : LetterCase::kMatters};
}

class NameRule final : public SearchRule {
 public:
  explicit NameRule(const NameQuery& query) : query_(query), walk_({list_of(query)}) {}

  State below(State directory, std::string_view name) const override {
    return walk_.below(directory, name);
  }

  Verdict judge(State directory, const Node& node) const override {
    const PatternList::Inclusion verdict = walk_.verdict(directory, node.name);
    return {verdict.item && in_time(node), node.subtree && (verdict.item || verdict.below)};
  }

  bool wants_nodes() const noexcept override { return query_.wants_nodes; }

 private:
  bool in_time(const Node& node) const {
    if (query_.oldest && node.mtime < *query_.oldest) return false;
    return !query_.newest || node.mtime <= *query_.newest;
  }

  const NameQuery query_;
  const PatternWalk walk_;
};

class BlobRule final : public SearchRule {
 public:
  BlobRule(const BlobChoice& data, const BlobChoice& trees) : data_(data), trees_(trees) {}

  State below(State /*directory*/, std::string_view /*name*/) const override { return kRoot; }

  Verdict judge(State /*directory*/, const Node& node) const override {
    const bool found = (node.subtree && trees_.contains(*node.subtree)) ||
                       (!data_.empty() && std::ranges::any_of(node.content, [&](const Id& id) {
                         return data_.contains(id);
                       }));
    return {found, node.subtree.has_value()};
  }

  bool wants_nodes() const noexcept override { return true; }

 private:
  const BlobChoice& data_;
  const BlobChoice& trees_;
};

}  // namespace

std::unique_ptr<SearchRule> make_name_rule(const NameQuery& query) {
  return std::make_unique<NameRule>(query);
}

void BlobChoice::add(const IdPrefix& prefix) {
  if (prefix.is_whole()) {
    whole_.insert(prefix.id());
  } else {
    prefixes_.push_back(prefix);
  }
}

bool BlobChoice::contains(const Id& id) const {
  return whole_.contains(id) ||
         std::ranges::any_of(prefixes_, [&](const IdPrefix& prefix) { return prefix.matches(id); });
}

std::unique_ptr<SearchRule> make_blob_rule(const BlobChoice& data, const BlobChoice& trees) {
  return std::make_unique<BlobRule>(data, trees);
}

}  // namespace snapfs
