// Every kind of damage at every place of every file of a small repository, one after the other:
// what is read then is right, or there is an error that says what is damaged; and a check that
// reads the data notices it.
//
// usage: sweep_damage [EVERY [FIRST]]   each EVERY-th case, from the FIRST one on; by default all
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/fs/maintain/damage.h"
#include "tests/fs/maintain/damage_case.h"
#include "tests/fs/maintain/judged_repository.h"

namespace snapfs::test {
namespace {

constexpr std::size_t kPacks = 16;
constexpr std::size_t kPackBytes = 6000;

/// Packs of trees are smaller.
constexpr std::uint64_t kMostBitsOf = kPackBytes / 2;

/// A check costs several times what reading does.
constexpr std::uint64_t kCasesToACheck = 16;

/// Whether no file says that it was there, or that there is one too many.
bool is_unnoticeable(const DamageCase& one) {
  const FileKind kind = one.file.kind;
  return kind == FileKind::kLock || one.kind == DamageCase::Kind::kMisnamed ||
         (one.kind == DamageCase::Kind::kGone && kind == FileKind::kSnapshot);
}

/// Why the case is answered in a wrong way; empty when it is not.
std::string try_case(JudgedRepository& judged, const DamageCase& one, bool with_check) {
  const bool may_lack = one.kind == DamageCase::Kind::kGone &&
                        (one.file.kind == FileKind::kSnapshot || one.file.kind == FileKind::kLock);
  std::string wrong = judged.judge(may_lack);
  if (!wrong.empty() || !with_check || is_unnoticeable(one)) return wrong;
  try {
    if (check_everything(judged.backend()).sound()) return "a check finds nothing";
  } catch (const Error&) {
    // It says so, too.
  }
  return "";
}

int run(const std::vector<std::string>& arguments) {
  const std::uint64_t every = arguments.empty() ? 1 : std::stoull(arguments[0]);
  const std::uint64_t first = arguments.size() < 2 ? 0 : std::stoull(arguments[1]);
  JudgedRepository judged(kPacks, kPackBytes);
  const DamageCases cases(judged.backend(), kMostBitsOf);
  std::uint64_t tried = 0;
  std::uint64_t wrong = 0;
  for (std::uint64_t number = first; number < cases.count(); number += every) {
    const DamageCase one = cases.at(number);
    if (!cases.changes_anything(one)) continue;
    cases.apply(one, judged.backend());
    const std::string why = try_case(judged, one, tried++ % kCasesToACheck == 0);
    cases.undo(one, judged.backend());
    if (why.empty()) continue;
    std::printf("case %llu (%s): %s\n", static_cast<unsigned long long>(number), one.text().c_str(),
                why.c_str());
    ++wrong;
  }
  std::printf("%llu of %llu cases tried, %llu wrong\n", static_cast<unsigned long long>(tried),
              static_cast<unsigned long long>(cases.count()),
              static_cast<unsigned long long>(wrong));
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace snapfs::test

int main(int count, char** arguments) {
  return snapfs::test::run({arguments + 1, arguments + count});
}
