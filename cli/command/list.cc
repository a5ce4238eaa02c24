// snapfs list: the IDs of all objects of one type. With --json, too, they are lines: what reads
// restic's output takes each line for an ID.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/grammar/word_choice.h"
#include "cli/option/global_options.h"
#include "cli/output/text_output.h"
#include "cli/process/signals.h"
#include "cli/session/lock_option.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"

namespace snapfs {
namespace {

struct ListArguments {
  std::string type;
};

const std::vector<std::string> kTypes = {"blobs", "packs", "index", "snapshots", "keys", "locks"};

void list_files(Session& session, FileKind kind, TextOutput& output) {
  for (const Id& id : session.repository().list(kind, session.stop())) {
    output.write(id.hex() + "\n");
  }
}

/// Every stored copy.
void list_blobs(const GlobalOptions& options, Session& session, TextOutput& output) {
  load_index_to_read(options, session);
  const Index::Contents contents = session.repository().index().contents();
  for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
    contents.tables[static_cast<std::size_t>(type)].for_each([&](const TableEntry& entry) {
      output.write(fmt::format("{} {}\n", to_string(type), entry.id.hex()));
    });
  }
}

ExitCode run_list(const GlobalOptions& options, const ListArguments& arguments, Signals& signals) {
  const bool locks = arguments.type == "locks";  // ours would be among them
  Session session(options, signals, lock_unless(locks || options.no_lock, LockMode::kShared));
  const std::string& type = arguments.type;
  TextOutput output;
  if (type == "blobs") list_blobs(options, session, output);
  if (type == "packs") list_files(session, FileKind::kPack, output);
  if (type == "index") list_files(session, FileKind::kIndex, output);
  if (type == "snapshots") list_files(session, FileKind::kSnapshot, output);
  if (type == "keys") list_files(session, FileKind::kKey, output);
  if (locks) list_files(session, FileKind::kLock, output);
  output.finish();
  return ExitCode::kSuccess;
}

}  // namespace

Command list_command(GlobalOptions& options) {
  Command command("list", "Print the IDs of all objects of one type");
  ListArguments& arguments = bind_command(command, options, run_list);
  command.take("TYPE", one_of(kTypes, &arguments.type),
               "blobs, packs, index, snapshots, keys or locks");
  command.footer = R"(
In ascending order. A blob has "data" or "tree" in front of its ID, and a line for each place that
it is stored at.

Examples:
  snapfs list packs | wc -l
  snapfs list locks)";
  return command;
}

}  // namespace snapfs
