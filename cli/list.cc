// snapfs list: the IDs of all objects of one type.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/global_options.h"
#include "cli/named_snapshot.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/text_output.h"

namespace snapfs {
namespace {

struct ListArguments {
  std::string type;
  bool no_lock = false;
};

const std::vector<std::string> kTypes = {"blobs", "packs", "index", "snapshots", "keys", "locks"};

void list_files(Session& session, FileKind kind) {
  TextOutput output;
  for (const Id& id : session.repository().list(kind, session.stop())) {
    output.write(id.hex() + "\n");
  }
  output.finish();
}

/// One line for each stored copy.
void list_blobs(const GlobalOptions& options, Session& session) {
  load_index_to_read(options, session);
  const Index::Contents contents = session.repository().index().contents();
  TextOutput output;
  for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
    const std::string prefix = std::string(to_string(type)) + " ";
    contents.tables[static_cast<std::size_t>(type)].for_each(
        [&](const TableEntry& entry) { output.write(prefix + entry.id.hex() + "\n"); });
  }
  output.finish();
}

ExitCode run_list(const GlobalOptions& options, const ListArguments& arguments, Signals& signals) {
  const bool locks = arguments.type == "locks";  // ours would be among them
  Session session(options, signals,
                  locks || arguments.no_lock ? std::nullopt : std::optional(LockMode::kShared));
  const std::string& type = arguments.type;
  if (type == "blobs") list_blobs(options, session);
  if (type == "packs") list_files(session, FileKind::kPack);
  if (type == "index") list_files(session, FileKind::kIndex);
  if (type == "snapshots") list_files(session, FileKind::kSnapshot);
  if (type == "keys") list_files(session, FileKind::kKey);
  if (locks) list_files(session, FileKind::kLock);
  return ExitCode::kSuccess;
}

}  // namespace

void add_list_command(CLI::App& program, GlobalOptions& options, Command& chosen) {
  CLI::App* command = program.add_subcommand("list", "Print the IDs of all objects of one type");
  const auto arguments = std::make_shared<ListArguments>();
  command->add_option("TYPE", arguments->type, "blobs, packs, index, snapshots, keys or locks")
      ->required()
      ->type_name("")
      ->check(CLI::IsMember(kTypes).description(""));
  add_global_options(*command, options);
  command->add_flag("--no-lock", arguments->no_lock, "Take no lock, for read-only storage")
      ->group("Repository");
  command->footer(R"(
In ascending order. A blob has "data" or "tree" in front of its ID, and a line for each place that
it is stored at.

Examples:
  snapfs list packs | wc -l
  snapfs list locks)");
  command->callback([&options, &chosen, arguments] {
    chosen = [&options, arguments](Signals& signals) {
      return run_list(options, *arguments, signals);
    };
  });
}

}  // namespace snapfs
