// The limit of the pipeline: what the primitives alone do to a set of files on all cores, without a
// queue, a tree, an index or a flush to the disk. `snapfs snapshot` is compared with it. It is no
// upper bound by proof, but what is left above it is the price of coordination.
//
// usage: limit_bench [--threads N] [--verify yes|no] [--work DIR] SOURCE…
//
// Reads every regular file below the sources, cuts it, names the chunks, drops known ones,
// compresses and seals the others, fills packs of 16 MiB, names those and writes them to DIR
// (/var/tmp), where they are deleted at the end. The sources are read once beforehand, so that the
// cache is warm if it can hold them. Prints a line for one thread and for as many as there are
// cores (N is at most that), without and with opening again what was sealed; the options choose
// among these lines.
#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "archiver/chunk/chunker.h"
#include "fs/base/core_count.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/base/parallel.h"
#include "fs/base/synchronized.h"
#include "fs/crypto/sha256.h"
#include "fs/format/codec.h"
#include "fs/store/pack_writer.h"

namespace snapfs {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A file, or a part of a large one: one file must not keep a single thread busy at the end.
struct Piece {
  static constexpr std::uint64_t kMaxSize = 64 << 20;

  std::string path;
  std::uint64_t offset;
  std::uint64_t size;
};

std::vector<Piece> list_pieces(const std::vector<std::string>& sources) {
  namespace stdfs = std::filesystem;
  std::vector<Piece> pieces;
  const auto add = [&](const stdfs::directory_entry& entry) {
    std::error_code ignored;
    if (entry.is_symlink(ignored) || !entry.is_regular_file(ignored)) return;
    const std::uint64_t size = entry.file_size(ignored);
    for (std::uint64_t at = 0; !ignored && at < size; at += Piece::kMaxSize) {
      pieces.push_back({entry.path(), at, std::min(Piece::kMaxSize, size - at)});
    }
  };
  for (const std::string& source : sources) {
    add(stdfs::directory_entry(source));
    if (!stdfs::is_directory(source)) continue;
    constexpr auto kSkip = stdfs::directory_options::skip_permission_denied;
    for (const auto& entry : stdfs::recursive_directory_iterator(source, kSkip)) add(entry);
  }
  return pieces;
}

/// Null when the file may not be read or is gone: the figures are about the others.
UniqueFd open_source(const std::string& path) {
  try {
    return open_file(path, O_RDONLY | O_NOFOLLOW);
  } catch (const Error&) {
    return {};
  }
}

/// What all threads of a run share.
struct Run {
  Run(const std::vector<Piece>& input, bool open_again, const std::string& directory)
      : pieces(input), verify(open_again), work(directory) {}

  const std::vector<Piece>& pieces;
  const bool verify;
  const std::string& work;
  const Keys keys = Keys::random();
  const ChunkerTables tables{Polynomial(0x3DA3358B4DC173)};
  Synchronized<std::unordered_set<Id>> known;
  std::atomic<std::size_t> next_piece = 0;
  std::atomic<std::size_t> next_pack = 0;
  std::atomic<std::uint64_t> read_bytes = 0;
  std::atomic<std::uint64_t> stored_bytes = 0;
};

/// The packs of one thread. Their names are computed two at a time.
class Packs {
 public:
  explicit Packs(Run& run) : run_(run) { open_.reserve(kCapacity); }

  void add(ByteView sealed) {
    open_.insert(open_.end(), sealed.begin(), sealed.end());
    if (open_.size() < PackWriter::kDefaultTargetBytes) return;
    if (full_.empty()) {
      full_.swap(open_);
      open_.reserve(kCapacity);
      return;
    }
    finish();
  }

  void finish() {
    const auto [first, second] = sha256_pair(full_, open_);
    write(first, full_);
    write(second, open_);
  }

 private:
  static constexpr std::size_t kCapacity = PackWriter::kDefaultTargetBytes + kMaxChunkSize + 4096;

  void write(const Id& name, Bytes& pack) {
    if (pack.empty()) return;
    const std::string path = run_.work + "/" + name.hex();
    write_all(open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600).get(), pack, path);
    run_.stored_bytes += pack.size();
    pack.clear();
  }

  Run& run_;
  Bytes open_;
  Bytes full_;
};

/// One thread's work: it fills a buffer with chunks of as many files as fit, then stores them.
class Worker {
 public:
  explicit Worker(Run& run)
      : run_(run), chunker_(run.tables), codec_(run.keys, {.verify = run.verify}), packs_(run) {}

  void work() {
    for (std::size_t i = run_.next_piece++; i < run_.pieces.size(); i = run_.next_piece++) {
      read(run_.pieces[i]);
    }
    store_chunks();
    packs_.finish();
  }

 private:
  static constexpr std::size_t kReadSize = 1 << 20;
  static constexpr std::size_t kBufferSize = 4 * kMaxChunkSize;
  /// So few bytes are still in the cache when they are hashed, and so many make good pairs.
  static constexpr std::size_t kBatchSize = 512 << 10;

  void read(const Piece& piece) {
    const UniqueFd file = open_source(piece.path);
    if (!file) return;
    std::size_t searched = 0;
    for (std::uint64_t done = 0; done < piece.size;) {
      if (used_ + kReadSize > buffer_.size()) make_room();
      const std::size_t wanted = std::min<std::uint64_t>(kReadSize, piece.size - done);
      const MutByteView room = MutByteView(buffer_).subspan(used_, wanted);
      const std::size_t count = read_at(file.get(), piece.offset + done, room, piece.path);
      used_ += count;
      done += count;
      // A file that shrank meanwhile ends where it ends.
      const bool at_end = done == piece.size || count < wanted;
      cut(at_end, searched);
      if (count < wanted) return;
    }
  }

  void cut(bool at_end, std::size_t& searched) {
    const auto rest = [&] { return ByteView(buffer_).subspan(start_, used_ - start_); };
    while (const auto length = chunker_.find_cut(rest(), at_end, searched)) {
      chunks_.push_back(rest().first(*length));
      start_ += *length;
      searched = 0;
    }
    searched = used_ - start_;
    if (start_ < kBatchSize || chunks_.size() < 2) return;
    store_chunks();
    if (start_ == used_) start_ = used_ = 0;
  }

  /// Stores all chunks and moves the beginning of the next one to the front.
  void make_room() {
    store_chunks();
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(start_), used_ - start_,
                buffer_.begin());
    used_ -= start_;
    start_ = 0;
  }

  void store_chunks() {
    // Chunks of about the same size make the best pairs.
    std::ranges::sort(chunks_, {}, &ByteView::size);
    for (std::size_t i = 0; i + 1 < chunks_.size(); i += 2) {
      const auto [first, second] = sha256_pair(chunks_[i], chunks_[i + 1]);
      store(first, chunks_[i]);
      store(second, chunks_[i + 1]);
    }
    if (chunks_.size() % 2 == 1) store(sha256(chunks_.back()), chunks_.back());
    chunks_.clear();
  }

  void store(const Id& id, ByteView plain) {
    run_.read_bytes += plain.size();
    if (!run_.known.lock()->insert(id).second) return;
    packs_.add(codec_.seal_blob({BlobType::kData, id}, plain).bytes);
  }

  Run& run_;
  Chunker chunker_;
  Codec codec_;
  Packs packs_;
  Bytes buffer_ = Bytes(kBufferSize);
  std::size_t start_ = 0;  ///< of the chunk that is not cut yet
  std::size_t used_ = 0;   ///< end of what was read
  std::vector<ByteView> chunks_;
};

/// Owns a directory for packs.
class WorkDirectory {
 public:
  explicit WorkDirectory(const std::string& parent) : path_(parent + "/snapfs-limit-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) throw_errno(errno, "make a directory", path_);
  }
  ~WorkDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void measure(const std::vector<Piece>& pieces, const std::string& work, unsigned threads,
             bool verify) {
  const WorkDirectory directory(work);
  const Clock::time_point start = Clock::now();
  Run run(pieces, verify, directory.path());
  const std::vector<int> workers(threads);
  parallel_for_each(workers, [&](int) { Worker(run).work(); });
  const double seconds = seconds_since(start);
  const auto megabytes = static_cast<double>(run.read_bytes) / 1e6;
  std::printf("limit threads=%u verify=%s seconds=%.3f MB/s=%.0f source_MB=%.1f stored_MB=%.1f\n",
              threads, verify ? "yes" : "no", seconds, megabytes / seconds, megabytes,
              static_cast<double>(run.stored_bytes) / 1e6);
  std::fflush(stdout);
}

void warm_up(const std::vector<Piece>& pieces) {
  const Clock::time_point start = Clock::now();
  parallel_for_each(pieces, [](const Piece& piece) {
    thread_local Bytes buffer(1 << 20);
    const UniqueFd file = open_source(piece.path);
    for (std::uint64_t done = 0; file && done < piece.size; done += buffer.size()) {
      read_at(file.get(), piece.offset + done, buffer, piece.path);
    }
  });
  std::printf("read seconds=%.3f\n", seconds_since(start));
}

struct Options {
  std::optional<unsigned> threads;
  std::optional<bool> verify;
  std::string work = "/var/tmp";
  std::vector<std::string> sources;
};

Options parse(const std::vector<std::string>& arguments) {
  Options options;
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (!argument->starts_with("--")) {
      options.sources.push_back(*argument);
      continue;
    }
    const std::string& name = *argument;
    if (++argument == arguments.end()) throw Error(ErrorCode::kUsage, name + " needs a value");
    if (name == "--threads" && std::atoi(argument->c_str()) > 0) {
      options.threads = std::atoi(argument->c_str());
    } else if (name == "--verify" && (*argument == "yes" || *argument == "no")) {
      options.verify = *argument == "yes";
    } else if (name == "--work") {
      options.work = *argument;
    } else {
      throw Error(ErrorCode::kUsage, "unknown: " + name + " " + *argument);
    }
  }
  if (options.sources.empty()) {
    throw Error(ErrorCode::kUsage,
                "usage: limit_bench [--threads N] [--verify yes|no] [--work DIR] SOURCE…");
  }
  return options;
}

void run(const Options& options) {
  const Clock::time_point start = Clock::now();
  const std::vector<Piece> pieces = list_pieces(options.sources);
  std::printf("list pieces=%zu seconds=%.3f\n", pieces.size(), seconds_since(start));
  warm_up(pieces);
  std::vector<unsigned> threads{1};
  const auto cores = static_cast<unsigned>(core_count());
  if (cores > 1) threads.push_back(cores);
  if (options.threads) threads = {std::min(*options.threads, cores)};
  for (const unsigned count : threads) {
    for (const bool verify : {false, true}) {
      if (options.verify.value_or(verify) == verify) {
        measure(pieces, options.work, count, verify);
      }
    }
  }
}

}  // namespace
}  // namespace snapfs

int main(int argc, char** argv) {
  try {
    snapfs::run(snapfs::parse({argv + 1, argv + argc}));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limit_bench: %s\n", error.what());
    return 1;
  }
}
