// Snapshots of a stream: what is stored, and how runs end that cannot go on.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "archiver/archiver.h"
#include "archiver/source/stream.h"
#include "fs/backend/memory.h"
#include "fs/base/file.h"
#include "fs/crypto/random.h"
#include "fs/tree/tree_reader.h"
#include "tests/support/fails_with.h"
#include "tests/support/fault_backend.h"
#include "tests/support/quick_init.h"

namespace snapfs {
namespace {

using test::BackendCall;
using test::fails_with;
using test::FaultBackend;

class SilentProgress final : public Progress {
  void show_warning(const std::string& /*path*/, const std::string& /*message*/) override {}
};

class StreamRunTest : public ::testing::Test {
 protected:
  StreamRunTest() {
    Repository::init(backend_, as_bytes("password"), kQuickInit, {});
    repository_ =
        std::make_unique<Repository>(faults_, as_bytes("password"), OpenOptions{}, StopToken{});
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "make", "a pipe");
    reading_ = UniqueFd(ends[0]);
    writing_ = UniqueFd(ends[1]);
  }

  Snapshot take(const StopToken& stop = {}) {
    StopSource interrupted;
    const auto source = make_stream_source("/dir/stream", "the stream", {1, 2}, [&] {
      return make_descriptor_stream(reading_.get(), "the stream", interrupted.get_token());
    });
    SnapshotRequest request;
    request.targets = resolve_targets(std::vector<std::string>{"/dir/stream"}, "/", *source);
    request.time = {clock_.now(), 0};
    request.pack_bytes = PackWriter::kMinTargetBytes;
    request.interrupt_source = [&interrupted] { interrupted.request_stop(); };
    return create_snapshot(*repository_, *source, clock_, request, progress_, stop);
  }

  MemoryBackend backend_;
  FaultBackend faults_{backend_};
  std::unique_ptr<Repository> repository_;
  SystemClock clock_;
  SilentProgress progress_;
  UniqueFd reading_;
  UniqueFd writing_;
};

TEST_F(StreamRunTest, StoresTheStreamAsAFileOfNobodyByName) {
  std::thread writer([this] {
    write_all(writing_.get(), as_bytes("some data"), "the pipe");
    writing_.reset();
  });
  const Snapshot snapshot = take();
  writer.join();
  const Node directory = load_tree(*repository_, snapshot.tree, {}).front();
  const Node file = load_tree(*repository_, *directory.subtree, {}).front();
  for (const Node& node : {directory, file}) {
    EXPECT_EQ(node.user + node.group, "");
    EXPECT_EQ(node.uid, ::getuid());
    EXPECT_EQ(node.mtime, (Timestamp{1, 2}));
    EXPECT_EQ(node.inode + node.device_id + node.links, 0U);
  }
  EXPECT_EQ(file.size, 9U);
  ASSERT_EQ(file.content.size(), 1U);
  EXPECT_EQ(as_text(repository_->load_blob({BlobType::kData, file.content.front()}, {})),
            "some data");
}

TEST_F(StreamRunTest, EmptyStreamLeavesNoSnapshot) {
  writing_.reset();
  EXPECT_TRUE(fails_with(ErrorCode::kIo, "the stream is empty", [&] { take(); }));
  EXPECT_TRUE(repository_->list(FileKind::kSnapshot, {}).empty());
}

TEST_F(StreamRunTest, FailedRunDoesNotWaitForMoreData) {
  // More than the largest chunk and two open packs can hold, so that some pack is stored.
  Bytes data(20 << 20);
  fill_random(data);
  std::atomic<bool> written = false;
  std::thread writer([&] {
    write_all(writing_.get(), data, "the pipe");  // and the pipe stays open
    written = true;
  });
  // It fails when all was read, and the run can only wait for more.
  faults_.before_each_call([&](BackendCall call, const FileKey& /*key*/) {
    if (call != BackendCall::kSave) return;
    int unread = 1;
    while (!written || (::ioctl(reading_.get(), FIONREAD, &unread) == 0 && unread > 0)) {
      std::this_thread::yield();
    }
    throw Error(ErrorCode::kNoSpace, "the disk is full");
  });
  EXPECT_TRUE(fails_with(ErrorCode::kNoSpace, "the disk is full", [&] { take(); }));
  writer.join();
}

TEST_F(StreamRunTest, StoppedRunDoesNotWaitForData) {
  StopSource stop;
  std::thread stopper([&stop] { stop.request_stop(); });
  EXPECT_TRUE(fails_with(ErrorCode::kCancelled, [&] { take(stop.get_token()); }));
  stopper.join();
}

}  // namespace
}  // namespace snapfs
