// snapfs cat: prints one of the objects that a repository consists of.
#include <unistd.h>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/grammar/word_choice.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/output/json_text.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "cli/session/id_argument.h"
#include "cli/session/lock_option.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"
#include "fs/crypto/secure_memory.h"
#include "fs/crypto/sha256.h"
#include "fs/format/json_error.h"
#include "fs/format/key_file.h"
#include "fs/repo/lock_info.h"
#include "fs/tree/snapshot_path.h"

namespace snapfs {
namespace {

struct CatArguments {
  std::string type;
  std::string id;
};

void print_json(std::string_view compact) { print(indented_json(compact) + "\n"); }

void cat_master_keys(Session& session) {
  std::string keys = encode_master_keys(session.repository().master_keys());
  std::string text = indented_json(keys) + "\n";
  print(as_bytes(text));  // no copy of it
  for (std::string* secret : {&keys, &text}) {
    wipe({reinterpret_cast<std::uint8_t*>(secret->data()), secret->size()});
  }
}

/// Also one that is damaged, which somebody may want to see; it fails all the same.
void print_pack(Session& session, const FileKey& pack) {
  Bytes stored;
  bool is_right = false;
  for (int attempt = 0; attempt < 2 && !is_right; ++attempt) {  // a transport's fault may pass
    stored = session.repository().files().load(pack, std::nullopt, {}, session.stop());
    is_right = sha256(stored) == pack.id;
  }
  print(stored);
  if (!is_right) {
    throw_damaged("pack " + pack.id.hex(), "what was printed does not match its name");
  }
}

/// As it is read, since it can be large. What is printed is authentic, and not all of it when this
/// fails.
void print_index(Session& session, const FileKey& index) {
  std::exception_ptr unprinted;  // which says nothing about the file
  const auto print_piece = [&unprinted](ByteView piece) {
    try {
      print(as_text(piece));
    } catch (...) {
      unprinted = std::current_exception();
      throw;
    }
  };
  try {
    session.repository().read_file(index, print_piece, session.stop());
  } catch (...) {
    if (unprinted) std::rethrow_exception(unprinted);
    throw;
  }
}

void cat_file(Session& session, FileKind kind, const std::string& text) {
  Repository& repository = session.repository();
  const FileKey key{kind, find_file(repository, kind, text, session.stop())};
  switch (kind) {
    case FileKind::kKey:
      // As it is stored, which no key is needed for.
      return print_json(encode_key_file(
          parse_key_file(repository.files().load(key, std::nullopt, {}, session.stop()))));
    case FileKind::kLock:
      return print_json(encode_lock(parse_lock(repository.load_file(key, session.stop()))));
    case FileKind::kPack:
      return print_pack(session, key);
    case FileKind::kIndex:
      return print_index(session, key);
    case FileKind::kSnapshot:
    case FileKind::kConfig:
      return print(as_text(repository.load_file(key, session.stop())));
  }
}

void cat_blob(const GlobalOptions& options, Session& session, const std::string& text) {
  load_index_to_read(options, session);
  const BlobHandle blob = find_blobs(session.repository(), text).front();
  const Bytes content = session.repository().load_blob(blob, session.stop());
  if (blob.type == BlobType::kTree) {
    print(as_text(content));
  } else {
    print(content);
  }
}

void cat_tree(const GlobalOptions& options, Session& session, const std::string& text) {
  const Id tree = open_named_snapshot(options, session, text, {}).tree;
  print(as_text(session.repository().load_blob({BlobType::kTree, tree}, session.stop())));
}

void cat_object(const GlobalOptions& options, Session& session, const CatArguments& arguments) {
  const std::string& type = arguments.type;
  const std::string& id = arguments.id;
  if (type == "config") return print_json(encode_config(session.repository().config()));
  if (type == "masterkey") return cat_master_keys(session);
  if (type == "key") return cat_file(session, FileKind::kKey, id);
  if (type == "lock") return cat_file(session, FileKind::kLock, id);
  if (type == "pack") return cat_file(session, FileKind::kPack, id);
  if (type == "index") return cat_file(session, FileKind::kIndex, id);
  if (type == "blob") return cat_blob(options, session, id);
  if (type == "tree") return cat_tree(options, session, id);
  print_json(encode_snapshot(load_snapshot(session.repository(), id, {}, session.stop())));
}

const std::vector<std::string> kTypes = {"config", "index", "snapshot", "key", "masterkey",
                                         "lock",   "pack",  "blob",     "tree"};

ExitCode run_cat(const GlobalOptions& options, const CatArguments& arguments, Signals& signals) {
  const bool needs_id = arguments.type != "config" && arguments.type != "masterkey";
  if (needs_id && arguments.id.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("which {}? Give its ID; \"snapfs list\" shows them", arguments.type));
  }
  Session session(options, signals, lock_unless(options.no_lock, LockMode::kShared));
  cat_object(options, session, arguments);
  return ExitCode::kSuccess;
}

}  // namespace

Command cat_command(GlobalOptions& options) {
  Command command("cat", "Print one of the objects that a repository consists of");
  CatArguments& arguments = bind_command(command, options, run_cat);
  command.take("TYPE", one_of(kTypes, &arguments.type),
               "config, masterkey, snapshot, index, key, lock, pack, blob or tree");
  command.take_optional("ID", &arguments.id,
                        "Its ID or the beginning of one; for a tree SNAPSHOT:FOLDER");
  command.footer = R"(
For looking at a repository closely. What is JSON is printed with line breaks, a tree, an index
file and a blob as they are stored, decrypted; a pack as it is stored, encrypted.

Examples:
  snapfs cat snapshot latest
  snapfs cat tree latest:/home/me | jq .nodes[].name
  snapfs cat blob 1a2b3c4d)";
  return command;
}

}  // namespace snapfs
