// What is typed for a repository: taken apart or refused, whatever it is, and no password is shown.
//
// An input is a letter for the kind of location, and the text.
#include <map>

#include "fs/backend/http/http_proxy.h"
#include "fs/backend/open/location.h"
#include "fs/backend/options.h"
#include "fs/backend/rclone/rclone_command.h"
#include "fs/backend/rest/rest_location.h"
#include "fs/backend/s3/s3_location.h"
#include "fs/backend/sftp/sftp_location.h"
#include "fs/backend/sftp/ssh_command.h"
#include "fs/base/percent_text.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

constexpr std::initializer_list<ErrorCode> kCodes = {ErrorCode::kUsage, ErrorCode::kUnsupported};
constexpr std::string_view kPassword = "s3cretPassw0rd";

void try_any(const std::string& text) {
  const auto location = accepted(kCodes, [&] { return RepositoryLocation::parse(text); });
  (void)shown_location(text);
  (void)without_url_passwords(text);
  require(!location || location->path.size() <= text.size(), "a location is a part of the text");
}

void try_rest(const std::string& text) {
  const auto location = accepted(kCodes, [&] { return RestLocation::parse(text); });
  if (!location) return;
  require(location->url.ends_with('/'), "a URL ends with a slash");
  require(location->url.starts_with("http://") || location->url.starts_with("https://"),
          "a URL begins with what is sent");
  // Somebody who has it in the path, too, shows it himself.
  const bool is_once = text.find(kPassword) == text.rfind(kPassword);
  if (location->who.password == kPassword && is_once) {
    require(location->shown.find(kPassword) == std::string::npos, "no password is shown");
    require(location->url.find(kPassword) == std::string::npos, "no password is sent in a URL");
  }
  (void)proxy_for(location->url, {"http://proxy:1", "proxy:2", text});
}

void try_s3(const std::string& text) {
  const auto location = accepted(kCodes, [&] { return S3Location::parse(text); });
  if (!location) return;
  require(!location->host.empty() && !location->bucket.empty(), "there is a host and a bucket");
  require(!location->prefix.ends_with('/') || location->prefix == "/",
          "a prefix ends without a slash");
  require(location->key_of(FileKey::config()).ends_with("config"), "a key ends with its name");
  const std::string region = location->region_of_host().value_or("us-east-1");
  for (const auto lookup : {S3BucketLookup::kAuto, S3BucketLookup::kDns, S3BucketLookup::kPath}) {
    require(location->target(lookup, region).path.starts_with('/'), "a path begins with a slash");
  }
  require(percent_decoded(percent_encoded(text, Slashes::kEncoded)) == text,
          "what is encoded is decoded to the same");
  (void)percent_decoded(text);
}

void try_sftp(const std::string& text) {
  const auto location = accepted(kCodes, [&] { return SftpLocation::parse(text); });
  if (!location) return;
  require(!location->host.empty() && location->host.front() != '-',
          "a host is none of ssh's options");
  BackendOptions none("sftp", {});
  const std::vector<std::string> words = ssh_command(*location, none);
  require(words.size() >= 5 && words[words.size() - 3] == "--" &&
              words[words.size() - 2] == location->host,
          "ssh is told the host behind all options");
  for (std::size_t i = 1; i + 4 < words.size(); i += 2) {
    require(words[i] == "-p" || words[i] == "-l", "a location gives ssh no other options");
  }
  // What could be split in two ways is not written in a way that is read as the other.
  const std::string shown = location->text();
  require(shown.starts_with("sftp:"), "a location is shown with its scheme");
}

void try_rclone(const std::string& text) {
  FuzzInput input(as_bytes(text));
  RcloneOptions options;
  options.program = input.line();
  options.arguments = input.line();
  const std::string remote(input.text());
  (void)accepted(kCodes, [&] { return rclone_command(options, remote); });
  (void)shown_remote(remote);
  if (const auto url = served_url(remote)) require(url->ends_with('/'), "a URL ends with a slash");
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  const char kind = static_cast<char>(input.byte());
  const std::string text(input.text());
  switch (kind) {
    case 'r':
      return try_rest(text);
    case 's':
      return try_s3(text);
    case 'f':
      return try_sftp(text);
    case 'c':
      return try_rclone(text);
    default:
      return try_any(text);
  }
}

std::vector<std::string> fuzz_seeds() {
  const std::string password(kPassword);
  return {"a/some/path",
          "alocal:x",
          "arest:http://u:" + password + "@host:8000/",
          "as3:host/bucket",
          "asftp:me@host:dir",
          "arclone:remote:path",
          "ab2:bucket:path",
          "a",
          "rhttp://user:" + password + "@host:8000/path/",
          "rHTTPS://[::1]/a b/%41",
          "rhttp+unix://u:" + password + "@/run/socket:/path/",
          "rhttps://us%65r:p%40ss@example.org",
          "ss3.eu-west-1.amazonaws.com/bucket/prefix/x",
          "shttps://HOST:443/bucket/a/../b?x#y",
          "s//localhost:9000/bucket//rooted",
          "shttp://host/bucket/%c3%a4",
          "sbucket.s3.amazonaws.com/buck/",
          "fuser@host:path",
          "f//user@host:2222/rel/path",
          "f//user@[::1]:22//abs%20path",
          "f[fe80::1]:/x",
          "fa@b@host:~x",
          "f-oProxyCommand=x:y",
          "crclone\nserve restic --stdio 'a b'\nremote:path",
          "crclone\nserve restic --addr :1 \"\\\"\n:s3,secret_access_key=x,a='b,c':bucket",
          "c\n\nServing restic REST API on [http://127.0.0.1:41717/]"};
}

}  // namespace snapfs::test
