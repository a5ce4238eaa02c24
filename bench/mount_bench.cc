// How fast a mount's content comes from storage that answers slowly, with and without read-ahead:
// SnapshotFs without a kernel, over a repository in memory whose every read waits.
//
// usage: mount_bench [--delay-ms N]
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "fs/backend/memory.h"
#include "fs/repo/repository.h"
#include "mount/model/snapshot_fs.h"
#include "tests/support/fault_backend.h"
#include "tests/support/repository_maker.h"

namespace snapfs {
namespace {

constexpr std::size_t kReadBytes = 128 << 10;  // what the kernel asks for at a time
constexpr std::size_t kBlobBytes = 1536 << 10;
constexpr std::size_t kBlobs = 64;
constexpr std::size_t kSmallBytes = 12 << 10;
constexpr std::size_t kSmallFiles = 500;

std::string random_text(std::uint64_t seed, std::size_t size) {
  std::string text(size, '\0');
  std::uint64_t state = seed * 0x9e3779b97f4a7c15 + 1;
  for (char& character : text) {
    state = state * 6364136223846793005 + 1442695040888963407;
    character = static_cast<char>(state >> 56);
  }
  return text;
}

/// Megabytes a second of reading all files of the root directory, in their order.
double read_all(Repository& repository, const Snapshot& snapshot, bool prefetch) {
  SnapshotFsOptions options;
  options.reader.prefetch = prefetch;
  SnapshotFs fs(repository, options, StopToken{});
  const Ino ids = fs.lookup(kRootIno, "ids")->ino;
  const Ino root = fs.lookup(ids, snapshot.id.short_hex())->ino;
  const auto listing = fs.open_directory(root);
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < listing->size(); ++i) {
    const Entry entry = listing->entry(i);
    for (std::uint64_t offset = 0; offset < entry.attributes.size; offset += kReadBytes) {
      bytes += fs.read(entry.ino, offset, kReadBytes).size();
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return static_cast<double>(bytes) / 1e6 / seconds.count();
}

void measure(const char* what, const std::vector<Node>& nodes, test::RepositoryMaker& maker,
             test::FaultBackend& backend, std::chrono::milliseconds delay) {
  const Snapshot snapshot = maker.add_snapshot(maker.add_tree(nodes), "2026-01-01T00:00:00Z");
  const auto repository = maker.open();
  backend.before_each_call([delay](test::BackendCall call, const FileKey&) {
    if (call == test::BackendCall::kLoad) std::this_thread::sleep_for(delay);
  });
  for (const bool prefetch : {false, true}) {
    std::printf("%s prefetch=%s delay_ms=%lld mb_per_second=%.1f\n", what, prefetch ? "yes" : "no",
                static_cast<long long>(delay.count()), read_all(*repository, snapshot, prefetch));
  }
  backend.before_each_call({});
}

void run(std::chrono::milliseconds delay) {
  MemoryBackend memory;
  test::FaultBackend backend(memory);
  test::RepositoryMaker maker(backend);
  std::uint64_t seed = 0;
  Node large = test::make_node("large", NodeType::kFile);
  for (std::size_t i = 0; i < kBlobs; ++i) {
    large.content.push_back(maker.add_data(random_text(++seed, kBlobBytes)));
  }
  measure("one-large-file", {large}, maker, backend, delay);
  std::vector<Node> small;
  for (std::size_t i = 0; i < kSmallFiles; ++i) {
    small.push_back(
        maker.make_file("small-" + std::to_string(1000 + i), {random_text(++seed, kSmallBytes)}));
  }
  measure("small-files", small, maker, backend, delay);
}

}  // namespace
}  // namespace snapfs

int main(int argc, char** argv) {
  const bool given = argc == 3 && std::strcmp(argv[1], "--delay-ms") == 0;
  snapfs::run(std::chrono::milliseconds(given ? std::atoi(argv[2]) : 20));
}
