#include "cli/output/prune_output.h"

#include <string_view>

#include <fmt/format.h>

#include "cli/option/quantity.h"
#include "cli/output/json_object.h"

namespace snapfs {
namespace {

std::string percentage(std::uint64_t part, std::uint64_t whole) {
  const double share = whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  return fmt::format("{:.2f}%", 100 * share);
}

std::string amount_line(std::string_view title, std::uint64_t blobs, std::uint64_t bytes) {
  return fmt::format("{:<13} {:>10} blobs / {}\n", title, blobs, format_size(bytes));
}

std::string amount_line(std::string_view title, const BlobAmount& amount) {
  return amount_line(title, amount.blobs, amount.bytes);
}

std::string what_there_is(const PruneFigures& figures) {
  std::string text = "\n" + amount_line("used:", figures.used);
  if (figures.duplicate.blobs > 0) text += amount_line("duplicates:", figures.duplicate);
  text += amount_line("unused:", figures.unused);
  if (figures.unreferenced_bytes > 0) {
    text += fmt::format("{:<13} {:>10}         {}\n", "unreferenced:", "",
                        format_size(figures.unreferenced_bytes));
  }
  text += amount_line("total:", figures.total_blobs(), figures.total_bytes());
  return text + fmt::format("unused size: {} of total size\n",
                            percentage(figures.unused_bytes(), figures.total_bytes()));
}

std::string what_changes(const PruneFigures& figures) {
  const std::uint64_t pruned_blobs = figures.removed.blobs + figures.removed_by_repack.blobs;
  std::string text = "\n" + amount_line("to repack:", figures.repacked);
  text += amount_line("this removes:", figures.removed_by_repack);
  text += amount_line("to delete:", figures.removed.blobs,
                      figures.removed.bytes + figures.unreferenced_bytes);
  text += amount_line("total prune:", pruned_blobs, figures.pruned_bytes());
  if (figures.uncompressed_bytes > 0) {
    text += fmt::format("not yet compressed: {:>18}\n", format_size(figures.uncompressed_bytes));
  }
  text +=
      amount_line("remaining:", figures.total_blobs() - pruned_blobs, figures.remaining_bytes());
  return text + fmt::format("unused size after prune: {} ({} of remaining size)\n\n",
                            format_size(figures.unused_bytes_after()),
                            percentage(figures.unused_bytes_after(), figures.remaining_bytes()));
}

std::string what_becomes_of_packs(const PruneFigures& figures) {
  std::string text;
  const auto add = [&text](std::string_view title, std::uint64_t count, std::string_view unit) {
    text += fmt::format("{:<19} {:>10}{}\n", title, count, unit);
  };
  add("totally used packs:", figures.packs_used, "");
  add("partly used packs:", figures.packs_partly_used, "");
  add("unused packs:", figures.packs_unused, "\n");
  add("to keep:", figures.packs_kept, " packs");
  add("to repack:", figures.packs_repacked, " packs");
  add("to delete:", figures.packs_removed, " packs");
  if (figures.packs_unreferenced > 0) {
    add("to delete:", figures.packs_unreferenced, " unreferenced packs");
  }
  return text + "\n";
}

}  // namespace

std::string prune_text(const PruneFigures& figures, bool verbose) {
  return (verbose ? what_there_is(figures) : "") + what_changes(figures) +
         (verbose ? what_becomes_of_packs(figures) : "");
}

std::string prune_json(const PruneFigures& figures, bool dry_run) {
  JsonObject object;
  object.text("message_type", "prune_summary").raw("dry_run", dry_run ? "true" : "false");
  const auto add = [&object](const std::string& name, const BlobAmount& amount) {
    object.number(name + "_blobs", amount.blobs).number(name + "_bytes", amount.bytes);
  };
  add("used", figures.used);
  add("duplicate", figures.duplicate);
  add("unused", figures.unused);
  add("removed", figures.removed);
  add("repacked", figures.repacked);
  add("removed_by_repack", figures.removed_by_repack);
  object.number("unreferenced_bytes", figures.unreferenced_bytes)
      .number("uncompressed_bytes", figures.uncompressed_bytes)
      .number("total_bytes", figures.total_bytes())
      .number("remaining_bytes", figures.remaining_bytes())
      .number("unused_bytes_after", figures.unused_bytes_after())
      .number("packs_used", figures.packs_used)
      .number("packs_partly_used", figures.packs_partly_used)
      .number("packs_unused", figures.packs_unused)
      .number("packs_unreferenced", figures.packs_unreferenced)
      .number("packs_kept", figures.packs_kept)
      .number("packs_repacked", figures.packs_repacked)
      .number("packs_removed", figures.packs_removed);
  return object.finish();
}

}  // namespace snapfs
