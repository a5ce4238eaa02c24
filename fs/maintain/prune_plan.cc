// The rules are restic's, so that either program can carry on what the other one began, and both
// show the same figures.
#include "fs/maintain/prune_plan.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/format/pack.h"
#include "fs/index/indexed_packs.h"

namespace snapfs {
namespace {

/// So many packs have to be small before one of them is repacked for that alone: otherwise the last
/// one would be, in every run.
constexpr std::size_t kFewSmallPacks = 10;

/// No pack of this size is small, whatever the others are like.
constexpr std::uint64_t kLeastTarget = 4 << 20;

enum class PackContent : std::uint8_t { kNothing, kData, kTrees, kMixed };

enum class Fate : std::uint8_t { kUnlisted, kKeep, kRemove, kRepack };

struct PackUse {
  std::uint32_t used_blobs = 0;
  std::uint32_t unused_blobs = 0;
  std::uint32_t duplicates = 0;              // among the unused ones, of blobs that are used
  std::uint64_t used_bytes = kPackOverhead;  // and the header
  std::uint64_t unused_bytes = 0;
  PackContent content = PackContent::kNothing;
  bool uncompressed = false;
  bool must_compress = false;
  Fate fate = Fate::kUnlisted;
  std::uint32_t repack_number = 0;

  std::uint64_t bytes() const noexcept { return used_bytes + unused_bytes; }

  void hold(BlobType type) noexcept {
    const PackContent kind = type == BlobType::kData ? PackContent::kData : PackContent::kTrees;
    if (content == PackContent::kNothing) content = kind;
    if (content != kind) content = PackContent::kMixed;
  }

  void use(std::uint64_t bytes) noexcept {
    ++used_blobs;
    used_bytes += bytes;
  }
  void leave(std::uint64_t bytes) noexcept {
    ++unused_blobs;
    unused_bytes += bytes;
  }
  void use_after_all(std::uint64_t bytes) noexcept {
    --unused_blobs;
    unused_bytes -= bytes;
    use(bytes);
  }
};

class Planner {
 public:
  Planner(const BlobSet& used, unsigned version, const RepackPolicy& policy)
      : used_(used), version_(version), policy_(policy) {
    number_packs();
  }

  PrunePlan plan(std::span<const FileInfo> packs) {
    if (plan_.listed_twice) require_same_lists();
    count_blobs();
    choose_copies();
    const std::uint64_t target = target_bytes(packs);
    for (const FileInfo& pack : packs) judge(pack, target);
    judge_missing();
    if (small_.size() < kFewSmallPacks) {
      for (const std::uint32_t pack : small_) keep(pack);
    } else {
      candidates_.insert(candidates_.end(), small_.begin(), small_.end());
    }
    choose_repacked(target);
    find_repacked_blobs();
    plan_.figures.packs_unreferenced = plan_.unreferenced.size();
    plan_.figures.packs_repacked = plan_.repack.size();
    plan_.figures.packs_removed = plan_.remove.size();
    if (version_ < 2) plan_.figures.uncompressed_bytes = 0;
    return std::move(plan_);
  }

 private:
  const std::vector<Id>& ids() const { return used_.contents().packs; }

  /// A pack that several index files list has several numbers: one of them stands for it.
  void number_packs() {
    canonical_.reserve(ids().size());
    for (const Id& id : ids()) {
      const auto number = static_cast<std::uint32_t>(canonical_.size());
      canonical_.push_back(numbers_.emplace(id, number).first->second);
      plan_.listed_twice |= canonical_.back() != number;
    }
    uses_.resize(ids().size());
  }

  /// Which of two lists of a pack is right is not to be seen here, and only one would stay.
  void require_same_lists() const {
    std::vector<IndexedPack> lists(ids().size());
    snapfs::for_each_blob(used_.contents(), [&](const BlobCopies& blob) {
      for (const TableEntry& entry : blob.entries) {
        lists[entry.pack].add(
            {{blob.first.type, entry.id}, entry.offset, entry.length, entry.uncompressed_length});
      }
    });
    for (std::size_t number = 0; number < lists.size(); ++number) {
      if (lists[number].lists_the_same(lists[canonical_[number]])) continue;
      throw Error(ErrorCode::kDamaged,
                  fmt::format("pack {} is listed in the index several times, with different blobs: "
                              "nothing was pruned",
                              ids()[number].hex()),
                  ids()[number].hex());
    }
  }

  /// Every blob with its copies, each once, packs by the numbers that stand for them.
  template <class Visit>
  void for_each_blob(const Visit& visit) const {
    std::vector<TableEntry> copies;
    snapfs::for_each_blob(used_.contents(), [&](const BlobCopies& blob) {
      copies.assign(blob.entries.begin(), blob.entries.end());
      if (copies.size() > 1) {
        for (TableEntry& copy : copies) copy.pack = canonical_[copy.pack];
        std::ranges::sort(copies);
        copies.erase(std::unique(copies.begin(), copies.end()), copies.end());
      } else {
        copies.front().pack = canonical_[copies.front().pack];
      }
      visit(blob.first, copies);
    });
  }

  void count_blobs() {
    PruneFigures& figures = plan_.figures;
    for_each_blob([&](const BlobRow& row, const std::vector<TableEntry>& copies) {
      const bool used = used_.contains(row);
      has_duplicates_ |= used && copies.size() > 1;
      for (const TableEntry& copy : copies) {
        PackUse& pack = uses_[copy.pack];
        pack.used_bytes += header_entry_size(
            {{row.type, copy.id}, copy.offset, copy.length, copy.uncompressed_length});
        pack.hold(row.type);
        pack.uncompressed |= copy.uncompressed_length == 0;
        if (used && copies.size() > 1) {
          pack.leave(copy.length);
          ++pack.duplicates;
          figures.duplicate.add(copy.length);
        } else if (used) {
          pack.use(copy.length);
          figures.used.add(copy.length);
        } else {
          pack.leave(copy.length);
          figures.unused.add(copy.length);
        }
      }
    });
  }

  /// Of several copies of a used blob one is used: in a pack that has other used blobs, or that
  /// consists of such copies only, which is what an interrupted prune leaves; else the last one.
  void choose_copies() {
    if (!has_duplicates_) return;
    for_each_blob([&](const BlobRow& row, const std::vector<TableEntry>& copies) {
      if (copies.size() < 2 || !used_.contains(row)) return;
      auto chosen = std::ranges::find_if(copies, [&](const TableEntry& copy) {
        const PackUse& pack = uses_[copy.pack];
        return pack.used_blobs > 0 || pack.duplicates == pack.unused_blobs;
      });
      if (chosen == copies.end()) --chosen;
      PackUse& pack = uses_[chosen->pack];
      --pack.duplicates;
      pack.use_after_all(chosen->length);
      plan_.figures.used.add(chosen->length);
      --plan_.figures.duplicate.blobs;
      plan_.figures.duplicate.bytes -= chosen->length;
    });
  }

  /// What is at least as large is large enough.
  std::uint64_t target_bytes(std::span<const FileInfo> packs) const {
    if (policy_.small_pack_bytes > 0) return policy_.small_pack_bytes;
    std::uint64_t typical = kLeastTarget;
    if (!packs.empty()) {
      std::vector<std::uint64_t> sizes;
      sizes.reserve(packs.size());
      for (const FileInfo& pack : packs) sizes.push_back(pack.size);
      const auto nth = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() * 3 / 100);
      std::nth_element(sizes.begin(), nth, sizes.end());
      typical = std::max(typical, *nth);
    }
    return typical / 5 * 4;
  }

  void judge(const FileInfo& file, std::uint64_t target) {
    const auto found = numbers_.find(file.id);
    PruneFigures& figures = plan_.figures;
    if (found == numbers_.end()) {
      plan_.unreferenced.push_back(file.id);
      figures.unreferenced_bytes += file.size;
      return;
    }
    PackUse& pack = uses_[found->second];
    require_size(file, pack);
    if (pack.uncompressed) figures.uncompressed_bytes += pack.bytes();
    if (pack.used_blobs == 0) {
      ++figures.packs_unused;
    } else {
      ++(pack.unused_blobs == 0 ? figures.packs_used : figures.packs_partly_used);
    }
    const bool trees = pack.content == PackContent::kTrees;
    pack.must_compress = version_ >= 2 && pack.uncompressed && (trees || policy_.uncompressed);
    pack.fate = Fate::kKeep;
    const bool is_spared = policy_.cacheable_only && pack.content == PackContent::kData;
    const bool is_candidate =
        pack.unused_blobs > 0 || pack.content == PackContent::kMixed || pack.must_compress;
    if (pack.used_blobs == 0) {
      pack.fate = Fate::kRemove;
      plan_.remove.push_back(file.id);
      remove_unused(pack);
      if (pack.uncompressed) figures.uncompressed_bytes -= pack.bytes();
    } else if (is_spared || (!is_candidate && file.size >= target)) {
      keep(found->second);
    } else if (is_candidate) {
      candidates_.push_back(found->second);
    } else {
      small_.push_back(found->second);
    }
  }

  /// Of a pack that is removed as a whole it does not matter.
  static void require_size(const FileInfo& file, const PackUse& pack) {
    if (pack.used_blobs == 0 || pack.bytes() == file.size) return;
    throw Error(ErrorCode::kDamaged,
                fmt::format("pack {} has {} bytes, and the index says {}: nothing was pruned",
                            file.id.hex(), file.size, pack.bytes()),
                file.id.hex());
  }

  void remove_unused(const PackUse& pack) {
    plan_.figures.removed.blobs += pack.unused_blobs;
    plan_.figures.removed.bytes += pack.unused_bytes;
  }

  void keep(std::uint32_t number) {
    uses_[number].fate = Fate::kKeep;
    ++plan_.figures.packs_kept;
  }

  void judge_missing() {
    std::vector<Id> needed;
    for (std::uint32_t number = 0; number < uses_.size(); ++number) {
      const PackUse& pack = uses_[number];
      if (canonical_[number] != number || pack.fate != Fate::kUnlisted) continue;
      if (pack.used_blobs > 0) {
        needed.push_back(ids()[number]);
        continue;
      }
      plan_.missing.push_back(ids()[number]);
      remove_unused(pack);
    }
    if (needed.empty()) return;
    throw Error(ErrorCode::kDamaged,
                fmt::format("{} pack{} that snapshots need {} not there, such as {}: nothing was "
                            "pruned",
                            needed.size(), needed.size() == 1 ? "" : "s",
                            needed.size() == 1 ? "is" : "are", needed.front().hex()),
                needed.front().hex());
  }

  /// Packs with trees first, then small ones, then those with the largest share of unused bytes.
  void sort_candidates(std::uint64_t target) {
    std::ranges::stable_sort(candidates_, [&](std::uint32_t left, std::uint32_t right) {
      const PackUse& a = uses_[left];
      const PackUse& b = uses_[right];
      const bool a_is_data = a.content == PackContent::kData;
      const bool b_is_data = b.content == PackContent::kData;
      if (a_is_data != b_is_data) return b_is_data;
      const bool a_is_small = a.bytes() < target;
      const bool b_is_small = b.bytes() < target;
      if (a_is_small != b_is_small) return a_is_small;
      return a.unused_bytes * b.used_bytes > b.unused_bytes * a.used_bytes;
    });
  }

  void choose_repacked(std::uint64_t target) {
    sort_candidates(target);
    PruneFigures& figures = plan_.figures;
    const std::uint64_t allowed = policy_.max_unused.beside(figures.used.bytes);
    for (const std::uint32_t number : candidates_) {
      PackUse& pack = uses_[number];
      const bool needs_it = pack.content != PackContent::kData || pack.must_compress;
      const bool clean_enough = figures.unused_bytes_after() < allowed && pack.bytes() >= target;
      const std::uint64_t sum = figures.repacked.bytes + pack.bytes();
      if (sum >= policy_.max_repack_bytes || (!needs_it && clean_enough)) {
        keep(number);
      } else {
        repack(number);
      }
    }
  }

  void repack(std::uint32_t number) {
    PackUse& pack = uses_[number];
    PruneFigures& figures = plan_.figures;
    pack.fate = Fate::kRepack;
    pack.repack_number = static_cast<std::uint32_t>(plan_.repack.size());
    plan_.repack.push_back(ids()[number]);
    figures.repacked.blobs += pack.used_blobs + pack.unused_blobs;
    figures.repacked.bytes += pack.bytes();
    figures.removed_by_repack.blobs += pack.unused_blobs;
    figures.removed_by_repack.bytes += pack.unused_bytes;
    if (pack.uncompressed) figures.uncompressed_bytes -= pack.bytes();
  }

  /// What is used and stays nowhere.
  void find_repacked_blobs() {
    if (plan_.repack.empty()) return;
    snapfs::for_each_blob(used_.contents(), [&](const BlobCopies& blob) {
      if (!used_.contains(blob.first)) return;
      std::optional<PickedBlob> moves;
      for (std::uint32_t i = 0; i < blob.entries.size(); ++i) {
        const PackUse& pack = uses_[canonical_[blob.entries[i].pack]];
        if (pack.fate == Fate::kKeep) return;
        if (pack.fate != Fate::kRepack || moves) continue;
        moves = {pack.repack_number, blob.first};
        moves->row.number += i;
      }
      if (moves) return plan_.blobs.push_back(*moves);
      const Id& id = blob.entries.front().id;
      throw Error(ErrorCode::kInternal,
                  fmt::format("the plan would lose blob {}: nothing was pruned", id.hex()),
                  id.hex());
    });
    std::ranges::stable_sort(plan_.blobs, {}, &PickedBlob::pack);
  }

  const BlobSet& used_;
  const unsigned version_;
  const RepackPolicy& policy_;
  std::unordered_map<Id, std::uint32_t> numbers_;
  std::vector<std::uint32_t> canonical_;  // by the index's number
  std::vector<PackUse> uses_;             // by the number that stands for the pack
  bool has_duplicates_ = false;
  std::vector<std::uint32_t> candidates_;
  std::vector<std::uint32_t> small_;
  PrunePlan plan_;
};

}  // namespace

std::uint64_t PruneFigures::total_blobs() const noexcept {
  return used.blobs + unused.blobs + duplicate.blobs;
}

std::uint64_t PruneFigures::total_bytes() const noexcept {
  return used.bytes + unused.bytes + duplicate.bytes + unreferenced_bytes;
}

std::uint64_t PruneFigures::pruned_bytes() const noexcept {
  return removed.bytes + removed_by_repack.bytes + unreferenced_bytes;
}

std::uint64_t PruneFigures::unused_bytes_after() const noexcept {
  return unused_bytes() - removed.bytes - removed_by_repack.bytes;
}

PrunePlan plan_prune(const BlobSet& used, std::span<const FileInfo> packs,
                     unsigned repository_version, const RepackPolicy& policy) {
  return Planner(used, repository_version, policy).plan(packs);
}

}  // namespace snapfs
