// What storage that is far away costs: everybody who reads, over a repository in memory of which
// every answer takes a round trip. Prints requests, how many of them were under way at once, bytes,
// and seconds. With --cache twice, with a cache that is empty and with what it has then, and what
// would have been fetched had the cache whole packs of trees only.
//
// usage: far_bench [--delay-ms N] [--requests N] [--snapshots N] [--fan-out N] [--levels N]
//                  [--files N] [--blobs-per-pack N] [--only WORDS] [--cache 1]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <string>

#include "fs/backend/memory.h"
#include "fs/cache/file_cache.h"
#include "tests/support/far_readers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

struct Options {
  std::chrono::milliseconds delay{20};
  unsigned requests = 32;
  test::FarSizes sizes{
      .snapshots = 1000, .levels = 3, .fan_out = 27, .files = 1000, .blobs_per_pack = 100};
  std::string only;
  bool cache = false;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const unsigned long number = std::strtoul(argv[i + 1], nullptr, 10);
    if (name == "--delay-ms") options.delay = std::chrono::milliseconds(number);
    if (name == "--requests") options.requests = static_cast<unsigned>(number);
    if (name == "--snapshots") options.sizes.snapshots = number;
    if (name == "--fan-out") options.sizes.fan_out = number;
    if (name == "--levels") options.sizes.levels = static_cast<int>(number);
    if (name == "--files") options.sizes.files = number;
    if (name == "--blobs-per-pack") options.sizes.blobs_per_pack = number;
    if (name == "--only") options.only = argv[i + 1];
    if (name == "--cache") options.cache = number != 0;
  }
  return options;
}

void use_cache(Repository& repository, const std::string& directory) {
  repository.files().use_cache(
      std::make_unique<FileCache>(FileCacheOptions{directory, {}}, repository.config().id));
}

/// What it would be to fetch each pack of trees, of which a part was, as a whole.
void print_whole_packs(Backend& memory, const test::WaitingBackend& far) {
  std::map<Id, std::uint64_t> packs;
  for (const test::SeenCall& call : far.seen()) {
    if (call.key.kind == FileKind::kPack && call.purpose.content == Content::kTree) {
      packs.emplace(call.key.id, memory.size(call.key, {}).value_or(0));
    }
  }
  std::uint64_t bytes = 0;
  for (const auto& [pack, size] : packs) bytes += size;
  std::printf("%-40s requests=%-6zu bytes=%llu\n", "  whole packs of trees", packs.size(),
              static_cast<unsigned long long>(bytes));
}

void measure(const Options& options, const test::FarReader& reader,
             const test::FarRepository& stored, Backend& memory, const std::string& title,
             const std::string& cache) {
  test::WaitingBackend far(memory, StorageTraits{.requests = options.requests,
                                                 .pack_transfers = 5,
                                                 .gap_worth_reading = 256 << 10,
                                                 .longest_run = 8 << 20});
  const auto repository = test::open_far_repository(far, false);
  if (!cache.empty()) use_cache(*repository, cache);
  if (reader.needs_index) repository->load_index({});
  far.forget();
  far.delay(options.delay);
  const auto start = std::chrono::steady_clock::now();
  reader.run(*repository, stored);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%-40s requests=%-6zu at_once=%-3zu bytes=%-10llu seconds=%.2f\n", title.c_str(),
              far.seen().size(), far.most_at_once(),
              static_cast<unsigned long long>(far.loaded_bytes()), seconds.count());
  if (options.cache && cache.empty()) print_whole_packs(memory, far);
  std::fflush(stdout);
}

void run(const Options& options) {
  MemoryBackend memory;
  const test::FarRepository stored = test::make_far_repository(memory, options.sizes);
  const test::TemporaryDirectory directory;
  std::printf("%zu directories, %zu snapshots, %zu files, %lld ms a round trip, %u requests\n",
              stored.directories, options.sizes.snapshots, options.sizes.files,
              static_cast<long long>(options.delay.count()), options.requests);
  for (const test::FarReader& reader : test::far_readers(directory.path())) {
    if (reader.name.find(options.only) == std::string::npos) continue;
    measure(options, reader, stored, memory, reader.name, "");
    if (!options.cache) continue;
    const test::TemporaryDirectory cache;
    measure(options, reader, stored, memory, "  with an empty cache", cache.path());
    measure(options, reader, stored, memory, "  again", cache.path());
  }
}

}  // namespace
}  // namespace snapfs

int main(int argc, char** argv) {
  try {
    snapfs::run(snapfs::parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
