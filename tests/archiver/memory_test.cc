// How much memory a run takes, and what it grows with: not with the size of a file, not with what a
// slow backend has not taken yet, not with the files of a directory that did not change.
#include "fs/backend/memory.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "archiver/archiver.h"
#include "archiver/task/channel.h"
#include "fs/repo/repository.h"
#include "tests/support/fault_backend.h"
#include "tests/support/fiber_executor.h"
#include "tests/support/heap_meter.h"
#include "tests/support/memory_source.h"
#include "tests/support/quick_init.h"
#include "tests/support/seeded_fibers.h"
#include "tests/support/seeded_random.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::FaultBackend;
using test::FiberExecutor;
using test::HeapMeter;
using test::SeededFibers;

constexpr std::size_t kMiB = 1 << 20;

/// Of what a run may take: the queues, what every worker holds, and packs of 4 MiB on their way.
constexpr std::size_t kBound = 112 * kMiB;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kSlowness = 4;  // they take longer
#else
constexpr std::size_t kSlowness = 1;
#endif

class QuietProgress final : public Progress {
  void show_warning(const std::string& path, const std::string& message) override {
    ADD_FAILURE() << path << ": " << message;
  }
};

/// A backend that keeps no packs: it would be what the memory is measured of.
class ForgetfulBackend final : public Backend {
 public:
  void create(const StopToken& stop) override { kept_.create(stop); }
  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content content, const StopToken& stop) override {
    if (key.kind != FileKind::kPack) return kept_.save(key, bytes, content, stop);
    packs += 1;
  }
  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose purpose,
             const StopToken& stop) override {
    return kept_.load(key, range, purpose, stop);
  }
  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override {
    return kept_.size(key, stop);
  }
  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override {
    return kept_.list(kind, stop);
  }
  void remove(const FileKey& key, const StopToken& stop) override { kept_.remove(key, stop); }
  StorageTraits traits() const noexcept override { return kept_.traits(); }
  std::string location() const override { return kept_.location(); }

  std::atomic<std::size_t> packs = 0;

 private:
  MemoryBackend kept_;
};

/// Bytes that look random, the same at each multiple of `period`.
MemorySource::Fill random_bytes(std::uint64_t period) {
  return [period](std::uint64_t offset, MutByteView out) {
    std::size_t done = 0;
    while (done < out.size()) {
      const std::uint64_t at = (offset + done) % period;
      std::uint64_t word = (at / 8 + 1) * 0x9e3779b97f4a7c15;
      word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
      word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
      word ^= word >> 31;
      const std::size_t skip = at % 8;
      const std::size_t count = std::min(8 - skip, out.size() - done);
      std::memcpy(out.data() + done, reinterpret_cast<const char*>(&word) + skip, count);
      done += count;
    }
  };
}

SnapshotRequest request_for(const SourceFs& source, std::optional<Snapshot> parent = {}) {
  SnapshotRequest request;
  request.targets = resolve_targets(std::vector<std::string>{"/data"}, "/", source);
  request.parent = std::move(parent);
  request.time = {SystemClock().now(), 0};
  request.workers = 2;
  request.pack_bytes = PackWriter::kMinTargetBytes;
  return request;
}

/// A repository that was opened, and how much more than then was on the heap since.
class MemoryTest : public ::testing::Test {
 protected:
  MemoryTest() {
    test::seed_random(1);  // where files are cut is chosen at random
    Repository::init(backend_, as_bytes("password"), kQuickInit, {});
  }

  std::unique_ptr<Repository> open(Backend& backend) {
    auto repository =
        std::make_unique<Repository>(backend, as_bytes("password"), OpenOptions{}, StopToken{});
    repository->load_index({});
    HeapMeter::forget_peak();
    before_ = HeapMeter::live_bytes();
    return repository;
  }

  std::size_t live() const { return HeapMeter::live_bytes() - before_; }
  std::size_t peak() const { return HeapMeter::peak_bytes() - before_; }

  ForgetfulBackend backend_;
  SystemClock clock_;
  QuietProgress progress_;

 private:
  std::size_t before_ = 0;
};

class LargeFileMemoryTest : public MemoryTest {
 protected:
  struct Peaks {
    std::size_t bytes = 0;
    std::size_t blocks = 0;  ///< on the heap, at any read
  };

  /// Every 48 MiB the content is what it was: what is new is the same for all sizes.
  Peaks peaks_of(std::uint64_t size) {
    MemorySource source;
    source.add_generated_file("/data/file", size, random_bytes(48 * kMiB));
    ForgetfulBackend backend;
    Repository::init(backend, as_bytes("password"), kQuickInit, {});
    const auto repository = open(backend);
    const std::size_t blocks_before = HeapMeter::live_blocks();
    std::atomic<std::size_t> blocks = 0;
    source.observe([&](SourceOperation operation, const std::string&) {
      // One file saver reads the file.
      if (operation != SourceOperation::kRead) return;
      blocks = std::max<std::size_t>(blocks, HeapMeter::live_blocks() - blocks_before);
    });
    create_snapshot(*repository, source, clock_, request_for(source), progress_, {});
    std::printf("file of %5zu MiB: peak %.1f MiB, %zu blocks\n",
                static_cast<std::size_t>(size / kMiB), static_cast<double>(peak()) / kMiB,
                blocks.load());
    return {peak(), blocks};
  }
};

TEST_F(LargeFileMemoryTest, D1_MemoryDoesNotGrowWithTheSizeOfAFile) {
  const Peaks small = peaks_of(256 * kMiB / kSlowness);
  const Peaks large = peaks_of(4096 * kMiB / kSlowness);
  EXPECT_LT(large.bytes, small.bytes + 24 * kMiB);
  EXPECT_LT(large.bytes, kBound);
  EXPECT_LT(large.blocks, small.blocks + 100) << "futures must be taken while the file is read";
}

class SlowBackendMemoryTest : public MemoryTest {
 protected:
  struct Peaks {
    std::size_t stalled = 0;
    std::size_t ever = 0;
  };

  /// The backend takes no pack at all until nothing moves any more, then one after the other.
  Peaks peaks_of(std::uint64_t size) {
    MemorySource source;
    source.add_generated_file("/data/file", size, random_bytes(size));
    FaultBackend slow(backend_);
    const auto repository = open(slow);
    Tomb tomb;
    Channel<char> gate(tomb, 1);
    slow.before_each_call([&](BackendCall call, const FileKey& key) {
      if (call == BackendCall::kSave && key.kind == FileKind::kPack) gate.pop();
    });
    Peaks peaks;
    SeededFibers fibers(size);
    const FiberExecutor executor;
    fibers.spawn([&] {
      create_snapshot(*repository, source, clock_, request_for(source), progress_, {},
                      {.executor = &executor});
      gate.close();
    });
    fibers.when_stuck([&] {
      EXPECT_EQ(backend_.packs, 0U);
      peaks.stalled = live();
      while (gate.push(0)) {
      }
    });
    fibers.run();
    EXPECT_TRUE(fibers.deadlocked()) << "the backend never was what the run waited for";
    EXPECT_GT(backend_.packs, size / (PackWriter::kMinTargetBytes * 2));
    backend_.packs = 0;
    peaks.ever = peak();
    std::printf("file of %5zu MiB: %.1f MiB when stalled, peak %.1f MiB\n",
                static_cast<std::size_t>(size / kMiB), static_cast<double>(peaks.stalled) / kMiB,
                static_cast<double>(peaks.ever) / kMiB);
    return peaks;
  }
};

TEST_F(SlowBackendMemoryTest, ABackendThatTakesLongHoldsUpTheSource) {
  const Peaks small = peaks_of(kBound + 16 * kMiB);
  const Peaks large = peaks_of(3 * kBound);
  EXPECT_LT(small.ever, kBound);
  EXPECT_LT(large.stalled, kBound);
  EXPECT_LT(large.ever, kBound);
}

/// A directory "/data" of empty files with short names, which answers without allocating anything
/// for one of them: what is counted is what the run does.
class FlatSource final : public SourceFs {
 public:
  explicit FlatSource(std::size_t files) : files_(files) {}

  std::unique_ptr<SourceDir> enter(const std::string& /*path*/) const override {
    return std::make_unique<Dir>("/", 0, files_);
  }
  SourceMetadata lstat(const std::string& path) const override {
    return path == "/data" ? directory() : file();
  }
  std::vector<std::string> list(const std::string& /*path*/) const override { return {"data"}; }

 private:
  static SourceMetadata directory() {
    SourceMetadata metadata;
    metadata.mode = S_IFDIR | 0755;
    metadata.mtime = metadata.atime = metadata.ctime = {1000000000, 123456789};
    return metadata;
  }
  static SourceMetadata file() {
    SourceMetadata metadata = directory();
    metadata.mode = S_IFREG | 0644;
    metadata.links = 1;
    return metadata;
  }

  class File final : public SourceFile {
   public:
    const SourceMetadata& metadata() const noexcept override { return metadata_; }
    const std::string& path() const noexcept override { return path_; }
    std::size_t read(MutByteView /*out*/) override { return 0; }
    void advise_sequential() noexcept override {}
    void prefetch() noexcept override {}
    SourceAttributes attributes() const override { return {}; }

   private:
    const SourceMetadata metadata_ = file();
    const std::string path_ = "/data/file";
  };

  class Dir final : public SourceDir {
   public:
    Dir(std::string path, std::size_t depth, std::size_t files)
        : path_(std::move(path)), depth_(depth), files_(files) {}

    const SourceMetadata& metadata() const noexcept override { return metadata_; }
    const std::string& path() const noexcept override { return path_; }
    std::vector<std::string> list() override {
      std::vector<std::string> names;
      names.reserve(files_);
      for (std::size_t i = 0; i < files_; ++i) names.push_back("f" + std::to_string(100'000 + i));
      return names;
    }
    SourceMetadata lstat(const std::string& /*name*/) const override {
      return depth_ == 0 ? directory() : file();
    }
    std::unique_ptr<SourceFile> open_file(const std::string& /*name*/) const override {
      return std::make_unique<File>();
    }
    std::unique_ptr<SourceDir> open_dir(const std::string& /*name*/) const override {
      return std::make_unique<Dir>("/data", depth_ + 1, files_);
    }
    std::unique_ptr<SourceDir> enter(const std::string& name) const override {
      return open_dir(name);
    }
    bool ctime_covers_attributes() const noexcept override { return true; }
    std::string read_link(const std::string& /*name*/) const override { return {}; }
    SourceAttributes attributes(const std::string& /*name*/) const override { return {}; }
    SourceAttributes attributes() const override { return {}; }

   private:
    const std::string path_;
    const std::size_t depth_;
    const std::size_t files_;
    const SourceMetadata metadata_ = directory();
  };

  const std::size_t files_;
};

class UnchangedMemoryTest : public MemoryTest {
 protected:
  /// Allocations of the second run over a directory of as many files.
  std::size_t allocations_of(std::size_t files) {
    const FlatSource source(files);
    MemoryBackend backend;
    Repository::init(backend, as_bytes("password"), kQuickInit, {});
    const Snapshot first =
        create_snapshot(*open(backend), source, clock_, request_for(source), progress_, {});
    const auto repository = open(backend);
    const std::size_t before = HeapMeter::allocations();
    const Snapshot second =
        create_snapshot(*repository, source, clock_, request_for(source, first), progress_, {});
    const std::size_t made = HeapMeter::allocations() - before;
    EXPECT_EQ(second.tree, first.tree);
    EXPECT_EQ(second.summary->files_unmodified, files);
    std::printf("unchanged directory of %6zu files: %zu allocations\n", files, made);
    return made;
  }
};

TEST_F(UnchangedMemoryTest, D3_AnUnchangedDirectoryTakesNoAllocationForEachFile) {
  const std::size_t few = allocations_of(100);
  const std::size_t many = allocations_of(10'000);
  EXPECT_LT(many, few + 20);
}

}  // namespace
}  // namespace snapfs
