#include "cli/global_options.h"

#include <fmt/format.h>

#include "cli/environment.h"
#include "cli/grammar/command.h"
#include "cli/quantity.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

constexpr std::uint64_t kMaxRepositoryFileBytes = 64 << 10;

std::string read_repository_file(const std::string& path) {
  const Bytes bytes = read_file(path, kMaxRepositoryFileBytes);
  const std::string text(trim_white_space(as_text(bytes)));
  if (text.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} holds no repository: it must name one in its first line", path),
                path);
  }
  return text;
}

}  // namespace

std::string GlobalOptions::repository_string() const {
  if (!repository.empty() && !repository_file.empty()) {
    throw Error(ErrorCode::kUsage, "--repo and --repository-file exclude each other: give one");
  }
  if (!repository.empty()) return repository;
  if (!repository_file.empty()) return read_repository_file(repository_file);
  // Whatever is set under our name comes before everything under the other.
  for (const std::string_view prefix : kVariablePrefixes) {
    if (auto value = environment_setting(prefix, variables + "REPOSITORY")) {
      return *std::move(value);
    }
    if (const auto file = environment_setting(prefix, variables + "REPOSITORY_FILE")) {
      return read_repository_file(*file);
    }
  }
  throw Error(ErrorCode::kUsage,
              "no repository was named: give its directory with --repo, or set SNAPFS_REPOSITORY");
}

CompressionMode GlobalOptions::compression_mode() const {
  const std::string word =
      !compression.empty() ? compression : environment_setting("COMPRESSION").value_or("auto");
  if (const auto mode = parse_compression_mode(word)) return *mode;
  throw Error(ErrorCode::kUsage,
              fmt::format("\"{}\" is no compression mode: it can be off, fastest, auto, better or "
                          "max",
                          word));
}

std::chrono::seconds GlobalOptions::retry_lock_duration() const {
  return retry_lock.empty() ? std::chrono::seconds{0} : parse_duration(retry_lock);
}

void add_global_options(Command& program, GlobalOptions& options) {
  const char* const repository = "Repository";
  program.add(repository,
              {
                  {"-r,--repo", "LOCATION", &options.repository,
                   "The repository: a directory (or SNAPFS_REPOSITORY)"},
                  {"--repository-file", "FILE", &options.repository_file,
                   "Read the repository's name from FILE (or SNAPFS_REPOSITORY_FILE)"},
                  {"-p,--password-file", "FILE", &options.password_file,
                   "Read the password from FILE (or SNAPFS_PASSWORD_FILE)"},
                  {"--password-command", "COMMAND", &options.password_command,
                   "Run COMMAND, which prints the password (or SNAPFS_PASSWORD_COMMAND)"},
                  {"--insecure-no-password", &options.insecure_no_password,
                   "Use an empty password: whoever has the files can read them"},
                  {"--retry-lock", "DURATION", &options.retry_lock,
                   "Keep trying for DURATION (5m, 1h30m) when the repository is locked"},
                  {"--cache-dir", "DIR", &options.cache_directory,
                   "Keep copies of the index in DIR (~/.cache, or SNAPFS_CACHE_DIR)"},
                  {"--no-cache", &options.no_cache, "Keep no copies of the index"},
              });

  const char* const output = "Output";
  program.add(output, {
                          {"-q,--quiet", &options.quiet, "Print errors and warnings only"},
                          {"-v,--verbose", Binding::count(&options.verbosity),
                           "Say more about what goes on"},
                          {"--json", &options.json, "Print JSON, for programs"},
                      });
}

}  // namespace snapfs
