// Hears what a selection decides beyond the rules that the user gave.
#pragma once

#include <string>

namespace snapfs {

/// Called by several threads at once. Nothing told here makes a snapshot incomplete.
class SelectionObserver {
 public:
  virtual ~SelectionObserver() = default;

  /// A rule could not be applied to `path`: what it would have left out is saved. The messages
  /// of this class begin with the path.
  virtual void rule_failed(const std::string& path, const std::string& message) = 0;

  /// `path` is left out although no rule of the user says so.
  virtual void left_out(const std::string& path, const std::string& message) = 0;

  /// Of all that is in `path`, which the user named, the rules select nothing.
  virtual void nothing_left(const std::string& path) = 0;
};

/// For those who ask a second time: what there is to hear was heard.
class UnobservedSelection final : public SelectionObserver {
  void rule_failed(const std::string& /*path*/, const std::string& /*message*/) override {}
  void left_out(const std::string& /*path*/, const std::string& /*message*/) override {}
  void nothing_left(const std::string& /*path*/) override {}
};

}  // namespace snapfs
