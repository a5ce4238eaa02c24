#include "tests/fs/maintain/damage_sweep.h"

#include <fmt/format.h>

#include "fs/base/error.h"
#include "tests/fs/maintain/damage.h"

namespace snapfs::test {
namespace {

/// A check costs several times what reading does.
constexpr std::uint64_t kCasesToACheck = 16;

/// Whether no file says that it was there, or that there is one too many.
bool is_unnoticeable(const DamageCase& one) {
  const FileKind kind = one.file.kind;
  return kind == FileKind::kLock || one.kind == DamageCase::Kind::kMisnamed ||
         (one.kind == DamageCase::Kind::kGone && kind == FileKind::kSnapshot);
}

bool is_noticed(Backend& repository) {
  try {
    return !check_everything(repository).sound();
  } catch (const Error&) {
    return true;  // it says so, too
  }
}

}  // namespace

DamageSweep sweep_damage(JudgedRepository& judged, const DamageCases& cases, DamageSlice slice,
                         const Damage& damage) {
  DamageSweep result;
  for (std::uint64_t number = slice.first; number < cases.count(); number += slice.every) {
    const DamageCase one = cases.at(number);
    if (!cases.changes_anything(one)) continue;
    damage(one, judged.backend());
    const FileKind kind = one.file.kind;
    const bool may_lack = one.kind == DamageCase::Kind::kGone &&
                          (kind == FileKind::kSnapshot || kind == FileKind::kLock);
    std::string why = judged.judge(may_lack);
    if (result.tried++ % kCasesToACheck == 0 && !is_unnoticeable(one)) {
      ++result.checked;
      if (why.empty() && !is_noticed(judged.backend())) why = "a check finds nothing";
    }
    cases.undo(one, judged.backend());
    if (why.empty()) continue;
    result.wrong.push_back(fmt::format("case {} ({}): {}", number, one.text(), why));
  }
  return result;
}

}  // namespace snapfs::test
