// Users and groups by name, as this system knows them. Which name a node has is fs/tree's business.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "fs/base/synchronized.h"

namespace snapfs {

/// Remembers what it was asked. Thread-safe.
class OwnerIds {
 public:
  /// Nothing when there is no such user or group.
  std::optional<std::uint32_t> user(const std::string& name);
  std::optional<std::uint32_t> group(const std::string& name);

 private:
  using Known = std::map<std::string, std::optional<std::uint32_t>>;

  Synchronized<Known> users_;
  Synchronized<Known> groups_;
};

}  // namespace snapfs
