// What must be so when the troubles are over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/stored_world.h"
#include "tests/sim/users.h"
#include "tests/sim/world.h"

namespace snapfs::sim {

/// What is otherwise is told to the storage as a violation; after the first nothing more is tried.
class Aftermath {
 public:
  Aftermath(StoredWorld& stored, Users& users) : stored_(stored), users_(users) {}

  /// A command has to succeed.
  void require(const std::vector<std::string>& arguments);

  /// Every snapshot that was reported and not forgotten is there, and is what the files were.
  void compare(std::string_view when);

  /// That, then the next snapshot and prune, and that again.
  void go_on(std::string_view when);

  /// What is in a repository, in words that are the same for two that hold the same: its version,
  /// how many keys there are, and the trees and tags of the snapshots. Each of them is compared
  /// with what the files were, a copy with those of the original.
  std::string look_into(std::string_view repository, std::string_view when);

 private:
  const Host& host() const { return *users_.hosts().front(); }

  StoredWorld& stored_;
  Users& users_;
};

}  // namespace snapfs::sim
