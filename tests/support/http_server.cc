// Blocking sockets, one thread for each. What blocks is ended by shutdown(2) from outside, so a
// connection's descriptor is closed only when its thread has been joined, or by that thread while
// it holds the mutex.
#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "fs/base/blocked_signals.h"

namespace snapfs::test {
namespace {

constexpr std::chrono::seconds kHung{20};

[[noreturn]] void throw_system(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address address_of(const HttpServerOptions& options) {
  Address address;
  if (!options.unix_socket.empty()) {
    auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
    local.sun_family = AF_UNIX;
    if (options.unix_socket.size() >= sizeof(local.sun_path)) {
      throw std::invalid_argument("too long for a socket: " + options.unix_socket);
    }
    std::memcpy(local.sun_path, options.unix_socket.c_str(), options.unix_socket.size() + 1);
    address.size = sizeof(sockaddr_un);
    return address;
  }
  auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
  if (::inet_pton(AF_INET, options.address.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(options.port);
    address.size = sizeof(sockaddr_in);
    return address;
  }
  auto& six = reinterpret_cast<sockaddr_in6&>(address.storage);
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(options.port);
  if (::inet_pton(AF_INET6, options.address.c_str(), &six.sin6_addr) != 1) {
    throw std::invalid_argument("no address: " + options.address);
  }
  address.size = sizeof(sockaddr_in6);
  return address;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// Without the body; empty when it is none.
SeenHttpRequest parse_head(std::string_view head) {
  SeenHttpRequest request;
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == last) return request;  // no HTTP
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  head.remove_prefix(line.size());
  while (head.size() > 2) {
    head.remove_prefix(2);
    const std::string_view header = head.substr(0, head.find("\r\n"));
    head.remove_prefix(header.size());
    const std::size_t colon = header.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = header.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    request.headers.emplace(lower(std::string(header.substr(0, colon))), value);
  }
  return request;
}

}  // namespace

std::string SeenHttpRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

HttpScript HttpScript::answer(std::string_view status, std::string_view body,
                              std::string_view headers) {
  return HttpScript().send(fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status,
                                       body.size(), headers, body));
}

HttpScript HttpScript::chosen_by(std::function<HttpScript(const SeenHttpRequest&)> choose) {
  HttpScript script;
  script.choose_ = std::move(choose);
  return script;
}

HttpScript& HttpScript::leave_body() {
  reads_body_ = false;
  return *this;
}

HttpScript& HttpScript::send(std::string_view bytes) {
  steps_.push_back({Kind::kSend, std::string(bytes)});
  return *this;
}

HttpScript& HttpScript::trickle(std::string_view bytes) {
  steps_.push_back({Kind::kTrickle, std::string(bytes)});
  return *this;
}

HttpScript& HttpScript::flood(std::string_view bytes) {
  steps_.push_back({Kind::kFlood, std::string(bytes)});
  return *this;
}

HttpScript& HttpScript::wait() {
  steps_.push_back({Kind::kWait});
  return *this;
}

HttpScript& HttpScript::close() {
  steps_.push_back({Kind::kClose});
  return *this;
}

HttpScript& HttpScript::reset() {
  steps_.push_back({Kind::kReset});
  return *this;
}

struct HttpServer::TlsContext {
  explicit TlsContext(const HttpServerTls& tls) : context(::SSL_CTX_new(::TLS_server_method())) {
    const char* const file = tls.certificate_file.c_str();
    bool is_good = ::SSL_CTX_use_certificate_chain_file(context, file) == 1 &&
                   ::SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1;
    if (!tls.client_authority_file.empty()) {
      is_good = is_good && ::SSL_CTX_load_verify_locations(
                               context, tls.client_authority_file.c_str(), nullptr) == 1;
      ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    if (!is_good) throw std::runtime_error("certificates that cannot be used");
  }
  ~TlsContext() { ::SSL_CTX_free(context); }
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* context;
};

/// A client's, with what it sent and nobody has read yet.
class HttpServer::Connection {
 public:
  Connection(int fd, std::size_t number, TlsContext* tls) : number(number), fd_(fd) {
    const int one = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (tls == nullptr) return;
    ssl_ = ::SSL_new(tls->context);
    ::SSL_set_fd(ssl_, fd);
  }
  ~Connection() {
    if (thread.joinable()) thread.join();
    close();
    ::SSL_free(ssl_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// What comes before the first request. Of a client that is turned away all is read, so that it
  /// hears why.
  bool greet(const std::string& greeting) {
    if (!greeting.empty()) (void)::send(fd_, greeting.data(), greeting.size(), MSG_NOSIGNAL);
    if (ssl_ == nullptr || ::SSL_accept(ssl_) == 1) return true;
    ::shutdown(fd_, SHUT_WR);
    char buffer[1024];
    while (::recv(fd_, buffer, sizeof(buffer), 0) > 0) {
    }
    return false;
  }

  /// Reads until there are so many bytes; false at the end.
  bool fill(std::size_t size) {
    while (received_.size() < size) {
      if (!receive()) return false;
    }
    return true;
  }

  std::string take(std::size_t size) {
    std::string taken = received_.substr(0, size);
    received_.erase(0, size);
    return taken;
  }

  /// The head of the next request, with the empty line; nothing at the end.
  std::optional<std::string> take_head() {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return std::nullopt;
    }
    return take(end + 4);
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ssl_ != nullptr
                            ? ::SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                            : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Ends whatever it blocks in.
  void shut_down() const {
    if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
  }

  void reset_when_closed() const {
    const linger now{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  const std::size_t number;
  std::jthread thread;

 private:
  bool receive() {
    char buffer[1 << 16];
    const auto size = ssl_ != nullptr ? ::SSL_read(ssl_, buffer, sizeof(buffer))
                                      : ::recv(fd_, buffer, sizeof(buffer), 0);
    if (size <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(size));
    return true;
  }

  int fd_;
  SSL* ssl_ = nullptr;
  std::string received_;
};

HttpServer::HttpServer(const HttpServerOptions& options)
    : options_(options),
      tls_(options.tls ? std::make_unique<TlsContext>(*options.tls) : nullptr),
      otherwise_([](const SeenHttpRequest&) { return HttpScript::answer("200 OK"); }) {
  Address address = address_of(options);
  listener_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) throw_system("socket");
  const int one = 1;  // a server that was ended may be followed by another one at its port
  (void)::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (::bind(listener_, address.get(), address.size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, address.get(), &address.size) != 0) {
    const int error = errno;
    ::close(listener_);
    throw std::system_error(error, std::generic_category(), "listen");
  }
  if (address.storage.ss_family == AF_INET6) {
    port_ = ntohs(reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port);
  } else if (address.storage.ss_family == AF_INET) {
    port_ = ntohs(reinterpret_cast<sockaddr_in&>(address.storage).sin_port);
  }
  const BlockedSignals blocked;
  acceptor_ = std::jthread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  std::vector<std::unique_ptr<Connection>> connections;
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
    changed_.notify_all();
    ::shutdown(listener_, SHUT_RDWR);
  }
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const auto& connection : connections_) connection->shut_down();
    connections.swap(connections_);
  }
  connections.clear();  // without the mutex, which their threads take
  if (!options_.unix_socket.empty()) ::unlink(options_.unix_socket.c_str());
}

void HttpServer::then(HttpScript script) {
  const std::lock_guard lock(mutex_);
  scripts_.push_back(std::move(script));
}

void HttpServer::otherwise(Handler handler) {
  const std::lock_guard lock(mutex_);
  otherwise_ = std::move(handler);
}

void HttpServer::otherwise(const HttpScript& script) {
  otherwise([script](const SeenHttpRequest&) { return script; });
}

std::string HttpServer::url(std::string_view path) const {
  const char* const scheme = tls_ ? "https" : "http";
  if (!options_.unix_socket.empty()) return fmt::format("{}://localhost{}", scheme, path);
  const bool is_ipv6 = options_.address.find(':') != std::string::npos;
  if (is_ipv6) return fmt::format("{}://[{}]:{}{}", scheme, options_.address, port_, path);
  return fmt::format("{}://{}:{}{}", scheme, options_.address, port_, path);
}

void HttpServer::release() {
  const std::lock_guard lock(mutex_);
  is_released_ = true;
  changed_.notify_all();
}

bool HttpServer::wait_until_seen(std::size_t number) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kHung, [&] { return seen_.size() >= number; });
}

bool HttpServer::wait_until_waiting(std::size_t number) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kHung, [&] { return waiting_ >= number; });
}

bool HttpServer::wait_until_open(std::size_t number) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kHung, [&] { return open_ == number; });
}

std::vector<SeenHttpRequest> HttpServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void HttpServer::forget() {
  const std::lock_guard lock(mutex_);
  seen_.clear();
}

std::size_t HttpServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

std::size_t HttpServer::most_connections() const {
  const std::lock_guard lock(mutex_);
  return most_open_;
}

void HttpServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 && errno == EINTR) continue;
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    connections_.push_back(std::make_unique<Connection>(fd, connections_.size() + 1, tls_.get()));
    most_open_ = std::max(most_open_, ++open_);
    changed_.notify_all();
    Connection& connection = *connections_.back();
    connection.thread = std::jthread([this, &connection] { serve(connection); });
  }
}

void HttpServer::serve(Connection& connection) {
  bool goes_on = connection.greet(options_.greeting);
  while (goes_on) {
    const std::optional<std::string> head = connection.take_head();
    if (!head) break;
    SeenHttpRequest request = parse_head(*head);
    request.connection = connection.number;
    HttpScript script = choose(request);
    if (script.reads_body_) {
      const std::string length = request.header("content-length");
      const std::size_t size = length.empty() ? 0 : std::stoull(length);
      if (!connection.fill(size)) break;
      request.body = connection.take(size);
    }
    if (script.choose_) script = script.choose_(request);
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(std::move(request));
      changed_.notify_all();
    }
    goes_on = run(connection, script);
  }
  const std::lock_guard lock(mutex_);
  connection.close();
  --open_;
  changed_.notify_all();
}

HttpScript HttpServer::choose(const SeenHttpRequest& request) {
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    if (!scripts_.empty()) {
      HttpScript script = std::move(scripts_.front());
      scripts_.pop_front();
      return script;
    }
    handler = otherwise_;
  }
  return handler(request);
}

/// Returns whether the connection is kept.
bool HttpServer::run(Connection& connection, const HttpScript& script) {
  for (const HttpScript::Step& step : script.steps_) {
    switch (step.kind) {
      case HttpScript::Kind::kSend:
        if (!connection.send(step.bytes)) return false;
        break;
      case HttpScript::Kind::kTrickle:
        for (const char& byte : step.bytes) {
          if (!connection.send({&byte, 1})) return false;
        }
        break;
      case HttpScript::Kind::kFlood:
        while (connection.send(step.bytes)) {
        }
        return false;
      case HttpScript::Kind::kWait:
        if (!wait_for_release()) return false;
        break;
      case HttpScript::Kind::kReset:
        connection.reset_when_closed();
        return false;
      case HttpScript::Kind::kClose:
        return false;
    }
  }
  return true;
}

bool HttpServer::wait_for_release() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return is_released_ || is_closing_; });
  --waiting_;
  return !is_closing_;
}

}  // namespace snapfs::test
