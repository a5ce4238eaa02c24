// What the number of blobs costs: opening a repository that make_indexed_repository wrote, looking
// blobs up, deciding what a prune would do, and a check that reads no data. Each in a process of
// its own, so that each has its own peak of memory. Prints seconds, seconds of processor,
// memory and requests; a listing counts as one request for a thousand names, as S3 has it.
//
// usage: scale_bench REPOSITORY BLOBS [MEAN-BYTES [SEED]]   as make_indexed_repository was called
//        SNAPFS_SCALE_ONLY=open|lookup|prune|check           measures just that
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fs/backend/local.h"
#include "fs/maintain/check.h"
#include "fs/maintain/prune_plan.h"
#include "fs/repo/repository.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/used_blobs.h"
#include "tests/support/number_argument.h"
#include "tests/support/repository_maker.h"
#include "tests/support/synthetic_index.h"
#include "tests/support/waiting_backend.h"

namespace snapfs {
namespace {

struct Usage {
  double seconds = 0;
  double processor = 0;
  double peak_mb = 0;

  static Usage now() {
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    const std::chrono::duration<double> clock = std::chrono::steady_clock::now().time_since_epoch();
    return {clock.count(), seconds(usage.ru_utime) + seconds(usage.ru_stime),
            static_cast<double>(usage.ru_maxrss) / 1024};
  }
};

/// Prints what came since it was made, or since the line before.
class Meter {
 public:
  void line(std::string_view what, std::string_view more = "") {
    const Usage now = Usage::now();
    std::printf("  %-34.*s wall=%-8.2f cpu=%-8.2f peak_mb=%-7.0f %.*s\n",
                static_cast<int>(what.size()), what.data(), now.seconds - last_.seconds,
                now.processor - last_.processor, now.peak_mb, static_cast<int>(more.size()),
                more.data());
    std::fflush(stdout);
    last_ = Usage::now();
  }

 private:
  Usage last_ = Usage::now();
};

/// Each step of a check or a prune by itself.
class Steps final : public CheckListener {
 public:
  explicit Steps(Meter& meter) : meter_(meter) {}

  void begin(std::string_view step, std::string_view /*units*/, std::uint64_t /*total*/) override {
    end();
    step_ = step;
  }
  void error(std::string_view message) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  }
  void end() { meter_.line(step_); }

 private:
  Meter& meter_;
  std::string step_ = "before that";
};

/// What the storage was asked.
void print_requests(const test::WaitingBackend& backend, std::uint64_t packs) {
  using test::BackendCall;
  const std::uint64_t listed = backend.count({BackendCall::kList, FileKind::kPack}) > 0 ? packs : 0;
  const std::uint64_t files = backend.count({BackendCall::kLoad, FileKind::kIndex});
  std::printf(
      "  requests: %llu index files, %zu parts of packs, %zu other files, "
      "%llu pages of lists, %zu sizes; %.0f MB\n",
      static_cast<unsigned long long>(files), backend.count({BackendCall::kLoad, FileKind::kPack}),
      backend.count({BackendCall::kLoad, std::nullopt}) - files -
          backend.count({BackendCall::kLoad, FileKind::kPack}),
      static_cast<unsigned long long>(backend.count({BackendCall::kList, std::nullopt}) +
                                      files / 1000 + listed / 1000),
      backend.count({BackendCall::kSize, std::nullopt}),
      static_cast<double>(backend.loaded_bytes()) / 1e6);
}

struct Subject {
  std::string path;
  test::SyntheticIndex index;
};

/// A repository, opened, and the backend that counts.
struct Opened {
  explicit Opened(const Subject& subject)
      : local(subject.path),
        counted(local),
        repository(counted, as_bytes(test::kPassword), {}, {}) {}

  LocalBackend local;
  test::WaitingBackend counted;
  Repository repository;
};

void load(Opened& opened, Meter& meter) {
  opened.repository.load_index({});
  const Index& index = opened.repository.index();
  char more[160];
  std::snprintf(
      more, sizeof more, "blobs=%zu packs=%zu bytes_a_blob=%.1f", index.blob_count(),
      index.pack_count(),
      static_cast<double>(index.memory_bytes()) / static_cast<double>(index.blob_count()));
  meter.line("load the index", more);
}

void measure_open(const Subject& subject) {
  Meter meter;
  Opened opened(subject);
  meter.line("open the repository");
  load(opened, meter);
  print_requests(opened.counted, opened.repository.index().pack_count());
}

/// What a snapshot asks for every chunk and every tree: in no order.
void measure_lookups(const Subject& subject) {
  Meter meter;
  Opened opened(subject);
  load(opened, meter);
  Index& index = opened.repository.index();
  constexpr std::size_t kLookups = 1'000'000;
  std::mt19937_64 random(1);
  std::vector<BlobHandle> known;
  while (known.size() < kLookups) {
    for (const PackDescription& pack : subject.index.packs_of(random() % subject.index.files())) {
      for (const PackEntry& entry : pack.entries) known.push_back(entry.handle);
    }
  }
  std::shuffle(known.begin(), known.end(), random);
  known.resize(kLookups);
  std::vector<BlobHandle> unknown = known;
  for (BlobHandle& blob : unknown) blob.id.bytes[Id::kSize - 1] ^= 1;
  meter.line("(make the questions)");
  std::size_t found = 0;
  for (const BlobHandle& blob : known) found += index.claim(blob) ? 0 : 1;
  meter.line("a million blobs that are there");
  for (const BlobHandle& blob : unknown) found += index.contains(blob) ? 1 : 0;
  meter.line("a million blobs that are not", found == kLookups ? "" : "WRONG ANSWERS");
}

/// What prepare_prune does, step by step.
void measure_prune(const Subject& subject) {
  Meter meter;
  Opened opened(subject);
  load(opened, meter);
  opened.counted.forget();
  Repository& repository = opened.repository;
  std::vector<FileInfo> packs = repository.files().list(FileKind::kPack, {});
  meter.line("list packs");
  std::vector<Id> roots;
  for (const Snapshot& snapshot : load_snapshots(repository, {})) roots.push_back(snapshot.tree);
  const BlobSet used = find_used_blobs(repository, roots, {});
  meter.line("find what is used");
  repository.files().add_unlisted(FileKind::kPack, packs, used.contents().packs, {});
  const PrunePlan plan = plan_prune(used, packs, repository.config().version, {});
  meter.line("plan");
  const PruneFigures& figures = plan.figures;
  std::printf("  used=%llu unused=%llu packs: kept=%llu repacked=%llu removed=%llu\n",
              static_cast<unsigned long long>(figures.used.blobs),
              static_cast<unsigned long long>(figures.unused.blobs),
              static_cast<unsigned long long>(figures.packs_kept),
              static_cast<unsigned long long>(figures.packs_repacked),
              static_cast<unsigned long long>(figures.packs_removed));
  print_requests(opened.counted, opened.repository.index().pack_count());
}

void measure_check(const Subject& subject) {
  Meter meter;
  Opened opened(subject);
  Steps steps(meter);
  const CheckVerdict verdict = check_repository(opened.repository, {}, steps, {});
  steps.end();
  if (!verdict.sound()) std::printf("  NOT SOUND\n");
  print_requests(opened.counted, opened.repository.index().pack_count());
}

/// Whether it went well.
bool in_a_process(std::string_view name, const std::function<void()>& work) {
  std::printf("%.*s\n", static_cast<int>(name.size()), name.data());
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      work();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      ::_exit(1);
    }
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool run(int argc, char** argv) {
  test::SyntheticSizes sizes{.blobs = test::number_argument(argv[2])};
  if (argc > 3) sizes.mean_bytes = test::number_argument(argv[3]);
  if (argc > 4) sizes.seed = test::number_argument(argv[4]);
  const Subject subject{argv[1], test::SyntheticIndex(sizes)};
  const char* const only = std::getenv("SNAPFS_SCALE_ONLY");
  const std::map<std::string, void (*)(const Subject&)> parts{{"open", measure_open},
                                                              {"lookup", measure_lookups},
                                                              {"prune", measure_prune},
                                                              {"check", measure_check}};
  bool good = true;
  for (const auto& [name, measure] : parts) {
    if (only != nullptr && name != only) continue;
    good &= in_a_process(name, [&subject, part = measure] { part(subject); });
  }
  return good;
}

}  // namespace
}  // namespace snapfs

int main(int argc, char** argv) {
  if (argc < 3 || argc > 5) {
    std::fputs("usage: scale_bench REPOSITORY BLOBS [MEAN-BYTES [SEED]]\n", stderr);
    return 2;
  }
  // As the program itself does: freed memory that the C library keeps would count as the index's.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
  try {
    return snapfs::run(argc, argv) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
