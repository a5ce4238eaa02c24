#include "cli/check_output.h"

#include <vector>

#include "cli/global_options.h"
#include "cli/json_object.h"
#include "cli/output.h"
#include "cli/table.h"

namespace snapfs {
namespace {

std::string_view json_bool(bool value) { return value ? "true" : "false"; }

}  // namespace

void CheckOutput::error(std::string_view message) {
  progress_.interject([&] {
    if (!options_.json) return print_error(message);
    print_json_error(check_message_json("error", message));
  });
}

void CheckOutput::warn(std::string_view message) {
  if (options_.quiet) return;
  progress_.interject([&] {
    if (!options_.json) return print(printable(message) + "\n");
    print_json_error(check_message_json("note", message));
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
  return object.finish();
}

std::string repair_advice(const CheckVerdict& verdict) {
  std::string advice;
  if (verdict.suggest_repair_index) advice += "  snapfs repair index\n";
  if (!verdict.broken_packs.empty()) {
    advice += "  snapfs repair packs";
    for (const Id& pack : verdict.broken_packs) advice += " " + pack.hex();
    advice += "\n";
  }
  if (verdict.suggest_repair_snapshots || !verdict.broken_packs.empty()) {
    // What the others can bring back must not be given up before.
    if (!advice.empty() || !verdict.read_data) advice += "  snapfs check --read-data\n";
    advice += "  snapfs repair snapshots --forget\n";
  }
  return advice;
}

void print_check_result(const GlobalOptions& options, const CheckVerdict& verdict) {
  if (options.json) return print(check_summary_json(verdict) + "\n");
  if (verdict.sound()) {
    if (!options.quiet) print("no errors were found\n");
    return;
  }
  const std::string advice = repair_advice(verdict);
  if (advice.empty()) return;
  print_report(
      "\nFiles that a copy of the repository still has are best brought back from there. Otherwise "
      "run, in this order:\n\n" +
      advice + "\n");
}

}  // namespace snapfs
