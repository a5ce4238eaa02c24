#include "cli/option/global_options.h"

#include <fmt/format.h>

#include "cli/grammar/command.h"
#include "cli/grammar/go_value.h"
#include "cli/option/quantity.h"
#include "cli/option/setting.h"
#include "cli/process/text_file.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/utf8.h"
#include "fs/store/pack_writer.h"
#include "fs/time/duration.h"

namespace snapfs {
namespace {

constexpr std::uint64_t kMaxRepositoryFileBytes = 64 << 10;

std::string read_repository_file(const std::string& path) {
  const Bytes bytes = read_file(path, kMaxRepositoryFileBytes);
  const std::string decoded = decode_text(bytes);
  require_no_zero_byte(decoded, path);
  std::string text(trim_white_space(decoded));
  if (text.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} holds no repository: it must name one in its first line", path),
                path);
  }
  return text;
}

constexpr std::string_view kUsualCompression = "auto";

[[noreturn]] void throw_bad_compression(const std::string& word) {
  throw Error(ErrorCode::kUsage,
              fmt::format("\"{}\" is no compression mode: it can be off, fastest, auto, better or "
                          "max",
                          word));
}

/// In MiB; whether it is one that packs can have shows when they are needed.
std::int64_t parse_pack_size(const std::string& text) {
  try {
    return parse_integer(text);
  } catch (const Error&) {
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is no pack size: it is a number of MiB", text));
  }
}

}  // namespace

std::string GlobalOptions::repository_string() const {
  if (!repository.empty() && !repository_file.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("--{0}repo{1} and --{0}repository-file{1} exclude each other: give one",
                            variables.empty() ? "" : "from-", variables_end));
  }
  if (!repository.empty()) return repository;
  if (!repository_file.empty()) return read_repository_file(repository_file);
  // Whatever is set under our name comes before everything under the other.
  for (const std::string_view prefix : kVariablePrefixes) {
    auto value = environment_setting(prefix, variable("REPOSITORY"));
    const auto file = environment_setting(prefix, variable("REPOSITORY_FILE"));
    if (value && file) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{0}{1} and {0}{2} exclude each other: unset one, or give --repo",
                              prefix, variable("REPOSITORY"), variable("REPOSITORY_FILE")));
    }
    if (value) return *std::move(value);
    if (file) return read_repository_file(*file);
  }
  throw Error(ErrorCode::kUsage,
              "no repository was named: give its directory or address with --repo, a profile that "
              "names one with -P, or set SNAPFS_REPOSITORY");
}

CompressionMode GlobalOptions::compression_mode() const {
  const std::string word = setting(compression, "COMPRESSION", kUsualCompression);
  if (const auto mode = parse_compression_mode(word)) return *mode;
  throw_bad_compression(word);
}

std::chrono::milliseconds GlobalOptions::retry_lock_duration() const {
  return std::chrono::ceil<std::chrono::milliseconds>(retry_lock);
}

std::size_t GlobalOptions::pack_bytes() const {
  constexpr std::int64_t kMin = PackWriter::kMinTargetBytes >> 20;
  constexpr std::int64_t kMax = PackWriter::kMaxTargetBytes >> 20;
  std::int64_t mebibytes = 0;
  if (pack_size_mebibytes) {
    mebibytes = *pack_size_mebibytes;
  } else if (const auto text = environment_setting("PACK_SIZE")) {
    mebibytes = parse_pack_size(*text);
  }
  if (mebibytes == 0) return PackWriter::kDefaultTargetBytes;
  if (mebibytes < kMin || mebibytes > kMax) {
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is no pack size: it is a number of MiB from {} to {}",
                            mebibytes, kMin, kMax));
  }
  return static_cast<std::size_t>(mebibytes) << 20;
}

std::string GlobalOptions::metrics_path() const { return setting(metrics_file, "METRICS"); }

std::string GlobalOptions::key_to_try_first() const {
  return setting(key_hint, variable("KEY_HINT"));
}

namespace {

void add_repository_options(Command& program, GlobalOptions& options) {
  const Binding::Setter repository = [&options](const std::string& text) {
    // Whoever writes -r "$UNSET" does not mean the repository that the environment names.
    if (text.empty()) throw Error(ErrorCode::kUsage, "this names no repository");
    options.repository = text;
  };
  const Binding::Setter retry_lock = [&options](const std::string& text) {
    options.retry_lock = parse_duration(text);
  };
  program.add(
      "Repository",
      {
          Option("-r,--repo", "LOCATION", repository,
                 "The repository: a directory or an address (or SNAPFS_REPOSITORY)")
              .variable("REPOSITORY")
              .about("repository"),
          Option("--repository-file", "FILE", &options.repository_file,
                 "Read the repository's name from FILE (or SNAPFS_REPOSITORY_FILE)")
              .variable("REPOSITORY_FILE")
              .about("repository"),
          Option("-p,--password-file", "FILE", &options.password_file,
                 "Read the password from FILE (or SNAPFS_PASSWORD_FILE)")
              .variable("PASSWORD_FILE")
              .variable("PASSWORD")
              .about("password"),
          Option("--password-command", "COMMAND", &options.password_command,
                 "Run COMMAND, which prints the password (or SNAPFS_PASSWORD_COMMAND)")
              .variable("PASSWORD_COMMAND")
              .about("password"),
          Option("--insecure-no-password", &options.insecure_no_password,
                 "Use an empty password: whoever has the files can read them")
              .about("password"),
          Option("--key-hint", "ID", &options.key_hint,
                 "Try the key with this ID, or beginning of one, first (or SNAPFS_KEY_HINT)")
              .variable("KEY_HINT")
              .seldom(),
          Option("--retry-lock", "DURATION", retry_lock,
                 "Keep trying for DURATION (5m, 1h30m) when the repository is locked")
              .otherwise("not tried again"),
          {"--no-lock", &options.no_lock,
           "Take no lock, for storage that is read only: reading commands and dry runs"},
          Option("--cache-dir", "DIR", &options.cache_directory,
                 "Keep copies of indexes and directories in DIR (or SNAPFS_CACHE_DIR)")
              .variable("CACHE_DIR")
              .otherwise("$XDG_CACHE_HOME or ~/.cache"),
          {"--no-cache", &options.no_cache, "Keep no copies, and use none"},
          Option("--cache-size", "SIZE", Binding::checked(&options.cache_size, parse_size),
                 "Keep no more than SIZE (500M, 4G) of them (or SNAPFS_CACHE_SIZE)")
              .variable("CACHE_SIZE")
              .otherwise("a tenth of the file system, at most 8G")
              .seldom(),
          Option("--cache-min-free", "SIZE", Binding::checked(&options.cache_min_free, parse_size),
                 "Leave SIZE of the file system free (or SNAPFS_CACHE_MIN_FREE)")
              .variable("CACHE_MIN_FREE")
              .otherwise("a twentieth, at most 1G")
              .seldom(),
          Option("--cleanup-cache", &options.cleanup_cache,
                 "First remove copies that were not used for 30 days")
              .seldom(),
      });
}

void add_writing_options(Command& program, GlobalOptions& options) {
  const Binding::Setter compression = [&options](const std::string& word) {
    options.compression = word;
    if (!parse_compression_mode(word)) throw_bad_compression(word);
  };
  const Binding::Setter pack_size = [&options](const std::string& text) {
    options.pack_size_mebibytes = parse_pack_size(text);
  };
  program.add("What is written",
              {
                  Option("--compression", "MODE", compression,
                         "off, fastest, auto, better or max (or SNAPFS_COMPRESSION)")
                      .variable("COMPRESSION")
                      .otherwise(kUsualCompression),
                  Option("--pack-size", "SIZE", pack_size,
                         "Size of the repository's files in MiB, 4 to 128 (or SNAPFS_PACK_SIZE)")
                      .variable("PACK_SIZE")
                      .otherwise(std::to_string(PackWriter::kDefaultTargetBytes >> 20)),
                  {"--no-extra-verify", &options.no_extra_verify,
                   "Do not decrypt again and compare what was encrypted"},
              });
}

}  // namespace

void add_global_options(Command& program, GlobalOptions& options) {
  const Binding::Setter profile = [&options](const std::string& text) {
    // As with --repo: -P "$UNSET" does not mean the profile that the environment names.
    if (text.empty()) throw Error(ErrorCode::kUsage, "this names no profile");
    options.profile_name = text;
  };
  program.add("Options", Option("-P,--profile", "NAME", profile,
                                "What is not given here comes from the profile NAME (or "
                                "SNAPFS_PROFILE)")
                             .variable("PROFILE"));
  add_repository_options(program, options);
  add_writing_options(program, options);
  add_remote_options(program, options.remote);
  program.add("Output",
              {
                  Option("-q,--quiet", &options.quiet, "Print errors and warnings only")
                      .about("how much is said"),
                  Option("-v,--verbose", Binding::count(&options.verbosity),
                         "Say more about what goes on; again, or --verbose=2, for still more")
                      .about("how much is said"),
                  {"--json", &options.json, "Print JSON, for programs"},
                  Option("--log-json", &options.log_json,
                         "Write messages, warnings and errors as a JSON object each")
                      .seldom(),
              });
}

}  // namespace snapfs
