#include "tests/sim/fault_judge.h"

#include <regex>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "cli/process/exit_code.h"
#include "tests/sim/fault_commands.h"

namespace snapfs::sim {
namespace {

/// What was read is not what is stored.
bool is_corruption(FaultKind kind) noexcept {
  return kind == FaultKind::kFlippedBit || kind == FaultKind::kShort || kind == FaultKind::kGone;
}

bool has_fault(const FaultCase& fault_case) noexcept { return fault_case.fault.call > 0; }

std::set<ExitCode> allowed_statuses(const FaultCase& fault_case) {
  std::set<ExitCode> statuses = {ExitCode::kSuccess, ExitCode::kFatal};
  const std::string_view command = fault_commands().at(fault_case.command);
  // Not all could be removed; or the parent's directories could not be read, or what there was no
  // memory for, while everything else was stored.
  if (command.starts_with("forget") || command == "snapshot") {
    statuses.insert(ExitCode::kIncomplete);
  }
  if (!has_fault(fault_case)) return statuses;
  const FaultKind kind = fault_case.fault.kind;
  if (kind == FaultKind::kGone) statuses.insert(ExitCode::kNoRepository);
  if (is_corruption(kind)) statuses.insert(ExitCode::kWrongPassword);
  return statuses;
}

/// A key that is gone when it is read was removed since it was listed.
bool may_show_less(const FaultCase& fault_case) {
  return has_fault(fault_case) && fault_case.fault.kind == FaultKind::kGone &&
         fault_commands().at(fault_case.command) == "key list";
}

}  // namespace

bool may_do_otherwise(const FaultCase& fault_case) {
  const std::string_view command = fault_commands().at(fault_case.command);
  return has_fault(fault_case) && fault_case.fault.persists &&
         is_corruption(fault_case.fault.kind) &&
         (command.starts_with("repair") || command == "recover");
}

std::string comparable(const std::string& text,
                       const std::function<bool(std::string_view id)>& is_new) {
  static const std::regex varying(R"(\b[0-9a-f]{64}\b|\b[0-9a-f]{8}\b|\bin \d+:\d\d(:\d\d)?)");
  std::string result;
  auto rest = text.begin();
  for (std::sregex_iterator found(text.begin(), text.end(), varying), end; found != end; ++found) {
    result.append(rest, (*found)[0].first);
    const std::string word = found->str();
    result += word.starts_with("in ") || is_new(word) ? "…" : word;
    rest = (*found)[0].second;
  }
  return result.append(rest, text.end());
}

std::string judge(const FaultCase& fault_case, const Reply& reply, const Reply& faultless) {
  const auto wrong = [&reply](std::string_view what) {
    return fmt::format("exit status {}, {}: {}{}", reply.status, what, reply.output,
                       reply.messages);
  };
  if (!allowed_statuses(fault_case).contains(static_cast<ExitCode>(reply.status))) {
    return wrong("which does not fit");
  }
  if (reply.status != 0) {
    // When there is no memory to say it in, something else says it.
    const bool is_said =
        reply.last_words == 1 ||
        (!has_fault(fault_case) && reply.last_words == 0 && !reply.messages.empty());
    if (!is_said) return wrong(fmt::format("with {} last words", reply.last_words));
  } else {
    if (reply.last_words != 0) return wrong("and a word of why it failed");
    if (may_do_otherwise(fault_case) || may_show_less(fault_case)) return "";
    if (reply.output != faultless.output) return wrong("with another output");
    if (reply.effect != faultless.effect) {
      return wrong(
          fmt::format("with another effect ({} instead of {})", reply.effect, faultless.effect));
    }
  }
  const bool may_look_damaged = has_fault(fault_case) && is_corruption(fault_case.fault.kind);
  const auto says = [&](std::string_view words) {
    return reply.messages.find(words) != std::string::npos;
  };
  if (!may_look_damaged && (says("damaged") || says("content is lost") || says("lacks what"))) {
    return wrong("blaming the repository");
  }
  return "";
}

}  // namespace snapfs::sim
