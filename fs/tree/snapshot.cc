// Snapshots to JSON and back. Writing is exact, reading is lenient.
#include "fs/tree/snapshot.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "fs/format/json_input.h"
#include "fs/format/json_member.h"
#include "fs/format/json_writer.h"
#include "fs/time/rfc3339.h"

namespace snapfs {
namespace {

/// The summary's numbers in the order they are written.
constexpr std::array<std::pair<std::string_view, std::uint64_t SnapshotSummary::*>, 12>
    kSummaryNumbers = {{{"files_new", &SnapshotSummary::files_new},
                        {"files_changed", &SnapshotSummary::files_changed},
                        {"files_unmodified", &SnapshotSummary::files_unmodified},
                        {"dirs_new", &SnapshotSummary::dirs_new},
                        {"dirs_changed", &SnapshotSummary::dirs_changed},
                        {"dirs_unmodified", &SnapshotSummary::dirs_unmodified},
                        {"data_blobs", &SnapshotSummary::data_blobs},
                        {"tree_blobs", &SnapshotSummary::tree_blobs},
                        {"data_added", &SnapshotSummary::data_added},
                        {"data_added_packed", &SnapshotSummary::data_added_packed},
                        {"total_files_processed", &SnapshotSummary::total_files_processed},
                        {"total_bytes_processed", &SnapshotSummary::total_bytes_processed}}};

/// Appends fields, with commas between them.
class FieldWriter {
 public:
  explicit FieldWriter(std::string& out) : out_(out) {}

  void time(std::string_view key, const ZonedTime& value) {
    begin(key);
    out_ += '"';
    append_rfc3339(out_, value);
    out_ += '"';
  }

  void id(std::string_view key, const std::optional<Id>& value) {
    if (value) text(key, value->hex());
  }

  void text(std::string_view key, std::string_view value) {
    begin(key);
    append_json_string(out_, value);
  }

  void text_unless_empty(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }

  void number(std::string_view key, std::uint64_t value) {
    begin(key);
    append_json_number(out_, value);
  }

  void number_unless_zero(std::string_view key, std::uint64_t value) {
    if (value != 0) number(key, value);
  }

  void list(std::string_view key, const std::vector<std::string>& values) {
    begin(key);
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) out_ += ',';
      append_json_string(out_, values[i]);
    }
    out_ += ']';
  }

  void list_unless_empty(std::string_view key, const std::vector<std::string>& values) {
    if (!values.empty()) list(key, values);
  }

  void begin(std::string_view key) {
    if (!std::exchange(first_, false)) out_ += ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_summary(std::string& out, const SnapshotSummary& summary) {
  out += '{';
  FieldWriter fields(out);
  fields.time("backup_start", summary.backup_start);
  fields.time("backup_end", summary.backup_end);
  for (const auto& [key, member] : kSummaryNumbers) fields.number(key, summary.*member);
  out += '}';
}

using Element = JsonInput::Element;

/// As many paths as there is room for in a snapshot's text, if they have any length.
constexpr std::size_t kMostItems = std::size_t{1} << 20;

std::vector<std::string> read_list(const JsonInput& input, const Element& value,
                                   std::string_view key) {
  std::vector<std::string> list;
  for (const Element item : input.array(value, key)) {
    list.emplace_back(input.text(item, key));
    if (list.size() <= kMostItems) continue;
    input.refuse(fmt::format("\"{}\" has more than {} items, and this program takes no more", key,
                             kMostItems));
  }
  return list;
}

SnapshotSummary read_summary(const JsonInput& input, const Element& value) {
  SnapshotSummary summary;
  for (const auto field : input.object(value, "summary")) {
    if (field.value.is_null()) continue;
    const MemberName name(field.key);
    if (name == "backup_start") summary.backup_start = input.time(field.value, name);
    if (name == "backup_end") summary.backup_end = input.time(field.value, name);
    for (const auto& [key, member] : kSummaryNumbers) {
      if (name == key) summary.*member = input.number(field.value, key);
    }
  }
  return summary;
}

bool take_text(Snapshot& snapshot, const JsonInput& input, std::string_view key,
               const Element& value) {
  if (key == "hostname") {
    snapshot.hostname = input.text(value, key);
  } else if (key == "username") {
    snapshot.username = input.text(value, key);
  } else if (key == "program_version") {
    snapshot.program_version = input.text(value, key);
  } else if (key == "paths") {
    snapshot.paths = read_list(input, value, key);
  } else if (key == "excludes") {
    snapshot.excludes = read_list(input, value, key);
  } else if (key == "tags") {
    snapshot.tags = read_list(input, value, key);
  } else {
    return false;
  }
  return true;
}

void take_other(Snapshot& snapshot, const JsonInput& input, std::string_view key,
                const Element& value) {
  if (key == "parent") {
    snapshot.parent = input.id(value, key);
  } else if (key == "original") {
    snapshot.original = input.id(value, key);
  } else if (key == "uid") {
    snapshot.uid = input.number32(value, key);
  } else if (key == "gid") {
    snapshot.gid = input.number32(value, key);
  } else if (key == "summary") {
    snapshot.summary = read_summary(input, value);
  }
}

}  // namespace

void append_snapshot_fields(std::string& out, const Snapshot& snapshot) {
  FieldWriter fields(out);
  fields.time("time", snapshot.time);
  fields.id("parent", snapshot.parent);
  fields.id("tree", snapshot.tree);
  fields.list("paths", snapshot.paths);
  fields.text_unless_empty("hostname", snapshot.hostname);
  fields.text_unless_empty("username", snapshot.username);
  fields.number_unless_zero("uid", snapshot.uid);
  fields.number_unless_zero("gid", snapshot.gid);
  fields.list_unless_empty("excludes", snapshot.excludes);
  fields.list_unless_empty("tags", snapshot.tags);
  fields.id("original", snapshot.original);
  fields.text_unless_empty("program_version", snapshot.program_version);
  if (!snapshot.summary) return;
  fields.begin("summary");
  append_summary(out, *snapshot.summary);
}

bool is_partial(const Snapshot& snapshot) {
  // Tags are the user's: one that looks the same makes no other program's snapshot a partial one.
  return snapshot.program_version.starts_with("snapfs ") &&
         std::ranges::find(snapshot.tags, kPartialTag) != snapshot.tags.end();
}

std::string encode_snapshot(const Snapshot& snapshot) {
  std::string out = "{";
  append_snapshot_fields(out, snapshot);
  out += '}';
  return out;
}

Snapshot parse_snapshot(const Id& id, ByteView json) {
  const JsonInput input(json, fmt::format("snapshot {}", id.hex()));
  Snapshot snapshot;
  snapshot.id = id;
  bool has_time = false;
  bool has_tree = false;
  for (const auto field : input.object(input.root(), "snapshot")) {
    if (field.value.is_null()) continue;
    const MemberName key(field.key);
    if (key == "time") {
      snapshot.time = input.time(field.value, key);
      has_time = true;
    } else if (key == "tree") {
      snapshot.tree = input.id(field.value, key);
      has_tree = true;
    } else if (!take_text(snapshot, input, key, field.value)) {
      take_other(snapshot, input, key, field.value);
    }
  }
  if (!has_time) input.fail("it has no time");
  if (!has_tree) input.fail("it has no tree");
  return snapshot;
}

}  // namespace snapfs
