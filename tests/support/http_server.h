// A web server for one test, in its own process: it does what the test says, also what no server
// should, and keeps what it was asked. Nothing in it depends on how long anything takes.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace snapfs::test {

/// One request, as it came.
struct SeenHttpRequest {
  std::string method;
  std::string target;                          ///< path and query, as sent
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< empty when the script does not read it
  std::size_t connection = 0;                  ///< the number of its connection, from 1 on

  /// The header's value, or "".
  std::string header(const std::string& name) const;
};

/// What the server does with one request, step by step: HttpScript::answer("200 OK", "text"), or
/// HttpScript().send("HTTP/1.1 200 OK\r\n").wait().reset(). The request's body is read first. The
/// connection is kept when no step ends it.
class HttpScript {
 public:
  /// A whole answer. `headers` are lines that end with \r\n; Content-Length is added.
  static HttpScript answer(std::string_view status, std::string_view body = {},
                           std::string_view headers = {});

  /// What `choose` says when the body of the request has been read, too.
  static HttpScript chosen_by(std::function<HttpScript(const SeenHttpRequest&)> choose);

  /// The body of the request is left where it is.
  HttpScript& leave_body();
  HttpScript& send(std::string_view bytes);
  HttpScript& trickle(std::string_view bytes);  ///< the same, a byte in each packet
  HttpScript& flood(std::string_view bytes);    ///< the same for ever, until the client has enough
  HttpScript& wait();                           ///< until HttpServer::release()
  HttpScript& close();                          ///< the connection, as a server that ends does
  HttpScript& reset();                          ///< the connection, as a server that crashes does

 private:
  friend class HttpServer;
  enum class Kind : std::uint8_t { kSend, kTrickle, kFlood, kWait, kClose, kReset };
  struct Step {
    Kind kind = Kind::kSend;
    std::string bytes = {};
  };
  bool reads_body_ = true;
  std::function<HttpScript(const SeenHttpRequest&)> choose_ = {};
  std::vector<Step> steps_;
};

/// PEM files.
struct HttpServerTls {
  std::string certificate_file;  ///< with its key
  std::string client_authority_file =
      {};  ///< who must have issued the client's; empty: none is asked
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6
  std::uint16_t port = 0;             ///< 0: one that is free
  std::string unix_socket = {};       ///< a path to listen at, in the place of the address
  std::optional<HttpServerTls> tls = {};
  std::string greeting = {};  ///< sent to whoever connects, as other servers do
};

/// Listens at a port that was free, unless one is named. A thread for each connection; ends them
/// all when it goes. Thread-safe.
class HttpServer {
 public:
  using Handler = std::function<HttpScript(const SeenHttpRequest&)>;

  explicit HttpServer(const HttpServerOptions& options = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// What is done with the next request that no other script is waiting for.
  void then(HttpScript script);

  /// What is done when no script is left; at first: an empty answer 200. May be called by several
  /// threads at once, without any lock of ours.
  void otherwise(Handler handler);
  void otherwise(const HttpScript& script);

  std::uint16_t port() const noexcept { return port_; }

  /// "http://127.0.0.1:1234" and `path`, which begins with a slash; https with TLS.
  std::string url(std::string_view path = "/") const;

  /// All scripts that wait go on, and none waits any more.
  void release();

  /// Waits until so many requests came, or so many scripts wait at once; false when they do not
  /// within 20 s, which is there to fail a test that would hang.
  [[nodiscard]] bool wait_until_seen(std::size_t number);
  [[nodiscard]] bool wait_until_waiting(std::size_t number);

  /// Waits until just so many connections are open; false as above.
  [[nodiscard]] bool wait_until_open(std::size_t number);

  std::vector<SeenHttpRequest> seen() const;
  void forget();  ///< what was seen

  /// How many connections were made, and how many there were at once, at most.
  std::size_t connections() const;
  std::size_t most_connections() const;

 private:
  class Connection;
  struct TlsContext;

  void accept_all();
  void serve(Connection& connection);
  HttpScript choose(const SeenHttpRequest& request);
  bool run(Connection& connection, const HttpScript& script);
  bool wait_for_release();

  const HttpServerOptions options_;
  std::unique_ptr<TlsContext> tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<HttpScript> scripts_;
  Handler otherwise_;
  std::vector<SeenHttpRequest> seen_;
  std::size_t waiting_ = 0;
  std::size_t open_ = 0;
  std::size_t most_open_ = 0;
  bool is_released_ = false;
  bool is_closing_ = false;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::jthread acceptor_;
};

}  // namespace snapfs::test
