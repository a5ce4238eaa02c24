// Credentials, as services answer with them and as Amazon's tools keep them in files.
//
// An input is a letter for what it is (j: JSON of a service, i: a file with profiles), and the
// text.
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include "fs/backend/s3/credential_files.h"
#include "fs/backend/s3/credential_services.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/answering_client.h"

namespace snapfs::test {
namespace {

void try_service(ByteView json) {
  SeenRequests seen;
  AnsweringClient http(seen, [json](const HttpRequest&) {
    return HttpResponse{.status = 200, .body = copy_of(json)};
  });
  const EnvironmentLookup variables = [](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") return "/x";
    return std::nullopt;
  };
  const auto credentials = accepted({ErrorCode::kWrongCredentials, ErrorCode::kUnsupported},
                                    [&] { return credentials_of_container(variables, http, {}); });
  require(!credentials || credentials->has_value(), "a service that answers is not passed over");
}

/// A file without a place, which this process alone sees.
class UnnamedFile {
 public:
  explicit UnnamedFile(ByteView content) : fd_(::memfd_create("credentials", MFD_CLOEXEC)) {
    require(fd_ >= 0 && ::write(fd_, content.data(), content.size()) ==
                            static_cast<ssize_t>(content.size()),
            "there is room for a file in memory");
  }
  ~UnnamedFile() { ::close(fd_); }
  UnnamedFile(const UnnamedFile&) = delete;
  UnnamedFile& operator=(const UnnamedFile&) = delete;

  std::string path() const { return fmt::format("/proc/self/fd/{}", fd_); }

 private:
  int fd_;
};

void try_file(ByteView content) {
  const UnnamedFile file(content);
  const EnvironmentLookup variables = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_SHARED_CREDENTIALS_FILE") return file.path();
    if (name == "AWS_CONFIG_FILE") return "/dev/null/none";
    return std::nullopt;
  };
  const auto credentials = accepted(
      {ErrorCode::kWrongCredentials, ErrorCode::kUnsupported, ErrorCode::kIo, ErrorCode::kNotFound},
      [&] { return credentials_of_files(variables); });
  if (!credentials || !*credentials) return;
  require(!(*credentials)->key_id.empty() && !(*credentials)->secret.empty(), "keys are whole");
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  if (input.byte() == 'i') {
    try_file(input.rest());
  } else {
    try_service(input.rest());
  }
}

std::vector<std::string> fuzz_seeds() {
  return {R"(j{"Code":"Success","AccessKeyId":"i","SecretAccessKey":"s","Token":"t",)"
          R"("Expiration":"2026-11-23T00:37:41Z"})",
          R"(j{"accesskeyid":"i","SECRETACCESSKEY":null})",
          "i[default]\naws_access_key_id = i\naws_secret_access_key=s\n aws_session_token = t\n",
          "i# comment\n[other]\nx=y\n[ default "
          "]\nAWS_Access_Key_Id=i\n;\n[default]\naws_secret_access_key\n",
          "i[default]\ncredential_process = x\n",
          "i[\n[]\n]=[\n="};
}

}  // namespace snapfs::test
