#include "fs/backend/http/curl_error.h"

#include <string_view>
#include <system_error>

#include <curl/curl.h>
#include <fmt/format.h>

namespace snapfs {
namespace {

// OpenSSL's numbers (openssl-verification-options(1)), which are the same in all its versions.
constexpr long kNothingFound = 0;
constexpr long kNotSaid = 1;
constexpr long kNotYetValid = 9;
constexpr long kExpired = 10;
constexpr long kSelfSigned = 18;
constexpr long kSelfSignedInChain = 19;
constexpr long kUnknownIssuer = 20;
constexpr long kUnknownFirst = 21;

struct ErrorText {
  ErrorCode code = ErrorCode::kUnavailable;
  std::string words;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

ErrorText untrusted(const CurlFailure& failure, const std::string& where) {
  constexpr ErrorCode kCode = ErrorCode::kWrongCredentials;
  switch (failure.verify_result) {
    case kExpired:
      return {kCode, fmt::format("the certificate of {} has expired: it has to be renewed there, "
                                 "or this machine's clock be put right",
                                 where)};
    case kNotYetValid:
      return {kCode, fmt::format("the certificate of {} is not valid yet: see that this machine's "
                                 "clock is right",
                                 where)};
    case kSelfSigned:
    case kSelfSignedInChain:
    case kUnknownIssuer:
    case kUnknownFirst:
      return {kCode, fmt::format("the certificate of {} was issued by an authority that is not "
                                 "trusted here: if it is the right one, name its file with "
                                 "--cacert",
                                 where)};
    case kNothingFound:  // libcurl compares the name itself
    case kNotSaid:
      return {kCode, fmt::format("the certificate of {} was issued for another name: use the name "
                                 "in the certificate, or see that it is the right server",
                                 where)};
    default:
      return {kCode, fmt::format("the certificate of {} is not to be trusted: {}; name the "
                                 "authority that issued it with --cacert",
                                 where, failure.words)};
  }
}

/// A handshake that failed, or an alert that came later, as TLS 1.3 sends it to a client whose
/// certificate is missing or not welcome. Nothing but the words tells them apart.
ErrorText handshake(const CurlFailure& failure, const std::string& where) {
  const std::string& words = failure.words;
  if (has(words, "wrong version number") || has(words, "packet length too long") ||
      has(words, "http request")) {
    return {
        ErrorCode::kUnsupported,
        fmt::format("{} does not speak TLS there: write {}", where,
                    failure.is_socket ? "http+unix:// in place of https+unix://"
                                      : "http:// in place of https://, or name the right port")};
  }
  if (has(words, "alert")) {
    return {ErrorCode::kWrongCredentials,
            fmt::format("{} refuses the connection: it wants a client certificate that it knows, "
                        "which --tls-client-cert names, or another version of TLS ({})",
                        where, words)};
  }
  // What OpenSSL finds wrong itself stays wrong; a connection that broke need not.
  const bool is_broken = !has(words, "error:") || has(words, "unexpected eof");
  return {is_broken ? ErrorCode::kUnavailable : ErrorCode::kWrongCredentials,
          fmt::format("the TLS connection to {} was not made: {}", where, words)};
}

ErrorText not_connected(const CurlFailure& failure, const std::string& where) {
  const std::string_view advice = failure.is_socket
                                      ? "see that the server runs and listens on that socket"
                                      : "see that the server runs and the port is right";
  if (failure.system_error == 0) {
    return {ErrorCode::kUnavailable, fmt::format("cannot connect to {}: {}", where, advice)};
  }
  const std::string words = std::generic_category().message(failure.system_error);
  switch (code_from_errno(failure.system_error)) {
    case ErrorCode::kOutOfResources:
      return {ErrorCode::kOutOfResources, fmt::format("cannot connect to {}: {}", where, words)};
    case ErrorCode::kPermission:
      return {ErrorCode::kPermission,
              fmt::format("cannot connect to {}: {}: something on this machine forbids it", where,
                          words)};
    default:
      return {ErrorCode::kUnavailable,
              fmt::format("cannot connect to {}: {}: {}", where, words, advice)};
  }
}

ErrorText text_of(const CurlFailure& failure, const std::string& where) {
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorCode::kUnavailable,
              fmt::format("nobody knows the address of {}: see that the name is right and the "
                          "network is there",
                          where)};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {ErrorCode::kUnavailable,
              fmt::format("nobody knows the address of the proxy to {}: see HTTP_PROXY and "
                          "HTTPS_PROXY",
                          where)};
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
      return not_connected(failure, where);
    case CURLE_PROXY:
      return {ErrorCode::kUnavailable,
              fmt::format("the proxy does not connect to {}: see HTTP_PROXY, HTTPS_PROXY and "
                          "NO_PROXY ({})",
                          where, failure.words)};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::kUnavailable,
              fmt::format("{} did not answer in time: see that it runs and can be reached", where)};
    case CURLE_PEER_FAILED_VERIFICATION:
      return untrusted(failure, where);
    case CURLE_SSL_CERTPROBLEM:
      return {ErrorCode::kUsage,
              fmt::format("--tls-client-cert: the file cannot be used: {}", failure.words)};
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::kUsage,
              fmt::format("the certificates that {} would be trusted by cannot be used: see "
                          "--cacert, or the system's ({})",
                          where, failure.words)};
    case CURLE_SSL_CONNECT_ERROR:
      return handshake(failure, where);
    case CURLE_GOT_NOTHING:
      return {ErrorCode::kUnavailable,
              fmt::format("{} ended the connection without an answer", where)};
    case CURLE_PARTIAL_FILE:
      return {ErrorCode::kUnavailable, fmt::format("{} ended its answer too early", where)};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      if (has(failure.words, "alert")) return handshake(failure, where);
      return {ErrorCode::kUnavailable,
              fmt::format("the connection to {} broke: {}", where, failure.words)};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {ErrorCode::kUnsupported,
              fmt::format("{} does not answer as a web server: see that the URL is right ({})",
                          where, failure.words)};
    case CURLE_LOGIN_DENIED:  // a user in it
    case CURLE_URL_MALFORMAT:
      return {ErrorCode::kUsage, fmt::format("no URL can be like the one of {}", where)};
    case CURLE_OUT_OF_MEMORY:
      return {ErrorCode::kOutOfResources, "out of memory"};
    default:
      // Whatever else libcurl knows of happens while bytes move.
      return {failure.was_connected ? ErrorCode::kUnavailable : ErrorCode::kIo,
              fmt::format("a request to {} failed: {}", where, failure.words)};
  }
}

}  // namespace

Error error_of(const CurlFailure& failure, const std::string& where, const std::string& subject) {
  const ErrorText text = text_of(failure, where);
  return {text.code, text.words, subject};
}

}  // namespace snapfs
