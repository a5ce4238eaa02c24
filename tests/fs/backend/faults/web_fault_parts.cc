#include "tests/fs/backend/faults/web_fault_parts.h"

#include <fmt/format.h>

namespace snapfs::test {
namespace {

bool uploads(const SeenHttpRequest& request) {
  return request.header("content-length") != "" && request.header("content-length") != "0";
}

}  // namespace

std::string head_of(const HttpResponse& answer, std::string_view more) {
  std::string head = fmt::format("HTTP/1.1 {} Words\r\n", answer.status);
  for (const auto& [name, value] : answer.headers) {
    if (name != "content-length") head += fmt::format("{}: {}\r\n", name, value);
  }
  return head + std::string(more) + "\r\n";
}

bool is_head(const SeenHttpRequest& request) { return request.method == "HEAD"; }

bool loads_object(const SeenHttpRequest& request) {
  const bool is_list =
      request.target.ends_with('/') || request.target.find('?') != std::string::npos;
  return request.method == "GET" && !is_list;
}

bool lists(const SeenHttpRequest& request) {
  return request.method == "GET" && !loads_object(request);
}

bool loads_part(const SeenHttpRequest& request) {
  return loads_object(request) && !request.header("range").empty() &&
         !request.header("range").ends_with('-');
}

WebFault at_once(std::string name, HttpScript script, FaultEffect effect) {
  WebFault fault{.name = std::move(name), .at_once = std::move(script)};
  fault.effect = effect;
  return fault;
}

WebFault spoiled(std::string name, std::function<WebStrike(const WebExchange&)> spoil) {
  return {.name = std::move(name), .spoil = std::move(spoil)};
}

WebFault everywhere(WebFault fault) {
  fault.is_everywhere = true;
  return fault;
}

WebFault warm(WebFault fault) {
  fault.is_warm = true;
  fault.name += "_on_a_kept_connection";
  return fault;
}

WebFault slow(WebFault fault) {
  fault.is_slow = true;
  return fault;
}

WebFault while_uploading(WebFault fault) {
  fault.meets = uploads;
  return fault;
}

}  // namespace snapfs::test
