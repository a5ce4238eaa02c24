// One request on its way. Only for the sources of this folder.
#pragma once

#include <array>
#include <exception>
#include <string>

#include "fs/backend/http/curl_error.h"
#include "fs/backend/http/curl_handle.h"
#include "fs/backend/http/curl_settings.h"
#include "fs/backend/http/http_client.h"
#include "fs/backend/http/paced_direction.h"
#include "fs/base/timer.h"

namespace snapfs {

/// Made, and asked for the answer, by the caller's thread; in between it belongs to the one that
/// moves the bytes, and nothing throws.
class CurlTransfer {
 public:
  /// All arguments must outlive it. Throws Error for what cannot be asked.
  CurlTransfer(const CurlSettings& settings, const HttpRequest& request, Timer& timer);
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  CURL* easy() const noexcept { return easy_.get(); }

  /// Goes on with what waited for the rate limit, if it is time.
  CURLcode go_on(Timer::TimePoint now) noexcept;

  /// Whether the server has had its time, so that the transfer is to be ended.
  bool is_late(Timer::TimePoint now) noexcept;

  /// When there will be something to do even if no byte comes.
  Timer::TimePoint next_time() const noexcept;
  bool is_held_back() const noexcept { return upload_.waits() || download_.waits(); }

  /// It ended: by itself, or for a reason of ours. What comes first counts.
  void end(CURLcode code) noexcept;
  void end(std::exception_ptr reason) noexcept;

  /// To be called before it begins: no connection that was kept is used.
  void use_new_connection() { set_option(easy(), CURLOPT_FRESH_CONNECT, 1L); }

  /// Whether it failed on a connection that was kept, before a byte of the answer came: it had
  /// ended, perhaps long ago. To be called after the end.
  bool met_dead_connection() const noexcept;

  /// What it brought. Throws Error. To be called once, after the end.
  HttpResponse response();

 private:
  static std::size_t on_header(char* line, std::size_t one, std::size_t size, void* self) noexcept;
  static std::size_t on_body(char* bytes, std::size_t one, std::size_t size, void* self) noexcept;
  static std::size_t on_send(char* out, std::size_t one, std::size_t size, void* self) noexcept;
  static int on_rewind(void* self, curl_off_t offset, int origin) noexcept;
  static int on_connected(void* self, char*, char*, int, int) noexcept;

  void set_method();
  void set_headers();
  void set_callbacks();
  void add_header(std::string_view line);
  void reserve_body();
  std::size_t receive(ByteView bytes);
  std::size_t send(MutByteView out);
  bool has_uncounted_body(long status) const;
  [[noreturn]] void throw_too_long(std::size_t most) const;
  [[noreturn]] void throw_failure();

  const CurlSettings& settings_;
  const HttpRequest& request_;
  Timer& timer_;
  CurlEasy easy_;
  CurlList headers_;
  PacedDirection upload_;
  PacedDirection download_;
  std::size_t sent_ = 0;  ///< of the request's body
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  bool has_head_ = false;  ///< all of the answer but the body came

  bool is_connected_ = false;
  Timer::TimePoint last_move_;
  Timer::TimePoint tls_began_ = Timer::TimePoint::max();

  CURLcode code_ = CURLE_OK;
  bool is_ended_ = false;
  bool was_late_ = false;
  std::exception_ptr reason_;  ///< why this program ended it
  std::array<char, CURL_ERROR_SIZE> words_{};
};

}  // namespace snapfs
