// Every byte of a small repository changed, and every file cut off everywhere: a check that reads
// the data notices all of it.
#include <cstddef>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "fs/backend/memory.h"
#include "fs/base/error.h"
#include "tests/fs/maintain/damage.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

class EveryByteTest : public ::testing::Test {
 protected:
  EveryByteTest() : maker_(memory_) {
    const Node file = maker_.make_file("file", {"one", "two"});
    const Id below = maker_.add_tree({file});
    maker_.add_snapshot(maker_.add_tree({test::make_directory("dir", below)}),
                        "2026-01-01T00:00:00Z");
    files_.push_back(FileKey::config());
    for (const FileKind kind :
         {FileKind::kKey, FileKind::kSnapshot, FileKind::kIndex, FileKind::kPack}) {
      for (const FileInfo& info : memory_.list(kind, {})) files_.push_back({kind, info.id});
    }
  }

  /// Whether a check, or opening the repository, says that something is wrong.
  bool is_noticed() {
    try {
      return !test::check_everything(memory_).sound();
    } catch (const Error& error) {
      return error.code() == ErrorCode::kDamaged || error.code() == ErrorCode::kWrongPassword;
    }
  }

  MemoryBackend memory_;
  test::RepositoryMaker maker_;
  std::vector<FileKey> files_;
};

TEST_F(EveryByteTest, ChangedIsNoticed) {
  ASSERT_FALSE(is_noticed());
  std::size_t bytes = 0;
  for (const FileKey& file : files_) {
    const Bytes sound = memory_.load(file, std::nullopt, {}, {});
    Bytes damaged = sound;
    for (std::size_t i = 0; i < sound.size(); ++i, ++bytes) {
      damaged[i] = static_cast<std::uint8_t>(sound[i] ^ (1 << i % 8));
      memory_.save(file, damaged, {});
      ASSERT_TRUE(is_noticed()) << describe(file) << " at " << i;
      damaged[i] = sound[i];
    }
    memory_.save(file, sound, {});
  }
  EXPECT_GT(bytes, 1500U);
}

TEST_F(EveryByteTest, CutOffIsNoticed) {
  for (const FileKey& file : files_) {
    const Bytes sound = memory_.load(file, std::nullopt, {}, {});
    for (std::size_t size = 0; size < sound.size(); ++size) {
      memory_.save(file, ByteView(sound).first(size), {});
      ASSERT_TRUE(is_noticed()) << describe(file) << " after " << size;
    }
    memory_.save(file, sound, {});
  }
}

TEST_F(EveryByteTest, LongerIsNoticed) {
  for (const FileKey& file : files_) {
    const Bytes sound = memory_.load(file, std::nullopt, {}, {});
    Bytes longer = sound;
    longer.push_back(0);
    memory_.save(file, longer, {});
    EXPECT_TRUE(is_noticed()) << describe(file);
    memory_.save(file, sound, {});
  }
}

TEST_F(EveryByteTest, MissingIsNoticed) {
  for (const FileKey& file : files_) {
    if (file.kind == FileKind::kSnapshot) continue;  // nothing says how many there are
    const Bytes sound = memory_.load(file, std::nullopt, {}, {});
    memory_.remove(file, {});
    bool noticed = true;
    try {
      noticed = !test::check_everything(memory_).sound();
    } catch (const Error&) {
      noticed = true;
    }
    EXPECT_TRUE(noticed) << describe(file);
    memory_.save(file, sound, {});
  }
}

}  // namespace
}  // namespace snapfs
