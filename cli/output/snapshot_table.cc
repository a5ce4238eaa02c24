#include "cli/output/snapshot_table.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/option/quantity.h"
#include "cli/output/json_object.h"
#include "cli/output/table.h"
#include "fs/format/json_writer.h"
#include "fs/time/local_time.h"

namespace snapfs {
namespace {

/// Which columns there are besides those that every table has.
struct Columns {
  bool reasons;
  bool paths;
  bool sizes;
};

Table make_table(const Columns& columns) {
  std::vector<std::string> titles = {"ID", "Time", "Host", "Tags"};
  if (columns.reasons) titles.emplace_back("Reasons");
  if (columns.paths) titles.emplace_back("Paths");
  if (columns.sizes) titles.emplace_back("Size");
  return Table(std::move(titles));
}

std::vector<TableCell> make_row(const Snapshot& snapshot, const std::vector<std::string>& reasons,
                                const Columns& columns, bool tags_in_a_line) {
  std::vector<TableCell> row = {snapshot.id.short_hex(), format_local_time(snapshot.time.instant),
                                snapshot.hostname};
  if (tags_in_a_line) {
    row.emplace_back(fmt::format("{}", fmt::join(snapshot.tags, ",")));
  } else {
    row.emplace_back(snapshot.tags);
  }
  if (columns.reasons) row.emplace_back(reasons);
  if (columns.paths) row.emplace_back(snapshot.paths);
  if (columns.sizes) {
    row.emplace_back(snapshot.summary ? format_size(snapshot.summary->total_bytes_processed) : "");
  }
  return row;
}

std::string make_text(const std::vector<KeptSnapshot>& snapshots, TableStyle style,
                      bool with_reasons) {
  const bool full = style == TableStyle::kFull;
  const bool sizes = std::any_of(snapshots.begin(), snapshots.end(), [](const KeptSnapshot& kept) {
    return kept.snapshot.summary.has_value();
  });
  const Columns columns{full && with_reasons, full, sizes};
  Table table = make_table(columns);
  for (const auto& [snapshot, reasons] : snapshots) {
    table.add_row(make_row(snapshot, reasons, columns, full));
  }
  return fmt::format("{}Timestamps shown in local time\n{} snapshots\n", table.text(),
                     snapshots.size());
}

}  // namespace

std::string snapshot_table(const std::vector<Snapshot>& snapshots, TableStyle style) {
  std::vector<KeptSnapshot> rows;
  rows.reserve(snapshots.size());
  for (const Snapshot& snapshot : snapshots) rows.push_back({snapshot, {}});
  return make_text(rows, style, false);
}

std::string snapshot_table(const std::vector<KeptSnapshot>& snapshots, TableStyle style) {
  return make_text(snapshots, style, true);
}

std::string snapshot_json(const Snapshot& snapshot) {
  std::string fields;
  append_snapshot_fields(fields, snapshot);
  JsonObject object;
  object.members(fields).text("id", snapshot.id.hex()).text("short_id", snapshot.id.short_hex());
  return object.finish();
}

std::string snapshots_json(const std::vector<Snapshot>& snapshots) {
  std::vector<std::string> objects;
  objects.reserve(snapshots.size());
  for (const Snapshot& snapshot : snapshots) objects.push_back(snapshot_json(snapshot));
  return fmt::format("[{}]", fmt::join(objects, ","));
}

std::string group_key_json(const GroupKey& key) {
  JsonObject object;
  object.text("hostname", key.hostname)
      .raw("paths", json_texts_or_null(key.paths))
      .raw("tags", json_texts_or_null(key.tags));
  return object.finish();
}

std::string json_texts_or_null(const std::vector<std::string>& texts) {
  if (texts.empty()) return "null";
  std::string out;
  for (const std::string& text : texts) {
    out += out.empty() ? '[' : ',';
    append_json_string(out, text);
  }
  return out + ']';
}

}  // namespace snapfs
