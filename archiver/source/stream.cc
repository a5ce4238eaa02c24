// Streams as files: of unknown size, and readable once.
#include "archiver/source/stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "archiver/source/placed.h"
#include "fs/base/file.h"

namespace snapfs {
namespace {

/// What a pipe may hold, as far as the system lets us choose.
constexpr int kPipeBytes = 1 << 20;

class DescriptorStream final : public ByteStream {
 public:
  DescriptorStream(int fd, std::string name, StopToken stop)
      : fd_(fd),
        name_(std::move(name)),
        stop_(std::move(stop)),
        stopped_(::eventfd(0, EFD_CLOEXEC)),
        wake_(stop_, Wake{stopped_.get()}) {
    if (!stopped_) throw_errno(errno, "wait for", name_);
    ::fcntl(fd_, F_SETPIPE_SZ, kPipeBytes);  // only a wish; fails for what is no pipe
  }

  std::size_t read(MutByteView out) override {
    for (;;) {
      wait();
      const ssize_t count = ::read(fd_, out.data(), out.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR && errno != EAGAIN) throw_errno(errno, "read", name_);
    }
  }

 private:
  struct Wake {
    int fd;
    void operator()() const noexcept { ::eventfd_write(fd, 1); }
  };

  void wait() {
    pollfd polled[] = {{fd_, POLLIN, 0}, {stopped_.get(), POLLIN, 0}};
    while (::poll(polled, 2, -1) < 0) {
      if (errno != EINTR) throw_errno(errno, "wait for", name_);
    }
    throw_if_stopped(stop_);
  }

  int fd_;
  std::string name_;
  StopToken stop_;
  UniqueFd stopped_;
  std::stop_callback<Wake> wake_;  // after what it writes to
};

class StreamFile final : public SourceFile {
 public:
  StreamFile(std::unique_ptr<ByteStream> stream, std::string name, SourceMetadata metadata)
      : stream_(std::move(stream)), name_(std::move(name)), metadata_(metadata) {}

  const SourceMetadata& metadata() const noexcept override { return metadata_; }
  const std::string& path() const noexcept override { return name_; }

  std::size_t read(MutByteView out) override {
    std::size_t done = 0;
    while (done < out.size() && !at_end_) {
      const std::size_t count = stream_->read(out.subspan(done));
      at_end_ = count == 0;
      done += count;
    }
    total_ += done;
    if (total_ == 0 && at_end_) {
      throw Error(ErrorCode::kIo, fmt::format("{} is empty: no snapshot was taken", name_), name_);
    }
    return done;
  }

  void advise_sequential() noexcept override {}
  void prefetch() noexcept override {}
  SourceAttributes attributes() const override { return {}; }

 private:
  std::unique_ptr<ByteStream> stream_;
  std::string name_;
  SourceMetadata metadata_;
  std::uint64_t total_ = 0;
  bool at_end_ = false;
};

class StreamItem final : public PlacedItem {
 public:
  StreamItem(std::string name, Timestamp time, OpenStream open)
      : name_(std::move(name)),
        metadata_(synthetic_metadata(S_IFREG | 0644, time)),
        open_(std::move(open)) {}

  SourceMetadata lstat() const override { return metadata_; }

  std::unique_ptr<SourceFile> open_file() const override {
    if (opened_.exchange(true)) {
      throw Error(ErrorCode::kInternal, fmt::format("{} can be read only once", name_), name_);
    }
    return std::make_unique<StreamFile>(open_(), name_, metadata_);
  }

  std::unique_ptr<SourceDir> open_dir() const override {
    throw source_error(ENOTDIR, "open the directory", name_);
  }
  std::string read_link() const override {
    throw source_error(EINVAL, "read the symbolic link", name_);
  }
  SourceAttributes attributes() const override { return {}; }

 private:
  std::string name_;
  SourceMetadata metadata_;
  OpenStream open_;
  mutable std::atomic<bool> opened_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> make_descriptor_stream(int fd, std::string name, StopToken stop) {
  return std::make_unique<DescriptorStream>(fd, std::move(name), std::move(stop));
}

std::unique_ptr<SourceFs> make_stream_source(const std::string& path, std::string name,
                                             Timestamp time, OpenStream open) {
  return std::make_unique<PlacedSource>(
      path, std::make_unique<StreamItem>(std::move(name), time, std::move(open)), time, nullptr);
}

}  // namespace snapfs
