// A directory of profiles that is the only one, and the table of commands to read them with.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/profile/profile.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_directory.h"

namespace snapfs::test {

class ProfileBench : public ::testing::Test {
 protected:
  ProfileBench() { std::filesystem::create_directories(directory()); }

  std::string directory() const { return scratch_ / "config/snapfs"; }
  std::string path_of(const std::string& name) const { return directory() + "/" + name + ".toml"; }

  /// Writes the profile `name`; gives its path.
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_of(name)) << text;
    std::filesystem::permissions(path_of(name), std::filesystem::perms(0600));
    return path_of(name);
  }

  Profile load(const std::string& text) const {
    write("home", text);
    return Profile::load("home");
  }

  std::vector<const Command*> path_to(const char* command) const {
    return {&program_, program_.find(command)};
  }

  const TemporaryDirectory& scratch() const { return scratch_; }

  GlobalOptions options_;
  Command program_ = program_command(options_);

 private:
  TemporaryDirectory scratch_;
  ScopedVariable config_{"XDG_CONFIG_HOME", scratch_ / "config"};
  ScopedVariable state_{"XDG_STATE_HOME", scratch_ / "state"};
  ScopedVariable home_{"HOME", "/home/me"};
  ScopedVariable profile_{"SNAPFS_PROFILE", std::nullopt};
};

}  // namespace snapfs::test
