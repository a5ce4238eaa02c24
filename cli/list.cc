// snapfs list: the IDs of all objects of one type.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/global_options.h"
#include "cli/grammar/word_choice.h"
#include "cli/json_object.h"
#include "cli/lock_option.h"
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

/// One object after the other: as lines, or as the elements of a JSON array.
class ObjectList {
 public:
  explicit ObjectList(bool json) : json_(json) {}

  void add(const Id& id) { add(json_ ? fmt::format("\"{}\"", id.hex()) : id.hex()); }

  void add(std::string_view type, const Id& id) {
    add(json_ ? JsonObject().text("type", type).text("id", id.hex()).finish()
              : fmt::format("{} {}", type, id.hex()));
  }

  void finish() {
    if (json_) output_.write(empty_ ? "[]\n" : "]\n");
    output_.finish();
  }

 private:
  void add(const std::string& text) {
    output_.write(json_ ? (empty_ ? "[" : ",") + text : text + "\n");
    empty_ = false;
  }

  const bool json_;
  bool empty_ = true;
  TextOutput output_;
};

void list_files(Session& session, FileKind kind, ObjectList& list) {
  for (const Id& id : session.repository().list(kind, session.stop())) list.add(id);
}

/// Every stored copy.
void list_blobs(const GlobalOptions& options, Session& session, ObjectList& list) {
  load_index_to_read(options, session);
  const Index::Contents contents = session.repository().index().contents();
  for (const BlobType type : {BlobType::kData, BlobType::kTree}) {
    contents.tables[static_cast<std::size_t>(type)].for_each(
        [&](const TableEntry& entry) { list.add(to_string(type), entry.id); });
  }
}

ExitCode run_list(const GlobalOptions& options, const ListArguments& arguments, Signals& signals) {
  const bool locks = arguments.type == "locks";  // ours would be among them
  Session session(options, signals, lock_unless(locks || arguments.no_lock, LockMode::kShared));
  const std::string& type = arguments.type;
  ObjectList list(options.json);
  if (type == "blobs") list_blobs(options, session, list);
  if (type == "packs") list_files(session, FileKind::kPack, list);
  if (type == "index") list_files(session, FileKind::kIndex, list);
  if (type == "snapshots") list_files(session, FileKind::kSnapshot, list);
  if (type == "keys") list_files(session, FileKind::kKey, list);
  if (locks) list_files(session, FileKind::kLock, list);
  list.finish();
  return ExitCode::kSuccess;
}

}  // namespace

Command list_command(GlobalOptions& options) {
  Command command("list", "Print the IDs of all objects of one type");
  const auto arguments = std::make_shared<ListArguments>();
  command.take("TYPE", one_of(kTypes, &arguments->type),
               "blobs, packs, index, snapshots, keys or locks");
  add_no_lock_option(command, arguments->no_lock);
  command.footer = R"(
In ascending order. A blob has "data" or "tree" in front of its ID, and a line for each place that
it is stored at.

Examples:
  snapfs list packs | wc -l
  snapfs list locks)";
  command.run = [&options, arguments](Signals& signals) {
    return run_list(options, *arguments, signals);
  };
  return command;
}

}  // namespace snapfs
