// The path of where a walk is, in one piece of memory however deep that is. A walk that kept the
// path of every directory above it would need the square of its depth.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace snapfs {

/// An absolute path that grows and shrinks at its end. Not thread-safe.
class PathBuffer {
 public:
  /// Valid until the next change.
  const std::string& text() const noexcept { return text_; }

  /// Goes down to `name`; returns what cut() takes to come back.
  std::size_t enter(std::string_view name) {
    const std::size_t before = text_.size();
    if (before > 1) text_ += '/';
    text_ += name;
    return before;
  }

  void cut(std::size_t size) { text_.resize(size); }

 private:
  std::string text_ = "/";
};

/// A directory's way up to the root, for walks that are in many places at once: each place holds
/// its own name and shares the rest. Immutable; thread-safe. The default one is the root.
class PathChain {
 public:
  PathChain() = default;
  ~PathChain() { release(); }
  PathChain(const PathChain&) = default;
  PathChain(PathChain&&) noexcept = default;
  PathChain& operator=(const PathChain& other) {
    if (this != &other) *this = PathChain(other);
    return *this;
  }
  PathChain& operator=(PathChain&& other) noexcept {
    std::swap(link_, other.link_);
    return *this;
  }

  PathChain below(std::string name) const;

  /// The absolute path.
  std::string text() const;

  /// Whether text() is less than the other's, without putting them together.
  bool is_before(const PathChain& other) const;

 private:
  struct Link;

  std::size_t depth() const noexcept;

  explicit PathChain(std::shared_ptr<const Link> link) : link_(std::move(link)) {}

  /// One link after the other: the last owner of a chain must not need a call for each.
  void release() noexcept;

  std::shared_ptr<const Link> link_;
};

struct PathChain::Link {
  Link(PathChain up, std::string own) : above(std::move(up)), name(std::move(own)) {}

  mutable PathChain above;  ///< changed only when the link is freed
  std::string name;
};

inline PathChain PathChain::below(std::string name) const {
  return PathChain(std::make_shared<const Link>(*this, std::move(name)));
}

inline std::string PathChain::text() const {
  std::size_t size = 0;
  for (const Link* link = link_.get(); link != nullptr; link = link->above.link_.get()) {
    size += link->name.size() + 1;
  }
  if (size == 0) return "/";
  std::string path(size, '/');
  for (const Link* link = link_.get(); link != nullptr; link = link->above.link_.get()) {
    size -= link->name.size();
    path.replace(size, link->name.size(), link->name);
    --size;
  }
  return path;
}

inline std::size_t PathChain::depth() const noexcept {
  std::size_t depth = 0;
  for (const Link* link = link_.get(); link != nullptr; link = link->above.link_.get()) ++depth;
  return depth;
}

inline bool PathChain::is_before(const PathChain& other) const {
  const Link* left = link_.get();
  const Link* right = other.link_.get();
  const Link* left_below = nullptr;  // where the paths part, below what they share
  const Link* right_below = nullptr;
  const auto up = [](const Link*& link, const Link*& below) {
    below = link;
    link = link->above.link_.get();
  };
  const std::size_t left_depth = depth();
  const std::size_t right_depth = other.depth();
  for (std::size_t i = right_depth; i < left_depth; ++i) up(left, left_below);
  for (std::size_t i = left_depth; i < right_depth; ++i) up(right, right_below);
  while (left != right) {
    up(left, left_below);
    up(right, right_below);
  }
  if (left_below == nullptr || right_below == nullptr) return right_below != nullptr;
  // What follows a name is a slash, or nothing.
  const auto named = [](const Link* link, const PathChain& path) {
    return link == path.link_.get() ? link->name : link->name + '/';
  };
  if (left_below->name == right_below->name) return text() < other.text();
  return named(left_below, *this) < named(right_below, other);
}

inline void PathChain::release() noexcept {
  while (link_ && link_.use_count() == 1) {
    std::shared_ptr<const Link> above = std::move(link_->above.link_);
    link_ = std::move(above);
  }
}

}  // namespace snapfs
