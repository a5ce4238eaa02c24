// What every backend must do. Whoever includes this has it run for his kinds of storage by
// INSTANTIATE_TYPED_TEST_SUITE_P.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/backend.h"
#include "tests/support/fails_with.h"
#include "tests/support/hex_bytes.h"
#include "tests/support/test_threads.h"

namespace snapfs {
namespace {

using test::fails_with;
using test::numbered_id;
using test::to_bytes;

/// An empty backend, with what it needs to exist.
class Place {
 public:
  virtual ~Place() = default;
  virtual Backend& backend() = 0;

  /// Whether removing what is not there is an error, or nobody hears of it.
  virtual bool tells_what_it_misses() const { return true; }

  /// What a place of that type needs and this machine has not; empty when nothing.
  static std::string missing() { return {}; }
};

template <class PlaceType>
class Conformance : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = PlaceType::missing(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    place_ = std::make_unique<PlaceType>();
  }

  Backend& backend() { return place_->backend(); }
  bool tells_what_it_misses() const { return place_->tells_what_it_misses(); }

  static FileKey key(FileKind kind, std::uint64_t number) { return {kind, numbered_id(number)}; }

  Bytes load(const FileKey& key) { return backend().load(key, std::nullopt, {}, {}); }

  std::map<Id, std::uint64_t> list(FileKind kind) {
    std::map<Id, std::uint64_t> found;
    for (const FileInfo& info : backend().list(kind, {})) {
      EXPECT_TRUE(found.emplace(info.id, info.size).second) << "listed twice";
    }
    return found;
  }

 private:
  std::unique_ptr<Place> place_;
};

/// The tests are called by the place: Conformance/MemoryPlace.
struct PlaceNames {
  template <class PlaceType>
  static std::string GetName(int /*number*/) {
    const std::string name = ::testing::internal::GetTypeName<PlaceType>();
    return name.substr(name.rfind(':') + 1);
  }
};

TYPED_TEST_SUITE_P(Conformance);

constexpr std::array kAllKinds = {FileKind::kConfig,   FileKind::kKey,   FileKind::kLock,
                                  FileKind::kSnapshot, FileKind::kIndex, FileKind::kPack};

TYPED_TEST_P(Conformance, LoadsWhatWasSavedOfEveryKind) {
  this->backend().create({});
  for (const FileKind kind : kAllKinds) {
    const FileKey key =
        kind == FileKind::kConfig ? FileKey::config() : this->key(kind, 17 + unsigned(kind));
    const Bytes content = to_bytes("content of " + path_of(key));
    this->backend().save(key, content, {});
    EXPECT_EQ(this->load(key), content);
    EXPECT_EQ(this->backend().size(key, {}), content.size());
  }
}

TYPED_TEST_P(Conformance, KeepsFilesOfEverySize) {
  for (const std::size_t size : {0, 1, 4095, 4096, 65'537, 3'000'000}) {
    const FileKey key = this->key(FileKind::kPack, size);
    Bytes content(size);
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::uint8_t>(i * 31 >> 3);
    this->backend().save(key, content, {});
    EXPECT_EQ(this->load(key), content);
    EXPECT_EQ(this->backend().size(key, {}), size);
  }
}

TYPED_TEST_P(Conformance, SavesWithoutCreateHavingBeenCalled) {
  const FileKey key = this->key(FileKind::kPack, 0xabcd);
  this->backend().save(key, as_bytes("x"), {});
  EXPECT_EQ(this->load(key), to_bytes("x"));
}

TYPED_TEST_P(Conformance, CreatesTwiceWithoutHarm) {
  this->backend().create({});
  const FileKey key = this->key(FileKind::kPack, 1);
  this->backend().save(key, as_bytes("x"), {});
  this->backend().create({});
  EXPECT_EQ(this->load(key), to_bytes("x"));
}

TYPED_TEST_P(Conformance, LoadsExactRanges) {
  const FileKey key = this->key(FileKind::kPack, 1);
  const Bytes content = to_bytes("0123456789");
  this->backend().save(key, content, {});
  for (std::uint64_t offset = 0; offset <= 10; ++offset) {
    for (std::uint64_t length = 0; offset + length <= 10; ++length) {
      const Bytes part = this->backend().load(key, ByteRange{offset, length}, {}, {});
      ASSERT_EQ(as_text(part), std::string_view("0123456789").substr(offset, length));
    }
  }
}

TYPED_TEST_P(Conformance, RefusesRangesBeyondTheEnd) {
  const FileKey key = this->key(FileKind::kPack, 1);
  this->backend().save(key, as_bytes("0123456789"), {});
  for (const ByteRange range :
       {ByteRange{0, 11}, ByteRange{10, 1}, ByteRange{11, 0}, ByteRange{5, 6},
        ByteRange{UINT64_MAX, 1}, ByteRange{1, UINT64_MAX}, ByteRange{5, UINT64_MAX - 4},
        ByteRange{0, std::uint64_t{1} << 50}}) {
    EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "too short",
                           [&] { this->backend().load(key, range, {}, {}); }))
        << range.offset << "+" << range.length;
  }
}

TYPED_TEST_P(Conformance, ReportsMissingFiles) {
  for (const bool created : {false, true}) {
    for (const FileKind kind : kAllKinds) {
      const FileKey key = kind == FileKind::kConfig ? FileKey::config() : this->key(kind, 1);
      EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { this->load(key); }));
      EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] {
        this->backend().load(key, ByteRange{0, 1}, {}, {});
      }));
      if (this->tells_what_it_misses()) {
        EXPECT_TRUE(fails_with(ErrorCode::kNotFound, [&] { this->backend().remove(key, {}); }));
      }
      EXPECT_EQ(this->backend().size(key, {}), std::nullopt);
      if (kind != FileKind::kConfig) {
        EXPECT_TRUE(this->list(kind).empty());
      }
    }
    if (!created) this->backend().create({});
  }
}

TYPED_TEST_P(Conformance, ListsEveryFileOfTheKindAndNoOther) {
  std::map<Id, std::uint64_t> packs;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const FileKey key{FileKind::kPack, numbered_id(i << 56 | i << 40)};  // over many directories
    this->backend().save(key, Bytes(i, 0), {});
    packs.emplace(key.id, i);
  }
  this->backend().save(this->key(FileKind::kIndex, 7), as_bytes("index"), {});
  this->backend().save(FileKey::config(), as_bytes("config"), {});
  EXPECT_EQ(this->list(FileKind::kPack), packs);
  EXPECT_EQ(this->list(FileKind::kIndex), (std::map<Id, std::uint64_t>{{numbered_id(7), 5}}));
  EXPECT_TRUE(this->list(FileKind::kSnapshot).empty());
}

TYPED_TEST_P(Conformance, RemovesOnlyTheFileNamed) {
  this->backend().save(this->key(FileKind::kLock, 1), as_bytes("one"), {});
  this->backend().save(this->key(FileKind::kLock, 2), as_bytes("two"), {});
  this->backend().save(this->key(FileKind::kIndex, 1), as_bytes("three"), {});
  this->backend().remove(this->key(FileKind::kLock, 1), {});
  EXPECT_EQ(this->backend().size(this->key(FileKind::kLock, 1), {}), std::nullopt);
  EXPECT_EQ(this->list(FileKind::kLock).size(), 1U);
  EXPECT_EQ(this->list(FileKind::kIndex).size(), 1U);
}

TYPED_TEST_P(Conformance, ReplacesAFileThatExists) {
  const FileKey key = this->key(FileKind::kIndex, 1);
  this->backend().save(key, as_bytes("a long first version"), {});
  this->backend().save(key, as_bytes("second"), {});
  EXPECT_EQ(this->load(key), to_bytes("second"));
  EXPECT_EQ(this->list(FileKind::kIndex).size(), 1U);
}

TYPED_TEST_P(Conformance, DoesNothingOnceStopped) {
  const FileKey key = this->key(FileKind::kIndex, 1);
  const FileKey other = this->key(FileKind::kIndex, 2);
  Backend& backend = this->backend();
  backend.save(key, as_bytes("kept"), {});
  StopSource source;
  source.request_stop();
  const StopToken stop = source.get_token();
  const std::vector<std::function<void()>> operations{
      [&] { backend.create(stop); },
      [&] { backend.save(other, as_bytes("x"), stop); },
      [&] { backend.load(key, std::nullopt, {}, stop); },
      [&] {
        backend.load(key, ByteRange{0, 1}, {}, stop);
      },
      [&] { backend.size(key, stop); },
      [&] { backend.list(FileKind::kIndex, stop); },
      [&] { backend.remove(key, stop); }};
  for (const auto& operation : operations) {
    EXPECT_TRUE(fails_with(ErrorCode::kCancelled, operation));
  }
  EXPECT_EQ(this->list(FileKind::kIndex).size(), 1U);
}

TYPED_TEST_P(Conformance, SavesFromManyThreadsAtOnce) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kFiles = 8;
  {
    test::TestThreads threads;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
      threads.start([this, thread] {
        for (std::uint64_t i = 0; i < kFiles; ++i) {
          // Some names are written by all threads: every one must be whole in the end.
          const bool shared = i % 4 == 0;
          const FileKey key = this->key(FileKind::kSnapshot, shared ? i : thread << 32 | i);
          this->backend().save(key, Bytes(5000, static_cast<std::uint8_t>(i)), {});
        }
      });
    }
  }
  EXPECT_EQ(this->list(FileKind::kSnapshot).size(), kThreads * kFiles * 3 / 4 + kFiles / 4);
  for (const auto& [id, size] : this->list(FileKind::kSnapshot)) {
    const Bytes content = this->load({FileKind::kSnapshot, id});
    ASSERT_EQ(content.size(), 5000U);
    EXPECT_EQ(content, Bytes(5000, content.front()));
  }
}

TYPED_TEST_P(Conformance, AFileThatBecameShorterIsDamaged) {
  const FileKey key = this->key(FileKind::kPack, 1);
  this->backend().save(key, Bytes(100, 1), {});
  this->backend().save(key, Bytes(40, 1), {});
  EXPECT_EQ(this->backend().load(key, ByteRange{0, 40}, {}, {}).size(), 40U);
  EXPECT_TRUE(fails_with(ErrorCode::kDamaged, "too short", [&] {
    this->backend().load(key, ByteRange{30, 20}, {}, {});
  }));
}

TYPED_TEST_P(Conformance, AnswersTheSameWhateverALoadIsFor) {
  const FileKey key = this->key(FileKind::kPack, 1);
  this->backend().save(key, as_bytes("0123456789"), {});
  for (const Content content : {Content::kWholeFile, Content::kTree, Content::kData}) {
    for (const Urgency urgency : {Urgency::kForeground, Urgency::kAhead, Urgency::kBulk}) {
      const Bytes part = this->backend().load(key, ByteRange{2, 3}, {content, urgency}, {});
      EXPECT_EQ(part, to_bytes("234"));
    }
  }
}

TYPED_TEST_P(Conformance, LoadsManyThingsAtOnce) {
  constexpr std::uint64_t kThreads = 16;
  constexpr std::uint64_t kFiles = 4;
  for (std::uint64_t i = 0; i < kFiles; ++i) {
    this->backend().save(this->key(FileKind::kPack, i), Bytes(5000, static_cast<std::uint8_t>(i)),
                         {});
  }
  test::TestThreads threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.start([this, thread] {
      for (std::uint64_t i = 0; i < 50; ++i) {
        const std::uint64_t number = (thread + i) % kFiles;
        const Bytes part =
            this->backend().load(this->key(FileKind::kPack, number), ByteRange{i * 100, 100},
                                 {Content::kData, static_cast<Urgency>(thread % 3)}, {});
        EXPECT_EQ(part, Bytes(100, static_cast<std::uint8_t>(number)));
      }
    });
  }
}

TYPED_TEST_P(Conformance, SaysWhereItIsAndHowMuchItBears) {
  const StorageTraits traits = this->backend().traits();
  EXPECT_GE(traits.requests, 1U);
  EXPECT_GE(traits.pack_transfers, 1U);
  EXPECT_GT(traits.longest_run, traits.gap_worth_reading);
  EXPECT_FALSE(this->backend().location().empty());
}

REGISTER_TYPED_TEST_SUITE_P(Conformance, LoadsWhatWasSavedOfEveryKind, KeepsFilesOfEverySize,
                            SavesWithoutCreateHavingBeenCalled, CreatesTwiceWithoutHarm,
                            LoadsExactRanges, RefusesRangesBeyondTheEnd, ReportsMissingFiles,
                            ListsEveryFileOfTheKindAndNoOther, RemovesOnlyTheFileNamed,
                            ReplacesAFileThatExists, DoesNothingOnceStopped,
                            SavesFromManyThreadsAtOnce, AFileThatBecameShorterIsDamaged,
                            AnswersTheSameWhateverALoadIsFor, LoadsManyThingsAtOnce,
                            SaysWhereItIsAndHowMuchItBears);

}  // namespace
}  // namespace snapfs
