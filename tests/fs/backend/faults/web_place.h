// A web server with a repository, on which faults can be planted, and all that stands before it in
// a program: the real client, and calls that are made again by a clock of the test.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fs/backend/stack/backend_stack.h"
#include "fs/backend/stack/retry.h"
#include "tests/fs/backend/faults/stored_world.h"
#include "tests/fs/backend/faults/web_fault.h"
#include "tests/support/manual_clock.h"
#include "tests/support/manual_timer.h"
#include "tests/support/reserved_port.h"

namespace snapfs::test {

/// What a server of such a kind keeps, and what it answers when nothing is wrong. Thread-safe.
class WebStore {
 public:
  virtual ~WebStore() = default;
  virtual HttpResponse answer(const SeenHttpRequest& request, const std::string& host) = 0;
  virtual void put(const FileKey& key, const Bytes& bytes) = 0;
  virtual std::optional<Bytes> get(const FileKey& key) const = 0;
};

/// The request that a fault met first.
struct StruckRequest {
  std::string method;
  std::string target;
  FaultEffect effect = FaultEffect::kNone;
};

class WebPlace {
 public:
  static constexpr std::chrono::seconds kBudget{40};

  WebPlace(WebKind kind, bool is_patient);
  ~WebPlace();

  Backend& storage() { return stack_->top(); }
  std::optional<Bytes> stored(const FileKey& key) const { return store_->get(key); }

  /// From now on the fault meets the request of that number, from 1 on, and all behind it if it is
  /// to last. It must outlive the place.
  void plant(const WebFault& fault, bool lasts, std::size_t number);

  /// How many requests came since then.
  std::size_t requests() const;
  std::optional<StruckRequest> struck() const;

  const std::vector<RetryNotice>& notices() const noexcept { return notices_; }
  std::chrono::milliseconds waited() const;
  std::size_t waits() const noexcept { return timer_.waits().size(); }

  /// Requests that came to where only a redirect could lead.
  std::size_t seen_elsewhere() const { return elsewhere_.seen().size(); }

  /// As messages name the server, and what none may show.
  std::string host() const;
  static std::vector<std::string> secrets();

 private:
  HttpScript handle(const SeenHttpRequest& head);
  void start_server();
  void note(const RetryNotice& notice);

  const WebKind kind_;
  std::unique_ptr<WebStore> store_;
  HttpServer elsewhere_;
  ReservedPort port_;  ///< also while the server is away
  std::unique_ptr<HttpServer> server_;

  mutable std::mutex mutex_;
  const WebFault* fault_ = nullptr;
  bool lasts_ = false;
  std::size_t number_ = 0;
  std::size_t requests_ = 0;
  std::optional<StruckRequest> struck_;

  std::vector<RetryNotice> notices_;
  ManualClock clock_;
  InstantTimer timer_;
  std::unique_ptr<BackendStack> stack_;
};

}  // namespace snapfs::test
