// Which source of the password wins, and what is left behind in the environment.
#include "cli/session/password.h"

#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <list>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/option/global_options.h"
#include "fs/base/error.h"
#include "tests/support/scoped_variable.h"

namespace snapfs {
namespace {

using test::ScopedVariable;

/// Starts every test without any password in the environment.
class PasswordTest : public ::testing::Test {
 protected:
  PasswordTest() {
    for (const std::string prefix : {"SNAPFS_", "RESTIC_"}) {
      for (const std::string name : {"PASSWORD", "PASSWORD_FILE", "PASSWORD_COMMAND"}) {
        clean_.emplace_back(prefix + name, std::nullopt);
      }
    }
    const int fd = ::mkstemp(file_.data());
    EXPECT_GE(fd, 0);
    ::close(fd);
    std::ofstream(file_) << " from file \n";
  }
  ~PasswordTest() override { ::unlink(file_.c_str()); }

  std::string read() {
    const SecureBytes password = read_password(options_, PasswordUse::kOpen, StopToken{});
    return std::string(as_text(password.view()));
  }

  GlobalOptions options_;
  std::string file_ = ::testing::TempDir() + "snapfs-password-XXXXXX";

 private:
  std::list<ScopedVariable> clean_;
};

TEST_F(PasswordTest, OptionBeatsEnvironment) {
  ::setenv("SNAPFS_PASSWORD", "variable", 1);
  options_.password_file = file_;
  EXPECT_EQ(read(), "from file");
}

TEST_F(PasswordTest, AnEmptyOneIsAskedForByTheOptionsOfItsRepository) {
  std::ofstream(file_, std::ios::trunc) << "\n";
  options_.password_file = file_;
  const auto message = [&] {
    try {
      return read();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  EXPECT_NE(message().find("give one with --password-file, "), std::string::npos) << message();
  options_.variables = "FROM_";
  EXPECT_NE(message().find("of the source repository is empty: give one with --from-password-file, "
                           "--from-password-command or SNAPFS_FROM_PASSWORD, "),
            std::string::npos)
      << message();
  options_.variables = "";
  options_.variables_end = "2";
  EXPECT_NE(message().find("give one with --password-file2, "), std::string::npos) << message();
}

TEST_F(PasswordTest, CommandIsRunWithoutShell) {
  options_.password_command = "printf '%s ' $HOME";
  EXPECT_EQ(read(), "$HOME");
}

TEST_F(PasswordTest, FileBeatsPlainVariable) {
  ::setenv("SNAPFS_PASSWORD", "variable", 1);
  ::setenv("SNAPFS_PASSWORD_FILE", file_.c_str(), 1);
  EXPECT_EQ(read(), "from file");
}

TEST_F(PasswordTest, WhateverIsOursBeatsWhateverIsNot) {
  ::setenv("SNAPFS_PASSWORD", "ours", 1);
  ::setenv("RESTIC_PASSWORD_FILE", file_.c_str(), 1);
  ::setenv("RESTIC_PASSWORD_COMMAND", "printf theirs", 1);
  EXPECT_EQ(read(), "ours");
}

TEST_F(PasswordTest, VariableIsTakenVerbatim) {
  ::setenv("RESTIC_PASSWORD", " with blanks \n", 1);
  EXPECT_EQ(read(), " with blanks \n");
}

TEST_F(PasswordTest, OurVariableBeatsTheOther) {
  ::setenv("RESTIC_PASSWORD", "theirs", 1);
  ::setenv("SNAPFS_PASSWORD", "ours", 1);
  EXPECT_EQ(read(), "ours");
}

TEST_F(PasswordTest, VariablesAreGoneForChildrenWhateverTheSource) {
  ::setenv("RESTIC_PASSWORD", "theirs", 1);
  ::setenv("SNAPFS_PASSWORD", "ours", 1);
  options_.password_command = "sh -c 'env | grep -c _PASSWORD=; echo end'";
  EXPECT_EQ(read(), "0\nend");
  EXPECT_EQ(std::getenv("RESTIC_PASSWORD"), nullptr);
  EXPECT_EQ(std::getenv("SNAPFS_PASSWORD"), nullptr);
}

TEST_F(PasswordTest, CommandDoesNotSeeThePasswordOfARepositoryThatIsNamed) {
  const test::ScopedVariable plain("SNAPFS_REPOSITORY", "rest:https://h/plain");
  const test::ScopedVariable secret("RESTIC_FROM_REPOSITORY", "rest:https://u:secret@h/");
  options_.password_command = "sh -c 'env | grep _REPOSITORY='";
  EXPECT_EQ(read(), "SNAPFS_REPOSITORY=rest:https://h/plain");
}

TEST_F(PasswordTest, ContradictingOptionsAreAnError) {
  options_.password_file = file_;
  options_.password_command = "echo x";
  EXPECT_THROW(read(), Error);
}

TEST_F(PasswordTest, ContradictingVariablesAreAnError) {
  ::setenv("RESTIC_PASSWORD_FILE", file_.c_str(), 1);
  ::setenv("RESTIC_PASSWORD_COMMAND", "echo x", 1);
  EXPECT_THROW(read(), Error);
  options_.password_file = file_;
  EXPECT_EQ(read(), "from file");
}

TEST_F(PasswordTest, MissingFileIsNamed) {
  options_.password_file = "/no/such/file";
  try {
    read();
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("/no/such/file"));
  }
}

TEST_F(PasswordTest, FailingCommandIsAnErrorEvenWithOutput) {
  options_.password_command = "sh -c 'echo x; exit 3'";
  EXPECT_THROW(read(), Error);
}

TEST_F(PasswordTest, EmptyPasswordIsRefused) {
  options_.password_command = "true";
  try {
    read();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
  }
}

TEST_F(PasswordTest, EndlessOutputIsRefused) {
  options_.password_file = "/dev/zero";
  EXPECT_THROW(read(), Error);
}

}  // namespace
}  // namespace snapfs
