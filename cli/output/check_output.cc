#include "cli/output/check_output.h"

#include <vector>

#include <fmt/format.h>

#include "cli/option/global_options.h"
#include "cli/output/display_text.h"
#include "cli/output/json_object.h"
#include "cli/output/output.h"
#include "fs/base/shell_word.h"

namespace snapfs {
namespace {

std::string_view json_bool(bool value) { return value ? "true" : "false"; }

}  // namespace

void CheckOutput::error(std::string_view message) {
  progress_.interject([&] {
    if (!options_.json) return print_error(message);
    print_json_error(LogLevel::kError, check_message_json("error", message), message);
  });
}

void CheckOutput::warn(std::string_view message) {
  if (options_.quiet) return;
  progress_.interject([&] {
    if (!options_.json) return print(printable(message) + "\n");
    print_json_error(LogLevel::kNotice, check_message_json("note", message), message);
  });
}

std::string check_message_json(std::string_view type, std::string_view message) {
  JsonObject object;
  object.text("message_type", type).text("message", message);
  return object.finish();
}

std::string check_summary_json(const CheckVerdict& verdict) {
  std::vector<std::string> broken;
  for (const Id& pack : verdict.broken_packs) broken.push_back(pack.hex());
  JsonObject object;
  object.text("message_type", "summary").number("num_errors", verdict.errors);
  if (broken.empty()) {
    object.raw("broken_packs", "null");
  } else {
    object.texts("broken_packs", broken);
  }
  object.raw("suggest_repair_index", json_bool(verdict.suggest_repair_index))
      .raw("suggest_prune", json_bool(verdict.suggest_prune))
      .raw("suggest_repair_snapshots", json_bool(verdict.suggest_repair_snapshots));
  if (verdict.read_data) {
    object.number("packs_read", verdict.packs_read).number("packs", verdict.packs);
  }
  return object.finish();
}

std::string what_was_read(const CheckVerdict& verdict) {
  if (!verdict.read_data) return "";
  return fmt::format("the data of {} of {} pack{} was read{}\n", verdict.packs_read, verdict.packs,
                     verdict.packs == 1 ? "" : "s",
                     verdict.packs_read == 0 && verdict.packs > 0
                         ? ": none of them is in that part, so this says nothing of the data"
                         : "");
}

std::string repair_advice(const CheckVerdict& verdict, std::span<const std::string> sources) {
  std::string advice;
  if (verdict.suggest_repair_index) advice += "  snapfs repair index\n";
  if (!verdict.broken_packs.empty()) {
    advice += "  snapfs repair packs";
    for (const Id& pack : verdict.broken_packs) advice += " " + pack.hex();
    advice += "\n";
  }
  if (verdict.means_loss()) {
    if (!sources.empty()) {
      advice += "  snapfs snapshot --force";
      for (const std::string& source : sources) advice += " " + shell_word(source);
      advice += "\n";
    }
    // What the others can bring back must not be given up before, and what "repair packs" can bring
    // back is known only when all packs were read: these lines are pasted as a whole.
    if (!advice.empty() || !verdict.read_all()) advice += "  snapfs check --read-data\n";
    if (verdict.read_all()) advice += "  snapfs repair snapshots --forget\n";
  }
  return advice;
}

void print_check_result(const GlobalOptions& options, const CheckVerdict& verdict,
                        std::span<const std::string> sources) {
  if (options.json) return print(check_summary_json(verdict) + "\n");
  if (!options.quiet) print(what_was_read(verdict));
  if (verdict.sound()) {
    if (!options.quiet) print("no errors were found\n");
    return;
  }
  const std::string advice = repair_advice(verdict, sources);
  if (advice.empty()) return;
  print_report(
      fmt::format(
          "\nFiles that a copy of the repository still has are best brought back from there. "
          "Otherwise run, in this order{}:\n\n",
          verdict.means_loss() && !sources.empty()
              ? " (the snapshot stores anew what was lost, as far as it is still at its place)"
              : "") +
      advice + "\n" +
      (verdict.means_loss() && !verdict.read_all()
           ? "The last one reads all data, and says what is lost and what to do then.\n\n"
           : ""));
}

}  // namespace snapfs
