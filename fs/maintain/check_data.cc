// The last part: every byte of the packs.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fs/base/parallel.h"
#include "fs/base/synchronized.h"
#include "fs/maintain/blobs_of_packs.h"
#include "fs/maintain/check_run.h"
#include "fs/maintain/pack_verifier.h"
#include "fs/repo/repository.h"

namespace snapfs {
namespace {

/// So many threads more than cores, so that some can wait for the storage while all cores work.
/// Each holds one pack in memory.
constexpr std::size_t kWaitingThreads = 2;

/// Whether a failure ends the check, instead of being one pack's.
bool is_fatal(const Error& error) {
  return error.ends_the_run() || error.code() == ErrorCode::kInternal;
}

class DataCheck {
 public:
  DataCheck(Repository& repository, const IndexedPacks& indexed, CheckReport& report,
            const StopToken& stop)
      : repository_(repository), indexed_(indexed), report_(report), stop_(stop) {}

  void run(const std::vector<FileInfo>& packs) {
    parallel_for_each(
        packs,
        [this](const FileInfo& pack) {
          check(pack);
          report_.progress().advance();
        },
        std::max<std::size_t>(core_count() + kWaitingThreads,
                              repository_.files().traits().pack_transfers));
    const auto headless = std::exchange(*headless_.lock(), {});
    if (headless.empty()) return;
    std::unordered_set<Id> ids;
    for (const auto& [id, problems] : headless) ids.insert(id);
    const auto contents = blobs_of_packs(repository_.index(), ids);
    parallel_for_each(headless, [&](const auto& pack) {
      const auto entries = contents.find(pack.first);
      check_without_header(pack.first, pack.second,
                           entries == contents.end() ? std::vector<PackEntry>() : entries->second);
    });
  }

 private:
  using Problems = std::vector<std::string>;

  /// What `verify` makes of the pack; read once more when that is damage.
  template <class Verify>
  auto read(const Id& pack, const Verify& verify) {
    throw_if_stopped(stop_);
    return repository_.files().read({FileKind::kPack, pack}, std::nullopt,
                                    {.urgency = Urgency::kBulk}, stop_, verify);
  }

  void check(const FileInfo& pack) {
    PackVerdict verdict;
    const auto verify = [&](const Bytes& file) {
      const auto codec = repository_.codecs().borrow();
      verdict = verify_pack(*codec, huge_blobs_, repository_.index(), pack.id,
                            *indexed_.find(pack.id), file);
      if (!verdict.intact()) throw Error(ErrorCode::kDamaged, "it is not intact");
    };
    try {
      read(pack.id, verify);
    } catch (...) {
      const Error fault = current_error();
      if (is_fatal(fault)) throw;
      // Of one that was not even read, or not the second time, nothing else can be told.
      if (verdict.intact() || !fault.means_loss()) return report(pack.id, fault);
      if (verdict.header_readable) return report(pack.id, verdict.problems);
      headless_.lock()->emplace_back(pack.id, std::move(verdict.problems));
    }
  }

  /// Which blobs are damaged is worth knowing; the index says where they should be.
  void check_without_header(const Id& pack, Problems problems,
                            const std::vector<PackEntry>& entries) {
    try {
      const Bytes file = read(pack, [](Bytes bytes) { return bytes; });
      const auto codec = repository_.codecs().borrow();
      std::ranges::move(verify_blobs(*codec, huge_blobs_, entries, file),
                        std::back_inserter(problems));
    } catch (...) {
      const Error error = current_error();
      if (is_fatal(error)) throw;
      problems.emplace_back(error.what());
    }
    report(pack, problems);
  }

  void report(const Id& pack, const Error& fault) {
    if (fault.means_loss()) return report(pack, Problems{fault.what()});
    const std::string thing = fmt::format("pack {}", pack.hex());
    if (fault.code() != ErrorCode::kIo) return report_.unreadable_now(thing, fault);
    report_.unreadable_now(
        thing, Error(fault.code(), fmt::format("{} (if it stays so, \"snapfs repair packs {}\" "
                                               "saves what can be read of it)",
                                               fault.what(), pack.hex())));
  }

  void report(const Id& pack, const Problems& problems) {
    report_.broken_pack(
        pack, fmt::format("pack {} is damaged: {}", pack.hex(), fmt::join(problems, "; ")));
  }

  Repository& repository_;
  const IndexedPacks& indexed_;
  CheckReport& report_;
  const StopToken& stop_;
  HugeBlobs huge_blobs_;
  Synchronized<std::vector<std::pair<Id, Problems>>> headless_;
};

}  // namespace

void check_data(Repository& repository, const IndexedPacks& indexed,
                const std::vector<FileInfo>& packs, CheckReport& report, const StopToken& stop) {
  report.progress().begin("read the packs", "packs", packs.size());
  DataCheck(repository, indexed, report, stop).run(packs);
}

}  // namespace snapfs
