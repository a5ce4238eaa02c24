#include "fs/backend/http/system_authorities.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

constexpr const char* kDebian = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* kFedora = "/etc/pki/tls/certs/ca-bundle.crt";
constexpr const char* kAlpine = "/etc/ssl/cert.pem";
constexpr const char* kHashed = "/etc/ssl/certs";

/// A system that has the files, or directories, that a test makes.
class SystemAuthoritiesTest : public ::testing::Test {
 protected:
  void has_file(const std::string& path) { (void)directory_.write(path.substr(1), "certificates"); }

  void has_directory(const std::string& path) { (void)directory_.make_directory(path.substr(1)); }

  std::string root() const { return directory_.path().string(); }

  /// "FILE DIRECTORY" without the root, or "-" for nothing.
  std::string found(const SystemAuthorities& built_in) const {
    const auto authorities = find_system_authorities(built_in, root());
    if (!authorities) return "-";
    return without_root(authorities->file) + " " + without_root(authorities->directory);
  }

 private:
  std::string without_root(const std::string& path) const {
    return path.starts_with(root()) ? path.substr(root().size()) : path;
  }

  test::TemporaryDirectory directory_;
};

TEST_F(SystemAuthoritiesTest, LibcurlUsesItsOwnPlaceWhileThatIsThere) {
  has_file(kFedora);
  has_file(kAlpine);
  EXPECT_EQ(found({kAlpine, ""}), "-");
  has_directory("/own");
  EXPECT_EQ(found({"", "/own"}), "-");
}

TEST_F(SystemAuthoritiesTest, TheFileOfAnotherDistributionIsFound) {
  has_file(kFedora);
  EXPECT_EQ(found({kDebian, kHashed}), std::string(kFedora) + " ");
  EXPECT_EQ(found({"", ""}), std::string(kFedora) + " ");
  EXPECT_EQ(found({"", "/nowhere"}), std::string(kFedora) + " ");
}

TEST_F(SystemAuthoritiesTest, EveryKnownFileIsFoundAndTheFirstOfThemTaken) {
  for (const char* path : {kAlpine, "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                           "/etc/pki/tls/cacert.pem", "/etc/ssl/ca-bundle.pem", kFedora, kDebian}) {
    has_file(path);
    EXPECT_EQ(found({}), std::string(path) + " ");
  }
}

TEST_F(SystemAuthoritiesTest, WithoutAFileTheDirectoryIsTaken) {
  has_directory(kHashed);
  EXPECT_EQ(found({}), std::string(" ") + kHashed);
  // libcurl would trust nobody: its file is not there.
  EXPECT_EQ(found({kDebian, kHashed}), std::string(" ") + kHashed);
}

TEST_F(SystemAuthoritiesTest, ADirectoryInAFilesPlaceIsNoFile) {
  has_directory(kFedora);
  has_file(kAlpine);
  EXPECT_EQ(found({kFedora, ""}), std::string(kAlpine) + " ");
}

TEST_F(SystemAuthoritiesTest, ASystemWithoutAnyIsLeftToLibcurl) {
  EXPECT_EQ(found({}), "-");
  EXPECT_EQ(found({kDebian, kHashed}), "-");
}

}  // namespace
}  // namespace snapfs
