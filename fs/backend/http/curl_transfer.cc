// libcurl calls back for every piece that it can send or has received. A piece whose turn under the
// rate limit has not come is refused, which pauses that direction until go_on() lets libcurl ask
// again. An exception in a callback is kept, and ends the transfer.
#include "fs/backend/http/curl_transfer.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/http/curl_library.h"
#include "fs/backend/http/http_error.h"
#include "fs/base/ascii_case.h"
#include "fs/base/error.h"
#include "fs/base/utf8.h"

namespace snapfs {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostHeaderBytes = 256 << 10;
constexpr std::size_t kPacedBytes = 16 << 10;  ///< that move at once under a rate limit
constexpr milliseconds kTlsTimeout = std::chrono::seconds(10);

bool has_body(const HttpRequest& request) {
  return request.method == "PUT" || request.method == "POST" || !request.body.empty();
}

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

RateLimit* if_paced(const HttpRequest& request, RateLimit* limit) {
  return request.is_paced ? limit : nullptr;
}

}  // namespace

CurlTransfer::CurlTransfer(const CurlSettings& settings, const HttpRequest& request, Timer& timer)
    : settings_(settings),
      request_(request),
      timer_(timer),
      easy_(libcurl().easy_init()),
      upload_(if_paced(request, settings.limits().upload)),
      download_(if_paced(request, settings.limits().download)),
      last_move_(timer.now()) {
  if (!easy_) throw Error(ErrorCode::kOutOfResources, "out of memory");
  settings_.apply(easy(), request.url);
  set_method();
  set_headers();
  set_callbacks();
}

void CurlTransfer::set_method() {
  const std::string& method = request_.method;
  if (has_body(request_)) {
    set_option(easy(), CURLOPT_UPLOAD, 1L);
    set_option(easy(), CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  } else if (method == "HEAD") {
    set_option(easy(), CURLOPT_NOBODY, 1L);
  }
  if (method != "HEAD") set_option(easy(), CURLOPT_CUSTOMREQUEST, method.c_str());
}

void CurlTransfer::set_headers() {
  const auto add = [this](const std::string& line) {
    curl_slist* const longer = libcurl().slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw Error(ErrorCode::kOutOfResources, "out of memory");
    (void)headers_.release();
    headers_.reset(longer);
  };
  for (const auto& [name, value] : request_.headers) {
    if (!is_one_line(name) || !is_one_line(value)) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("the header \"{}\" of a request has more than one line",
                              name.substr(0, name.find_first_of("\r\n"))));
    }
    // A semicolon is how libcurl is told of a header without a value.
    add(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  }
  add("Expect:");  // never waits for leave to send the body
  set_option(easy(), CURLOPT_HTTPHEADER, headers_.get());
}

void CurlTransfer::set_callbacks() {
  set_option(easy(), CURLOPT_ERRORBUFFER, words_.data());
  set_option(easy(), CURLOPT_NOPROGRESS, 1L);
  set_option(easy(), CURLOPT_HEADERFUNCTION, &on_header);
  set_option(easy(), CURLOPT_HEADERDATA, this);
  set_option(easy(), CURLOPT_WRITEFUNCTION, &on_body);
  set_option(easy(), CURLOPT_WRITEDATA, this);
  set_option(easy(), CURLOPT_READFUNCTION, &on_send);
  set_option(easy(), CURLOPT_READDATA, this);
  set_option(easy(), CURLOPT_SEEKFUNCTION, &on_rewind);
  set_option(easy(), CURLOPT_SEEKDATA, this);
  set_option(easy(), CURLOPT_PREREQFUNCTION, &on_connected);
  set_option(easy(), CURLOPT_PREREQDATA, this);
}

int CurlTransfer::on_connected(void* self, char* /*to*/, char* /*from*/, int /*to*/,
                               int /*from*/) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  transfer.is_connected_ = true;
  // Whatever libcurl took for a connection that was dead already never left: it rewinds only what
  // did.
  transfer.sent_ = 0;
  transfer.last_move_ = transfer.timer_.now();
  return CURL_PREREQFUNC_OK;
}

std::size_t CurlTransfer::on_header(char* line, std::size_t /*one*/, std::size_t size,
                                    void* self) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  try {
    transfer.last_move_ = transfer.timer_.now();
    transfer.add_header({line, size});
    return size;
  } catch (...) {
    transfer.end(std::current_exception());
    return size + 1;  // any other number ends it
  }
}

void CurlTransfer::add_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMostHeaderBytes) throw_too_long(kMostHeaderBytes);
  if (line.starts_with("HTTP/")) {  // of the answer, after those that only say it will come
    response_.headers.clear();
    has_head_ = false;
    return;
  }
  if (trim_white_space(line).empty()) has_head_ = true;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  response_.headers.emplace_back(ascii_lower(line.substr(0, colon)),
                                 trim_white_space(line.substr(colon + 1)));
}

std::size_t CurlTransfer::on_body(char* bytes, std::size_t /*one*/, std::size_t size,
                                  void* self) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  try {
    return transfer.receive({reinterpret_cast<const std::uint8_t*>(bytes), size});
  } catch (...) {
    transfer.end(std::current_exception());
    return CURL_WRITEFUNC_ERROR;
  }
}

void CurlTransfer::throw_too_long(std::size_t most) const {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} answers with more than {} bytes where that many are the most: see "
                          "that the URL is right",
                          settings_.server_of(request_.url), most),
              shown_url(request_.url));
}

void CurlTransfer::reserve_body() {
  curl_off_t announced = -1;
  libcurl().easy_getinfo(easy(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  if (announced <= 0) return;
  if (static_cast<std::uint64_t>(announced) > request_.longest_answer)
    throw_too_long(request_.longest_answer);
  response_.body.reserve(static_cast<std::size_t>(announced));
}

std::size_t CurlTransfer::receive(ByteView bytes) {
  const Timer::TimePoint now = timer_.now();
  last_move_ = now;
  if (response_.body.empty() && response_.body.capacity() == 0) reserve_body();
  if (bytes.size() > request_.longest_answer - response_.body.size())
    throw_too_long(request_.longest_answer);
  if (!download_.may_move(bytes.size(), now)) return CURL_WRITEFUNC_PAUSE;
  append(response_.body, bytes);
  return bytes.size();
}

std::size_t CurlTransfer::on_send(char* out, std::size_t /*one*/, std::size_t size,
                                  void* self) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  try {
    return transfer.send({reinterpret_cast<std::uint8_t*>(out), size});
  } catch (...) {
    transfer.end(std::current_exception());
    return CURL_READFUNC_ABORT;
  }
}

std::size_t CurlTransfer::send(MutByteView out) {
  const Timer::TimePoint now = timer_.now();
  last_move_ = now;
  std::size_t size = std::min(out.size(), request_.body.size() - sent_);
  if (size == 0) return 0;
  if (upload_.is_paced()) size = std::min(size, kPacedBytes);
  if (!upload_.may_move(size, now)) return CURL_READFUNC_PAUSE;
  std::memcpy(out.data(), request_.body.data() + sent_, size);
  sent_ += size;
  return size;
}

/// A connection that was kept turned out to be dead, and the request is sent on another one.
int CurlTransfer::on_rewind(void* self, curl_off_t offset, int origin) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (origin != SEEK_SET || offset < 0 ||
      static_cast<std::uint64_t>(offset) > transfer.request_.body.size()) {
    return CURL_SEEKFUNC_FAIL;
  }
  transfer.sent_ = static_cast<std::size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

CURLcode CurlTransfer::go_on(Timer::TimePoint now) noexcept {
  const bool is_due = upload_.is_due(now) || download_.is_due(now);
  if (!is_due) return CURLE_OK;
  if (upload_.is_due(now)) upload_.go_on();
  if (download_.is_due(now)) download_.go_on();
  last_move_ = now;
  // The other direction, if it still has to wait, is paused again by its callback.
  return libcurl().easy_pause(easy(), CURLPAUSE_CONT);
}

bool CurlTransfer::is_late(Timer::TimePoint now) noexcept {
  if (!is_connected_) {
    // libcurl's own time-out is for all of it, from the name on.
    curl_off_t connected = 0;
    libcurl().easy_getinfo(easy(), CURLINFO_CONNECT_TIME_T, &connected);
    if (connected > 0 && tls_began_ == Timer::TimePoint::max()) tls_began_ = now;
  }
  was_late_ = !is_held_back() && next_time() <= now;
  return was_late_;
}

Timer::TimePoint CurlTransfer::next_time() const noexcept {
  if (is_held_back()) {
    Timer::TimePoint time = Timer::TimePoint::max();
    if (upload_.waits()) time = std::min(time, upload_.ready_at());
    if (download_.waits()) time = std::min(time, download_.ready_at());
    return time;
  }
  if (is_connected_) return last_move_ + settings_.stuck_timeout();
  return tls_began_ == Timer::TimePoint::max() ? tls_began_ : tls_began_ + kTlsTimeout;
}

void CurlTransfer::end(CURLcode code) noexcept {
  if (std::exchange(is_ended_, true)) return;
  code_ = code;
}

void CurlTransfer::end(std::exception_ptr reason) noexcept {
  if (std::exchange(is_ended_, true)) return;
  reason_ = std::move(reason);
}

bool CurlTransfer::met_dead_connection() const noexcept {
  const bool is_broken =
      code_ == CURLE_SEND_ERROR || code_ == CURLE_RECV_ERROR || code_ == CURLE_GOT_NOTHING;
  long connections_made = 0;
  libcurl().easy_getinfo(easy(), CURLINFO_NUM_CONNECTS, &connections_made);
  return is_broken && is_connected_ && header_bytes_ == 0 && connections_made == 0;
}

bool CurlTransfer::has_uncounted_body(long status) const {
  if (request_.method == "HEAD" || status == 204 || status == 304) return false;  // have none
  curl_off_t counted = -1;
  libcurl().easy_getinfo(easy(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &counted);
  return counted < 0 && response_.header("content-length") &&
         !response_.header("transfer-encoding");
}

void CurlTransfer::throw_failure() {
  CurlFailure failure{
      .code = code_, .was_connected = is_connected_, .is_socket = settings_.has_socket()};
  long system_error = 0;
  libcurl().easy_getinfo(easy(), CURLINFO_OS_ERRNO, &system_error);
  failure.system_error = static_cast<int>(system_error);
  libcurl().easy_getinfo(easy(), CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
  failure.words = words_[0] != '\0' ? words_.data() : libcurl().easy_strerror(code_);
  throw error_of(failure, settings_.server_of(request_.url), shown_url(request_.url));
}

HttpResponse CurlTransfer::response() {
  if (reason_) {
    try {
      std::rethrow_exception(reason_);
    } catch (...) {
      throw current_error();
    }
  }
  if (was_late_ && is_connected_) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("{} neither took nor sent a byte for {:.3g} s: see that it still "
                            "works",
                            settings_.server_of(request_.url),
                            std::chrono::duration<double>(settings_.stuck_timeout()).count()),
                shown_url(request_.url));
  }
  if (code_ != CURLE_OK) throw_failure();
  long status = 0;
  libcurl().easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
  // libcurl takes a head that breaks off for one that ends, and a body whose length is more than it
  // can count for one that ends with the connection.
  if (!has_head_ || status < 200 || has_uncounted_body(status)) {
    code_ = CURLE_PARTIAL_FILE;
    throw_failure();
  }
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

}  // namespace snapfs
