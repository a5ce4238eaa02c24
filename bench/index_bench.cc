// How long a repository's index takes to be ready in a new process, from its index files and from
// the copy on this machine.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "fs/backend/local.h"
#include "fs/format/index_file.h"
#include "fs/repo/repository.h"
#include "tests/support/quick_init.h"

namespace {

namespace stdfs = std::filesystem;

using snapfs::as_bytes;

/// A repository on the disk with nothing in it but index files.
class IndexedRepository {
 public:
  explicit IndexedRepository(std::size_t blobs)
      : path_(stdfs::temp_directory_path() / ("snapfs-index-bench-" + std::to_string(::getpid()))),
        backend_(path_ + "/repository") {
    snapfs::Repository::init(backend_, as_bytes(kPassword), snapfs::kQuickInit, {});
    const auto repository = open();
    std::mt19937_64 random(1);
    for (std::size_t written = 0; written < blobs; written += kBlobsPerFile) {
      std::vector<snapfs::PackDescription> packs(kBlobsPerFile / kBlobsPerPack);
      for (snapfs::PackDescription& pack : packs) pack = make_pack(random);
      repository->save_file(snapfs::FileKind::kIndex, as_bytes(encode_index(packs)), {});
    }
  }
  ~IndexedRepository() { stdfs::remove_all(path_); }
  IndexedRepository(const IndexedRepository&) = delete;
  IndexedRepository& operator=(const IndexedRepository&) = delete;

  std::unique_ptr<snapfs::Repository> open() {
    return std::make_unique<snapfs::Repository>(backend_, as_bytes(kPassword),
                                                snapfs::OpenOptions{}, snapfs::StopToken{});
  }

  std::string cache() const { return path_ + "/cache"; }

 private:
  static constexpr std::string_view kPassword = "x";
  static constexpr std::size_t kBlobsPerFile = 50'000;
  static constexpr std::size_t kBlobsPerPack = 500;

  static snapfs::Id random_id(std::mt19937_64& random) {
    snapfs::Id id;
    for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
    return id;
  }

  static snapfs::PackDescription make_pack(std::mt19937_64& random) {
    snapfs::PackDescription pack{random_id(random), {}};
    for (std::uint32_t i = 0; i < kBlobsPerPack; ++i) {
      pack.entries.push_back({{snapfs::BlobType::kData, random_id(random)}, i * 1000, 1000, 3000});
    }
    return pack;
  }

  std::string path_;
  snapfs::LocalBackend backend_;
};

/// The key is derived again each time, in a few milliseconds, which is not counted.
void load(benchmark::State& state, bool from_cache) {
  IndexedRepository repository(static_cast<std::size_t>(state.range(0)));
  const auto prepare = [&] {
    auto opened = repository.open();
    if (from_cache) opened->use_index_cache(repository.cache());
    return opened;
  };
  if (from_cache) prepare()->load_index({});
  for (auto _ : state) {
    state.PauseTiming();
    auto opened = prepare();
    state.ResumeTiming();
    opened->load_index({});
    benchmark::DoNotOptimize(opened->index().blob_count());
    state.PauseTiming();
    opened.reset();
    state.ResumeTiming();
  }
}

void from_index_files(benchmark::State& state) { load(state, false); }
void from_the_copy(benchmark::State& state) { load(state, true); }

BENCHMARK(from_index_files)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(from_the_copy)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
