// snapfs dump: writes a file of a snapshot, or a directory as an archive, to standard output.
#include "fs/restore/dump.h"

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/grammar/word_choice.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "cli/output/snapshot_title.h"
#include "cli/process/process_limits.h"
#include "cli/process/signals.h"
#include "cli/process/terminal.h"
#include "cli/session/lock_option.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"
#include "fs/base/file.h"
#include "fs/base/path.h"
#include "fs/tree/node_json.h"
#include "fs/tree/snapshot_path.h"

namespace snapfs {
namespace {

struct DumpArguments {
  std::string snapshot;
  std::string path;
  FilterOptions filter;
  ArchiveFormat format = ArchiveFormat::kTar;
  std::string target;
};

const std::map<std::string, ArchiveFormat> kFormats = {{"tar", ArchiveFormat::kTar},
                                                       {"zip", ArchiveFormat::kZip}};

/// Where it is written to. The file is made when there is something to write.
class DumpTarget {
 public:
  explicit DumpTarget(std::string path) : path_(std::move(path)) {
    if (path_.empty()) return;
    constexpr unsigned kMode = 0666;
    file_ = open_file(path_, O_WRONLY | O_CREAT | O_TRUNC, kMode);
  }

  void write(ByteView bytes) const {
    if (file_) {
      write_all(file_.get(), bytes, path_);
    } else {
      print(bytes);
    }
  }

  bool is_terminal() const { return !file_ && can_rewrite_lines(STDOUT_FILENO); }

 private:
  std::string path_;
  UniqueFd file_;
};

ExitCode dump(Session& session, const DumpArguments& arguments, const DumpedDirectory& directory) {
  reuse_large_buffers();
  const DumpTarget target(arguments.target);
  if (target.is_terminal()) {
    throw Error(ErrorCode::kUsage,
                "an archive is nothing for a terminal: use --target FILE, or \"| tar xf -\"");
  }
  ExitCode status = ExitCode::kSuccess;
  const auto left_out = [&status](std::string_view path, std::string_view reason, bool expected) {
    print_error(fmt::format("{} is left out: {}", path, reason));
    if (!expected) status = ExitCode::kFatal;
  };
  dump_directory(
      session.repository(), directory, arguments.format,
      [&](ByteView bytes) { target.write(bytes); }, left_out, session.stop());
  return status;
}

ExitCode run_dump(const GlobalOptions& options, const DumpArguments& arguments, Signals& signals) {
  Session session(
      options, signals,
      lock_unless(
          options.no_lock,
          WantedLock(LockMode::kShared).reading(reads_for({arguments.snapshot})).settling_later()));
  const NamedSnapshot named =
      open_named_snapshot(options, session, arguments.snapshot, arguments.filter, arguments.path);
  const std::string path = clean_path("/" + arguments.path);
  std::optional<Node> node =
      find_node(session.repository(), named.tree, path, session.stop(), title_of(named.snapshot));
  if (!node) {
    return dump(session, arguments, {named.tree, {}, std::nullopt});
  } else if (node->subtree) {
    const Id tree = *node->subtree;
    return dump(session, arguments, {tree, path.substr(1), std::move(node)});
  } else if (node->type == NodeType::kFile) {
    const DumpTarget target(arguments.target);
    dump_file(
        session.repository(), *node, [&](ByteView bytes) { target.write(bytes); }, session.stop());
  } else {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} is a {}, not a file or a directory: \"snapfs ls -l\" shows it",
                            path, type_name(node->type)),
                path);
  }
  return ExitCode::kSuccess;
}

}  // namespace

Command dump_command(GlobalOptions& options) {
  Command command("dump", "Write a file, or a directory as an archive, to standard output");
  DumpArguments& arguments = bind_command(command, options, run_dump);
  command.take("SNAPSHOT", &arguments.snapshot,
               "An ID or the beginning of one, or \"latest\"; with :FOLDER behind it, that "
               "folder is the root");
  command.take("PATH", &arguments.path, "A file or directory in it; / is all of it");
  const char* const output = "Writing";
  command.add(output, {
                          Option("-a,--archive", "FORMAT", word_of(kFormats, &arguments.format),
                                 "Write directories as tar or zip")
                              .otherwise("tar"),
                          {"-t,--target", "FILE", &arguments.target, "Write into FILE"},
                      });
  add_filter_options(command, arguments.filter);
  command.footer = R"(
--host, --tag and --path say which snapshot is "latest".

Examples:
  snapfs dump latest /home/me/report.odt > report.odt
  snapfs dump latest:/home/me / | tar -C /restored --xattrs --xattrs-include='*' -xpf -
  snapfs dump -a zip -t photos.zip latest /home/me/photos)";
  return command;
}

}  // namespace snapfs
