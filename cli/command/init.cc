// snapfs init: makes a repository.
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/option/global_options.h"
#include "cli/option/source_options.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "cli/session/password.h"
#include "cli/session/session.h"
#include "fs/backend/open/location.h"
#include "fs/backend/open/open.h"
#include "fs/base/error.h"
#include "fs/format/polynomial.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

struct InitArguments {
  std::string version = "2";
  SourceOptions source;
  bool copy_chunker_params = false;
};

/// Of the repository that the new one is to cut chunks like, if the user named one.
std::optional<Polynomial> source_polynomial(const GlobalOptions& options,
                                            const InitArguments& arguments, const StopToken& stop) {
  if (!arguments.copy_chunker_params) {
    if (!arguments.source.is_given()) return std::nullopt;
    throw Error(ErrorCode::kUsage,
                "--from-repo is for --copy-chunker-params only: give that, too, or leave it out");
  }
  const GlobalOptions source = arguments.source.as_global(options);
  const BackendStack storage =
      open_storage(source, RepositoryLocation::parse(source.repository_string()));
  std::optional<Polynomial> polynomial;
  const OpenOptions open = opening_options(source);
  with_password(source, stop, [&](ByteView password) {
    polynomial = Repository(storage.top(), password, open, stop).config().chunker_polynomial;
  });
  return polynomial;
}

unsigned parse_version(const std::string& text) {
  if (text == "1") return 1;
  if (text == "2" || text == "latest" || text == "stable") return 2;
  throw Error(ErrorCode::kUsage,
              fmt::format("\"{}\" is no repository version: it can be 1 or 2", text));
}

/// Before a password is asked for; init itself checks again.
void refuse_existing(Backend& backend, const StopToken& stop) {
  if (!backend.size(FileKey::config(), stop)) return;
  throw Error(
      ErrorCode::kExists,
      fmt::format(
          "config file already exists: there is a repository at {}, and nothing was changed",
          backend.location()),
      backend.location());
}

void report(const GlobalOptions& options, const Config& config, const std::string& place) {
  if (options.json) {
    JsonObject object;
    object.text("message_type", "initialized")
        .text("id", config.id.hex())
        .text("repository", place);
    print(object.finish() + "\n");
  } else if (!options.quiet) {
    print(
        fmt::format("created restic repository {} at {}\n\n"
                    "Keep the password: without it nothing in the repository can be read, by "
                    "anyone.\n",
                    config.id.short_hex(), place));
  }
}

ExitCode run_init(const GlobalOptions& options, const InitArguments& arguments, Signals& signals) {
  const StopToken stop = signals.token();
  InitOptions init;
  init.version = parse_version(arguments.version);
  const std::string place = options.repository_string();
  const BackendStack storage =
      open_storage(options, RepositoryLocation::parse(place, RepositoryUse::kNew));
  refuse_existing(storage.top(), stop);
  init.chunker_polynomial = source_polynomial(options, arguments, stop);
  const SecureBytes password = read_password(options, PasswordUse::kCreate, stop);
  Repository::init(storage.top(), password.view(), init, stop);
  // Opening it shows that the password fits before anyone relies on it.
  const Repository repository(storage.top(), password.view(), OpenOptions{}, stop);
  report(options, repository.config(), shown_location(place));
  return ExitCode::kSuccess;
}

}  // namespace

Command init_command(GlobalOptions& options) {
  Command command("init", "Make a new repository");
  InitArguments& arguments = bind_command(command, options, run_init);
  command.add("Init",
              {
                  {"--repository-version", "1|2", &arguments.version,
                   "The format's version: 2, or 1 for programs that know no compression"},
                  {"--copy-chunker-params", &arguments.copy_chunker_params,
                   "Cut chunks as the repository of --from-repo does, so that copies of the same "
                   "data are stored once"},
              });
  add_source_options(command, arguments.source);
  command.footer = R"(
Examples:
  snapfs init -r /srv/snapshots            # asks for the new password twice
  snapfs init -r /mnt/usb/backup -p ~/.snapfs-password
  snapfs init -r /mnt/usb/copy --from-repo /srv/snapshots --copy-chunker-params)";
  return command;
}

}  // namespace snapfs
