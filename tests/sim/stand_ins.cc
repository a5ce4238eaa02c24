// What the program asks of the machine it runs on, answered by the world: who it is, what is to be
// read, where it writes, what signals come, which storage a location means. Each definition stands
// in the place of the one in the program's own library, whose object file is then left out by the
// linker: the header is the same, the rest of the program is what users run.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archiver/source/source_fs.h"
#include "cli/output/output.h"
#include "cli/process/signals.h"
#include "cli/session/snapshot_source.h"
#include "fs/backend/dry_run.h"
#include "fs/backend/open/open.h"
#include "fs/backend/stack/request_limit.h"
#include "fs/backend/stack/retry.h"
#include "fs/base/core_count.h"
#include "fs/crypto/calibrate_scrypt.h"
#include "fs/repo/identity.h"
#include "tests/sim/process.h"
#include "tests/sim/scarcity.h"
#include "tests/sim/stored_world.h"
#include "tests/sim/world.h"
#include "tests/support/memory_source.h"

namespace snapfs {
namespace {

sim::Process& self() { return *sim::World::current()->process(); }

/// The files of a host.
class HostFiles final : public SourceFs {
 public:
  explicit HostFiles(const SourceFs& files) : files_(files) {}
  std::unique_ptr<SourceDir> enter(const std::string& path) const override {
    return files_.enter(path);
  }
  SourceMetadata lstat(const std::string& path) const override { return files_.lstat(path); }
  std::vector<std::string> list(const std::string& path) const override {
    return files_.list(path);
  }

 private:
  const SourceFs& files_;
};

}  // namespace

// fs/base/core_count.cc

std::size_t core_count() { return 2; }

// fs/crypto/calibrate_scrypt.cc

ScryptParameters calibrate_scrypt(std::chrono::milliseconds /*target*/) {
  return {.n = 2, .r = 1, .p = 1};
}

// fs/repo/identity.cc

ProcessOrigin ProcessOrigin::of_process() {
  const std::string& host = self().host().name;
  return {"boot of " + host, 1, "machine " + host};
}

Identity Identity::of_process() { return {"user", self().host().name, 0, 0}; }

// fs/backend/open/open.cc

BackendStack open_storage(const RepositoryLocation& location, const StorageOptions& options) {
  const sim::Unfailing unfailing;
  sim::StoredWorld& stored = sim::StoredWorld::current();
  BackendStack stack(stored.connect(sim::World::current()->process(), location.path));
  if (stored.is_far()) put_far_away(stack, options, steady_timer());
  if (options.pretend) stack.put_before<DryRunBackend>();
  return stack;
}

void put_far_away(BackendStack& stack, const StorageOptions& options, Timer& timer) {
  const unsigned most = stack.top().traits().requests;
  stack.put_before<RequestLimitBackend>(most);
  const auto seed = static_cast<std::uint32_t>(sim::World::current()->draw());
  stack.put_before<RetryBackend>(options.on_retry, RetryPolicy{}, timer, seed, options.last_call,
                                 options.permit_again);
}

// cli/session/snapshot_source.cc

SnapshotSource::SnapshotSource(const GlobalOptions& global, const SnapshotOptions& options,
                               Timestamp time)
    : global_(global),
      options_(options),
      time_(time),
      placed_(std::make_unique<HostFiles>(*self().host().files)) {
  const std::vector<std::string> targets = {"/data"};
  targets_ = resolve_targets(targets, "/", *placed_);
}

void SnapshotSource::freeze(const Selection& /*selection*/, const StopToken& /*stop*/) {}

void SnapshotSource::thaw() noexcept {}

SnapshotPaths SnapshotSource::stored_paths() const { return SnapshotPaths(targets_); }

bool SnapshotSource::is_from_stream(const Error& /*error*/) const noexcept { return false; }

// cli/process/signals.cc

Signals::Signals(std::chrono::milliseconds burst, std::chrono::milliseconds patience)
    : burst_(burst), patience_(patience) {
  self().on_signal = [this] { wait_for_signals(); };
}

Signals::~Signals() { self().on_signal = nullptr; }

void Signals::stop_because(const std::string& reason) {
  stop_because(Error(ErrorCode::kCancelled, reason));
}

void Signals::stop_because(Error failure) {
  {
    const auto current = failure_.lock();
    if (!*current) *current = std::move(failure);
  }
  source_.request_stop();
}

/// The world's signals are no system's: this is what the first of them does.
void Signals::wait_for_signals() {
  source_.request_stop();
  if (sim::World::current()->chance(500)) last_call_.request_stop();
}

void protect_locks_from_signals() noexcept {}

// cli/output/output.cc

void print(ByteView bytes) { print(as_text(bytes)); }
void print(std::string_view text) {
  const sim::Unfailing unfailing;
  self().output += text;
  const bool is_wrong = sim::StoredWorld::current().bug() == sim::PlantedBug::kWrongByte;
  if (is_wrong && self().was_disturbed && !text.empty()) self().output.back() ^= 4;
}
void set_log_style(LogStyle /*style*/) noexcept {}
LogStyle choose_log_style(bool /*json*/) { return LogStyle::kText; }
bool log_is_json() noexcept { return false; }
void send_messages_to_syslog() noexcept {}
void print_report(std::string_view lines) {
  const sim::Unfailing unfailing;
  self().messages += lines;
}
void print_error(std::string_view message) {
  const sim::Unfailing unfailing;
  print_report("snapfs: " + std::string(message) + "\n");
}
void print_note(std::string_view message) { print_report(std::string(message) + "\n"); }
void print_json_error(LogLevel /*level*/, std::string_view json, std::string_view /*message*/) {
  print_report(std::string(json) + "\n");
}
void print_item_error(bool /*json*/, std::string_view /*during*/, std::string_view /*item*/,
                      std::string_view /*message*/, std::string_view line) {
  print_error(line);
}
void print_exit_error(bool /*json*/, ExitCode /*code*/, std::string_view message) {
  ++self().last_words;
  print_error(message);
}
void print_warning(bool /*json*/, std::string_view /*item*/, std::string_view message) {
  print_error(message);
}

}  // namespace snapfs
