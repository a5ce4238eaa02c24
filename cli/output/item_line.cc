#include "cli/output/item_line.h"

#include <fmt/format.h>

#include "cli/option/quantity.h"
#include "cli/output/display_text.h"
#include "cli/output/json_object.h"

namespace snapfs {
namespace {

std::string_view action_of(ChangeKind change) {
  switch (change) {
    case ChangeKind::kNew:
      return "new";
    case ChangeKind::kChanged:
      return "modified";
    case ChangeKind::kUnmodified:
      break;
  }
  return "unchanged";
}

std::string with_slash(const ItemReport& item, std::string_view path) {
  return std::string(path) + (item.is_directory ? "/" : "");
}

double in_seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// The members are always the same, whatever the action.
std::string verbose_json(std::string_view action, std::string_view path, double duration,
                         const AddedBytes& data, const AddedBytes& metadata, std::uint64_t files) {
  JsonObject object;
  object.text("message_type", "verbose_status")
      .text("action", action)
      .text("item", path)
      .real("duration", duration)
      .number("data_size", data.plain)
      .number("data_size_in_repo", data.packed)
      .number("metadata_size", metadata.plain)
      .number("metadata_size_in_repo", metadata.packed)
      .number("total_files", files);
  return object.finish();
}

}  // namespace

std::string item_text(const ItemReport& item, std::string_view path) {
  const std::string_view action = action_of(item.change);
  const std::string name = displayable(with_slash(item, path));
  if (item.change == ChangeKind::kUnmodified) return fmt::format("{} {}", action, name);
  const std::string metadata =
      item.is_directory ? fmt::format(", {} metadata", format_size(item.metadata.packed)) : "";
  return fmt::format("{:<9} {}, saved in {:.3f}s ({} added, {} stored{})", action, name,
                     in_seconds(item.elapsed), format_size(item.data.plain),
                     format_size(item.data.packed), metadata);
}

std::string item_json(const ItemReport& item, std::string_view path) {
  const bool unchanged = item.change == ChangeKind::kUnmodified;
  return verbose_json(action_of(item.change), with_slash(item, path),
                      unchanged ? 0 : in_seconds(item.elapsed), item.data, item.metadata, 0);
}

std::string scan_text(std::uint64_t files, std::uint64_t bytes, std::chrono::milliseconds elapsed) {
  return fmt::format("scan finished in {:.3f}s: {} files, {}", in_seconds(elapsed), files,
                     format_size(bytes));
}

std::string scan_json(std::uint64_t files, std::uint64_t bytes, std::chrono::milliseconds elapsed) {
  return verbose_json("scan_finished", "", in_seconds(elapsed), {bytes, 0}, {}, files);
}

}  // namespace snapfs
