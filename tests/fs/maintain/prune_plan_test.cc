// Decisions of prune, from tables: packs as "used+unused" bytes, and what becomes of them.
#include "fs/maintain/prune_plan.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/crypto/sha256.h"
#include "fs/format/pack.h"
#include "tests/support/fails_with.h"

namespace snapfs {
namespace {

using test::fails_with;

constexpr std::uint32_t kMiB = 1 << 20;

Id id_of(const std::string& name) { return sha256(as_bytes(name)); }

/// A repository's index, its packs, and which blobs are in use.
class Scene {
 public:
  struct Blob {
    std::string name;
    std::uint32_t length = 0;
    bool used = true;
    bool compressed = true;
    BlobType type = BlobType::kData;
  };

  /// A pack with these blobs; the same name in two packs is the same blob.
  Scene& pack(const std::string& name, const std::vector<Blob>& blobs) {
    PackDescription pack{id_of(name), {}};
    std::uint64_t size = kPackOverhead;
    std::uint32_t offset = 0;
    for (const Blob& blob : blobs) {
      const BlobHandle handle{blob.type, id_of(blob.name)};
      pack.entries.push_back({handle, offset, blob.length, blob.compressed ? 2 * blob.length : 0});
      offset += blob.length;
      size += blob.length + header_entry_size(pack.entries.back());
      if (blob.used) used_.push_back(handle);
    }
    names_[pack.id] = name;
    files_.push_back({pack.id, size});
    packs_.push_back(std::move(pack));
    return *this;
  }

  Scene& unlisted(const std::string& name, std::uint64_t size) {
    names_[id_of(name)] = name;
    files_.push_back({id_of(name), size});
    return *this;
  }

  /// The file of the last pack is not there.
  Scene& lost() {
    files_.pop_back();
    return *this;
  }

  /// The index lists the last pack twice.
  Scene& listed_twice() {
    packs_.push_back(packs_.back());
    return *this;
  }

  /// The same, and the second time with another length of its first blob.
  Scene& contradicted() {
    packs_.push_back(packs_.back());
    ++packs_.back().entries.front().length;
    return *this;
  }

  std::vector<FileInfo>& files() { return files_; }

  PrunePlan plan(const RepackPolicy& policy = {}, unsigned version = 2) {
    Index index;
    index.add_packs(packs_);
    BlobSet used(index.contents());
    for (const BlobHandle& blob : used_) used.insert(blob);
    PrunePlan plan = plan_prune(used, files_, version, policy);
    moved_.clear();
    for (const PickedBlob& blob : plan.blobs) {
      const TableEntry entry = entry_at(used.contents(), blob.row);
      EXPECT_EQ(used.contents().packs[entry.pack], plan.repack.at(blob.pack));
      EXPECT_TRUE(used.contains({blob.row.type, entry.id}));
      moved_.push_back(entry.id);
    }
    return plan;
  }

  /// "remove: a b; repack: c", in alphabetical order.
  std::string decisions(const RepackPolicy& policy = {}, unsigned version = 2) {
    const PrunePlan plan = this->plan(policy, version);
    std::string text;
    const auto add = [&](const std::string& what, const std::vector<Id>& packs) {
      if (packs.empty()) return;
      std::vector<std::string> words;
      for (const Id& id : packs) words.push_back(names_.at(id));
      std::ranges::sort(words);
      text += (text.empty() ? "" : "; ") + what + ":";
      for (const std::string& word : words) text += " " + word;
    };
    add("unreferenced", plan.unreferenced);
    add("remove", plan.remove);
    add("repack", plan.repack);
    add("missing", plan.missing);
    return text;
  }

  bool moves(const std::string& blob) const { return std::ranges::count(moved_, id_of(blob)) == 1; }
  std::size_t moved() const { return moved_.size(); }

 private:
  std::vector<PackDescription> packs_;
  std::vector<FileInfo> files_;
  std::vector<BlobHandle> used_;
  std::map<Id, std::string> names_;
  std::vector<Id> moved_;
};

using Blob = Scene::Blob;

Blob used(const std::string& name, std::uint32_t length = 5 * kMiB) { return {name, length}; }
Blob unused(const std::string& name, std::uint32_t length = 5 * kMiB) {
  return {name, length, false};
}

TEST(PrunePlan, LeavesAloneWhatIsUsed) {
  EXPECT_EQ(Scene().pack("a", {used("1")}).pack("b", {used("2"), used("3")}).decisions(), "");
  EXPECT_EQ(Scene().decisions(), "");
}

TEST(PrunePlan, RemovesWhatNothingUses) {
  Scene scene;
  scene.pack("a", {used("1")}).pack("b", {unused("2"), unused("3")}).unlisted("x", 77);
  EXPECT_EQ(scene.decisions(), "unreferenced: x; remove: b");
  const PruneFigures figures = scene.plan().figures;
  EXPECT_EQ(figures.unreferenced_bytes, 77U);
  EXPECT_EQ(figures.removed, (BlobAmount{2, 10 * kMiB}));
  EXPECT_EQ(figures.packs_unused, 1U);
  EXPECT_EQ(figures.packs_kept, 1U);
}

TEST(PrunePlan, RepacksWhatIsPartlyUsed) {
  Scene scene;
  scene.pack("a", {used("1"), unused("2")}).pack("b", {used("3")});
  EXPECT_EQ(scene.decisions(), "repack: a");
  EXPECT_TRUE(scene.moves("1"));
  EXPECT_EQ(scene.moved(), 1U);
}

TEST(PrunePlan, ToleratesSomeUnusedData) {
  Scene scene;
  scene.pack("a", {used("1", 10 * kMiB), unused("2", kMiB)}).pack("b", {used("3", 10 * kMiB)});
  const auto with = [&](const UnusedLimit& limit) {
    return scene.decisions({.max_unused = limit});
  };
  EXPECT_EQ(with(UnusedLimit::of_percent(5)), "");  // 1.05 MiB of 20
  EXPECT_EQ(with(UnusedLimit::of_percent(4)), "repack: a");
  EXPECT_EQ(with(UnusedLimit::of_percent(0)), "repack: a");
  EXPECT_EQ(with(UnusedLimit::of_bytes(kMiB)), "repack: a");
  EXPECT_EQ(with(UnusedLimit::of_bytes(kMiB + 1)), "");
  EXPECT_EQ(with(UnusedLimit::unlimited()), "");
}

TEST(PrunePlan, TakesTheWorstPacksFirst) {
  Scene scene;
  scene.pack("a", {used("1", 10 * kMiB), unused("2", 2 * kMiB)})
      .pack("b", {used("3", 10 * kMiB), unused("4", 8 * kMiB)})
      .pack("c", {used("5", 10 * kMiB), unused("6", kMiB)});
  EXPECT_EQ(scene.decisions({.max_unused = UnusedLimit::of_bytes(4 * kMiB)}), "repack: b");
  EXPECT_EQ(scene.decisions({.max_unused = UnusedLimit::of_bytes(2 * kMiB)}), "repack: a b");
  EXPECT_EQ(scene.decisions({.max_unused = UnusedLimit::of_bytes(0)}), "repack: a b c");
}

TEST(PrunePlan, StaysBelowTheLimitForRepacking) {
  Scene scene;
  scene.pack("a", {used("1"), unused("2")}).pack("b", {used("3"), unused("4", 6 * kMiB)});
  EXPECT_EQ(scene.decisions({.max_repack_bytes = 0}), "");
  EXPECT_EQ(scene.decisions({.max_repack_bytes = 12 * kMiB}), "repack: b");
  EXPECT_EQ(scene.decisions({.max_repack_bytes = 30 * kMiB}), "repack: a b");
}

TEST(PrunePlan, RepacksTreesWhateverIsTolerated) {
  Scene scene;
  scene.pack("t", {{"1", 10 * kMiB, true, true, BlobType::kTree},
                   {"2", 100, false, true, BlobType::kTree}});
  EXPECT_EQ(scene.decisions({.max_unused = UnusedLimit::unlimited()}), "repack: t");
  EXPECT_EQ(scene.decisions({.cacheable_only = true}), "repack: t");
}

TEST(PrunePlan, LeavesDataAloneWhenOnlyTreesAreWanted) {
  Scene scene;
  scene.pack("a", {used("1"), unused("2")}).pack("b", {unused("3")});
  EXPECT_EQ(scene.decisions({.cacheable_only = true}), "remove: b");
}

TEST(PrunePlan, SeparatesMixedPacks) {
  Scene scene;
  scene.pack("m", {used("1"), {"2", 100, true, true, BlobType::kTree}});
  EXPECT_EQ(scene.decisions(), "repack: m");
  EXPECT_EQ(scene.moved(), 2U);
  EXPECT_EQ(scene.decisions({.cacheable_only = true}), "repack: m");
}

TEST(PrunePlan, MergesSmallPacksWhenThereAreMany) {
  Scene few;
  Scene many;
  std::string all = "repack:";
  for (char name = 'a'; name < 'k'; ++name) {
    const std::string pack(1, name);
    if (name > 'a') few.pack(pack, {used(pack, 1000)});
    many.pack(pack, {used(pack, 1000)});
    all += " " + pack;
  }
  EXPECT_EQ(few.decisions(), "");
  EXPECT_EQ(few.plan().figures.packs_kept, 9U);
  EXPECT_EQ(many.decisions(), all);
  EXPECT_EQ(many.decisions({.max_unused = UnusedLimit::unlimited()}), all);
  EXPECT_EQ(many.decisions({.small_pack_bytes = 1000}), "");
}

TEST(PrunePlan, WhatIsSmallIsSaidOrFollowsFromTheOthers) {
  Scene scene;
  for (char name = 'a'; name < 'm'; ++name) {
    scene.pack(std::string(1, name), {used(std::string(1, name), 6 * kMiB)});
  }
  EXPECT_EQ(scene.decisions(), "");
  EXPECT_NE(scene.decisions({.small_pack_bytes = 7 * kMiB}), "");
}

TEST(PrunePlan, CompressesTreesAlwaysAndDataWhenAsked) {
  Scene scene;
  scene.pack("t", {{"1", 5 * kMiB, true, false, BlobType::kTree}})
      .pack("d", {{"2", 5 * kMiB, true, false}});
  EXPECT_EQ(scene.decisions(), "repack: t");
  EXPECT_GT(scene.plan().figures.uncompressed_bytes, 5U * kMiB);
  EXPECT_EQ(scene.decisions({.uncompressed = true}), "repack: d t");
  EXPECT_EQ(scene.plan({.uncompressed = true}).figures.uncompressed_bytes, 0U);
  EXPECT_EQ(scene.decisions({}, 1), "");
  EXPECT_EQ(scene.plan({}, 1).figures.uncompressed_bytes, 0U);
}

TEST(PrunePlan, KeepsOneOfSeveralCopies) {
  Scene scene;
  scene.pack("a", {used("1"), used("2")}).pack("b", {used("1")}).pack("c", {unused("3")});
  // a has other used blobs: its copy stays, and b goes.
  const PruneFigures figures = scene.plan().figures;
  EXPECT_EQ(scene.decisions(), "remove: b c");
  EXPECT_EQ(figures.used.blobs, 2U);
  EXPECT_EQ(figures.duplicate, (BlobAmount{1, 5 * kMiB}));
  EXPECT_EQ(figures.unused.blobs, 1U);
}

TEST(PrunePlan, KeepsThePacksThatAnInterruptedPruneWrote) {
  Scene scene;
  scene.pack("old 1", {used("1"), unused("x")})
      .pack("old 2", {used("2"), unused("y")})
      .pack("new", {used("1"), used("2")});
  EXPECT_EQ(scene.decisions(), "remove: old 1 old 2");
}

TEST(PrunePlan, APackIsOnePackHoweverOftenItIsListed) {
  Scene scene;
  scene.pack("a", {used("1"), unused("2")}).listed_twice();
  EXPECT_EQ(scene.decisions(), "repack: a");
  EXPECT_EQ(scene.moved(), 1U);
  EXPECT_EQ(scene.plan().figures.used.blobs, 1U);
  EXPECT_EQ(scene.plan().figures.duplicate.blobs, 0U);
}

TEST(PrunePlan, WhatIsMissingAndNotNeededLeavesTheIndex) {
  Scene scene;
  scene.pack("a", {used("1")}).pack("b", {unused("2")}).lost();
  EXPECT_EQ(scene.decisions(), "missing: b");
}

TEST(PrunePlan, RefusesWhenSomethingNeededIsMissing) {
  Scene scene;
  scene.pack("a", {used("1")}).lost();
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "nothing was pruned", [&] { scene.plan(); }));
}

TEST(PrunePlan, RefusesWhenANeededPackHasAnotherSize) {
  Scene scene;
  scene.pack("a", {used("1"), unused("2")});
  --scene.files().back().size;
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "the index says", [&] { scene.plan(); }));
  Scene unneeded;
  unneeded.pack("a", {unused("2")});
  --unneeded.files().back().size;
  EXPECT_EQ(unneeded.decisions(), "remove: a");
}

TEST(PrunePlan, MovesABlobOnceThoughItIsInTwoPacksThatGo) {
  Scene scene;
  scene.pack("a", {used("1"), used("2"), unused("x")})
      .pack("b", {used("1"), used("3"), unused("y")});
  EXPECT_EQ(scene.decisions(), "repack: a b");
  EXPECT_TRUE(scene.moves("1") && scene.moves("2") && scene.moves("3"));
  EXPECT_EQ(scene.moved(), 3U);
}

TEST(PrunePlan, TheFiguresAddUp) {
  Scene scene;
  scene.pack("a", {used("1"), unused("2")})
      .pack("b", {unused("3")})
      .pack("c", {used("4"), used("1")});
  const PruneFigures figures = scene.plan().figures;
  EXPECT_EQ(figures.total_blobs(), 5U);
  EXPECT_EQ(figures.total_bytes(), 25U * kMiB);
  EXPECT_EQ(figures.packs_used + figures.packs_partly_used + figures.packs_unused, 3U);
  EXPECT_EQ(figures.packs_kept + figures.packs_repacked + figures.packs_removed, 3U);
  EXPECT_EQ(figures.unused_bytes_after(), 0U);
  EXPECT_EQ(figures.remaining_bytes(), 10U * kMiB);
}

TEST(PrunePlan, RefusesListsThatContradictEachOther) {
  for (const bool needed : {true, false}) {
    Scene scene;
    scene.pack("a", {used("1")}).pack("b", {needed ? used("2") : unused("2"), unused("3")});
    scene.contradicted();
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "with different blobs: nothing was pruned",
                           [&] { scene.decisions(); }));
  }
}

}  // namespace
}  // namespace snapfs
