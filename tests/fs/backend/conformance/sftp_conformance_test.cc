// Directories that an SFTP server serves.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/sftp/sftp_backend.h"
#include "tests/fs/backend/conformance/conformance.h"
#include "tests/support/sftp_server.h"
#include "tests/support/temporary_directory.h"

namespace snapfs {
namespace {

/// A directory behind OpenSSH's SFTP server, without ssh.
class SftpPlace : public Place {
 public:
  explicit SftpPlace(std::vector<std::string> command = {test::sftp_server()})
      : backend_({.host = "host", .path = directory_ / "repository"},
                 {.command = std::move(command)}) {}
  Backend& backend() override { return backend_; }
  static std::string missing() {
    return test::sftp_server().empty() ? "no sftp-server is installed" : "";
  }

 private:
  test::TemporaryDirectory directory_;
  SftpBackend backend_;
};

/// A server that can no more than it must, and reads less than it is asked for.
class PlainSftpPlace final : public SftpPlace {
 public:
  PlainSftpPlace() : SftpPlace(test::faulty_sftp_server({"--plain", "--shortest", "1000"})) {}
};

using Places = ::testing::Types<SftpPlace, PlainSftpPlace>;
INSTANTIATE_TYPED_TEST_SUITE_P(Sftp, Conformance, Places, PlaceNames);

}  // namespace
}  // namespace snapfs
