#include "fs/look/search_rules.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "fs/select/lower_case.h"
#include "fs/select/pattern.h"

namespace snapfs {
namespace {

using Judge = std::function<void(std::size_t, SearchRule::Verdict)>;
using Parts = std::vector<std::string_view>;

/// Views into `path`, which is absolute.
Parts parts_of(std::string_view path) {
  Parts parts;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

class NameRule final : public SearchRule {
 public:
  explicit NameRule(const NameQuery& query) : query_(query) {
    for (const std::string& text : query.patterns) {
      // Everything is what an empty pattern matches, too.
      const std::string typed = text.empty() ? "/" : text;
      Pattern pattern(typed, "find");  // as typed, so that a message shows it so
      patterns_.push_back(query.ignore_case ? Pattern(lower_case(typed), "find")
                                            : std::move(pattern));
      const std::optional<std::size_t> reach = patterns_.back().reach();
      reach_ = reach && reach_ ? std::optional(std::max(*reach, *reach_)) : std::nullopt;
    }
  }

  std::string aspect(std::string_view directory) const override {
    const std::string folded = folded_path(directory);
    const Parts parts = parts_of(folded);
    if (all_match(parts)) return "all";
    if (!reach_) return folded;
    // No name begins with a slash, so this is not taken for anything else.
    std::string text;
    for (std::size_t i = parts.size() - std::min(parts.size(), *reach_); i < parts.size(); ++i) {
      text.append("/").append(parts[i]);
    }
    return text;
  }

  void judge(std::string_view directory, const std::vector<Node>& nodes,
             const Judge& judge) const override {
    const std::string folded = folded_path(directory);
    Parts path = parts_of(folded);
    const bool all = all_match(path);
    const std::vector<Candidate> asked = candidates(path);
    path.emplace_back();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::string name = query_.ignore_case ? lower_case(nodes[i].name) : std::string();
      path.back() = query_.ignore_case ? std::string_view(name) : nodes[i].name;
      const bool matches = all || any_matches(asked, path);
      const bool enter = nodes[i].subtree && (matches || any_may_match_below(path));
      if (matches || enter) judge(i, {matches && in_time(nodes[i]), enter});
    }
  }

  bool wants_nodes() const noexcept override { return query_.wants_nodes; }

 private:
  std::string folded_path(std::string_view path) const {
    return query_.ignore_case ? lower_case(path) : std::string(path);
  }

  bool all_match(const Parts& directory) const {
    return std::ranges::any_of(patterns_, [&](const Pattern& pattern) {
      return pattern.outlook(directory) == Pattern::Outlook::kAll;
    });
  }

  /// A pattern that may match an entry of a directory, and how that is found out.
  struct Candidate {
    const Pattern* pattern;
    bool by_name;
  };

  std::vector<Candidate> candidates(const Parts& directory) const {
    std::vector<Candidate> found;
    for (const Pattern& pattern : patterns_) {
      const Pattern::Outlook outlook = pattern.outlook(directory);
      if (outlook == Pattern::Outlook::kNone) continue;
      found.push_back({&pattern, outlook == Pattern::Outlook::kName});
    }
    return found;
  }

  static bool any_matches(const std::vector<Candidate>& asked, const Parts& path) {
    return std::ranges::any_of(asked, [&](const Candidate& candidate) {
      return candidate.by_name ? candidate.pattern->name_matches(path.back())
                               : candidate.pattern->matches(path);
    });
  }

  bool any_may_match_below(const Parts& path) const {
    return std::ranges::any_of(
        patterns_, [&](const Pattern& pattern) { return pattern.may_match_below(path); });
  }

  bool in_time(const Node& node) const {
    if (query_.oldest && node.mtime < *query_.oldest) return false;
    return !query_.newest || node.mtime <= *query_.newest;
  }

  const NameQuery query_;
  std::vector<Pattern> patterns_;
  std::optional<std::size_t> reach_ = 0;
};

class BlobRule final : public SearchRule {
 public:
  BlobRule(const BlobChoice& data, const BlobChoice& trees) : data_(data), trees_(trees) {}

  std::string aspect(std::string_view /*directory*/) const override { return {}; }

  void judge(std::string_view /*directory*/, const std::vector<Node>& nodes,
             const Judge& judge) const override {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Node& node = nodes[i];
      const bool found = (node.subtree && trees_.contains(*node.subtree)) ||
                         (!data_.empty() && std::ranges::any_of(node.content, [&](const Id& id) {
                           return data_.contains(id);
                         }));
      judge(i, {found, node.subtree.has_value()});
    }
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
