// Connections that break off, answers that come in odd ways, and what is no HTTP.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tests/fs/backend/faults/web_fault_kinds.h"
#include "tests/fs/backend/faults/web_fault_parts.h"

namespace snapfs::test {
namespace {

/// The answer with something in its head.
WebFault with_header(std::string name, std::string line) {
  WebFault fault{.name = std::move(name)};
  fault.spoil = harmless([line](const HttpResponse& right) {
    HttpResponse odd = right;
    const std::size_t colon = line.find(": ");
    odd.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    return HttpScript().send(wire(odd));
  });
  return fault;
}

/// What was asked was done, and the answer breaks off at some byte of it.
template <class End>
WebFault broken_answer(std::string name, std::size_t head_bytes, double of_body, const End& end) {
  return spoiled(std::move(name), [head_bytes, of_body, end](const WebExchange& exchange) {
    const std::string all = wire(exchange.right);
    const std::size_t body = exchange.right.body.size();
    const std::size_t head = all.size() - body;
    const bool in_body = of_body > 0;
    if (in_body && body < 2) return WebStrike{HttpScript().send(all), FaultEffect::kNone};
    const std::size_t sent =
        in_body ? head + std::max<std::size_t>(
                             1, static_cast<std::size_t>(static_cast<double>(body) * of_body))
                : std::min(head_bytes, head - 3);
    return WebStrike{end(HttpScript().send(std::string_view(all).substr(0, sent))),
                     FaultEffect::kPasses};
  });
}

void add_broken_connections(std::vector<WebFault>& faults) {
  const auto close = [](HttpScript script) { return script.close(); };
  const auto reset = [](HttpScript script) { return script.reset(); };
  const auto wait = [](HttpScript script) { return script.wait(); };
  faults.push_back(everywhere(at_once("close_before_answer", HttpScript().close())));
  faults.push_back(everywhere(at_once("reset_before_answer", HttpScript().reset())));
  faults.push_back(warm(at_once("close_before_answer", HttpScript().close())));
  faults.push_back(warm(at_once("reset_before_answer", HttpScript().reset())));
  faults.push_back(everywhere(broken_answer("done_but_answer_lost", 0, 0, reset)));
  faults.push_back(broken_answer("done_but_answer_closed", 0, 0, close));
  faults.push_back(warm(broken_answer("done_but_answer_lost", 0, 0, reset)));
  for (const std::size_t bytes : {1, 5, 12, 20}) {
    faults.push_back(broken_answer(fmt::format("close_in_head_at_{}", bytes), bytes, 0, close));
    faults.push_back(broken_answer(fmt::format("reset_in_head_at_{}", bytes), bytes, 0, reset));
  }
  faults.push_back(broken_answer("close_in_body", 0, 0.5, close));
  faults.push_back(broken_answer("reset_in_body", 0, 0.5, reset));
  faults.push_back(broken_answer("close_before_last_byte", 0, 0.9999, close));
  faults.push_back(slow(broken_answer("stall_before_answer", 0, 0, wait)));
  faults.push_back(slow(broken_answer("stall_in_head", 12, 0, wait)));
  faults.push_back(slow(broken_answer("stall_in_body", 0, 0.5, wait)));
  faults.push_back(
      while_uploading(at_once("reset_while_uploading", HttpScript().leave_body().reset())));
  faults.push_back(
      while_uploading(at_once("close_while_uploading", HttpScript().leave_body().close())));
  faults.push_back(
      slow(while_uploading(at_once("stall_while_uploading", HttpScript().leave_body().wait()))));
  WebFault refused = at_once("connection_refused", HttpScript());
  refused.takes_server_away = true;
  faults.push_back(refused);
  WebFault restarted = everywhere(at_once("restarted", HttpScript().reset()));
  restarted.restarts_server = true;
  faults.push_back(restarted);
  WebFault restarted_after = everywhere(broken_answer("done_and_restarted", 0, 0, reset));
  restarted_after.restarts_server = true;
  faults.push_back(restarted_after);
}

void add_odd_transfers(std::vector<WebFault>& faults) {
  faults.push_back(
      spoiled("trickle", harmless([](const HttpResponse& right) {
                const std::string all = wire(right);
                constexpr std::size_t kTrickled = 600;  // a byte in each packet takes time
                return HttpScript()
                    .trickle(std::string_view(all).substr(0, kTrickled))
                    .send(std::string_view(all).substr(std::min(kTrickled, all.size())));
              })));
  faults.push_back(spoiled("chunked", [](const WebExchange& exchange) {
    HttpResponse right = exchange.right;
    if (is_head(exchange.request) || right.body.size() < 2) {
      return WebStrike{HttpScript().send(wire(right)), FaultEffect::kNone};
    }
    const std::string_view body = as_text(right.body);
    return WebStrike{
        HttpScript().send(head_of(right, "Transfer-Encoding: chunked\r\n") +
                          fmt::format("1\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n", body.substr(0, 1),
                                      body.size() - 1, body.substr(1))),
        FaultEffect::kNone};
  }));
  const auto bad_chunks = [](std::string name, std::string tail) {
    return spoiled(std::move(name), [tail](const WebExchange& exchange) {
      const HttpResponse& right = exchange.right;
      if (is_head(exchange.request) || right.status == 204) {  // nobody looks for a body
        return WebStrike{HttpScript().send(wire(right)), FaultEffect::kNone};
      }
      return WebStrike{
          HttpScript()
              .send(head_of(right, "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n" + tail)
              .close(),
          FaultEffect::kPasses};
    });
  };
  faults.push_back(bad_chunks("chunks_that_end_early", ""));
  faults.push_back(bad_chunks("chunk_without_its_bytes", "ff\r\nabc"));
  faults.push_back(spoiled("without_length_until_the_end", [](const WebExchange& exchange) {
    const HttpResponse& right = exchange.right;
    if (is_head(exchange.request)) {
      return WebStrike{HttpScript().send(wire(right)), FaultEffect::kNone};
    }
    return WebStrike{HttpScript().send(head_of(right) + std::string(as_text(right.body))).close(),
                     FaultEffect::kNone};
  }));
  faults.push_back(
      spoiled("informed_before", harmless([](const HttpResponse& right) {
                return HttpScript().send(
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
                    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 7\r\n\r\n" +
                    wire(right));
              })));
  faults.push_back(
      at_once("informed_and_no_more", HttpScript().send("HTTP/1.1 100 Continue\r\n\r\n").close()));
  faults.push_back(at_once("informed_for_ever",
                           HttpScript().flood("HTTP/1.1 100 Continue\r\nA: b\r\n\r\n"),
                           FaultEffect::kNonsense));
  faults.push_back(
      while_uploading(at_once("refuses_to_continue",
                              HttpScript()
                                  .leave_body()
                                  .send("HTTP/1.1 417 Expectation Failed\r\n"
                                        "Content-Length: 0\r\nConnection: close\r\n\r\n")
                                  .close(),
                              FaultEffect::kNonsense)));
  faults.push_back(with_header("connection_close", "connection: close"));
  faults.push_back(with_header("another_etag", "etag: \"0123456789abcdef0123456789abcdef\""));
  faults.push_back(with_header("claims_to_be_gzip", "content-encoding: gzip"));
  faults.push_back(with_header("odd_encoding", "content-encoding: rot13, br"));
  faults.push_back(with_header("control_characters", "x-odd: \x01\x7f\xff"));
  faults.push_back(with_header("cookie", "set-cookie: a=b; Domain=127.0.0.1"));
}

void add_garbage(std::vector<WebFault>& faults) {
  const auto says = [](std::string name, std::string text) {
    return at_once(std::move(name), HttpScript().send(text).close(), FaultEffect::kNonsense);
  };
  faults.push_back(says("speaks_ssh", "SSH-2.0-OpenSSH_9.2p1\r\n"));
  faults.push_back(says("speaks_tls", std::string("\x15\x03\x01\x00\x02\x02\x16", 7)));
  faults.push_back(says("zeros", std::string(2000, '\0')));
  faults.push_back(says("status_of_letters", "HTTP/1.1 abc Words\r\n\r\n"));
  faults.push_back(says("status_without_end", "HTTP/1.1 99999 Words\r\n\r\n"));
  faults.push_back(says("version_of_the_future", "HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n"));
  faults.push_back(says("html_without_head", "<html><body>Welcome to the hotel</body></html>"));
  const auto length = [](std::string name, std::string value) {
    return at_once(
        std::move(name),
        HttpScript().send("HTTP/1.1 200 OK\r\nContent-Length: " + value + "\r\n\r\nabc").close(),
        FaultEffect::kNonsense);
  };
  for (WebFault fault : {length("length_of_letters", "many"), length("negative_length", "-3"),
                         length("two_lengths", "3\r\nContent-Length: 4"),
                         length("length_beyond_all", "99999999999999999999"),
                         length("length_that_nobody_has", "4611686018427387904")}) {
    // To these a few bytes are an answer like any other.
    fault.meets = [](const SeenHttpRequest& request) {
      return loads_object(request) || lists(request);
    };
    faults.push_back(std::move(fault));
  }
  WebFault flood =
      at_once("answers_without_end",
              HttpScript().send("HTTP/1.1 200 OK\r\n\r\n").flood(std::string(64 << 10, 'x')),
              FaultEffect::kNonsense);
  flood.meets = [](const SeenHttpRequest& request) { return loads_part(request); };
  flood.kinds = {WebKind::kS3};  // the others send whole files, which may be long
  faults.push_back(std::move(flood));
  faults.push_back(at_once(
      "header_without_end",
      HttpScript().send("HTTP/1.1 200 OK\r\n").flood("A: " + std::string(4000, 'b') + "\r\n"),
      FaultEffect::kNonsense));
}

}  // namespace

void add_transfer_faults(std::vector<WebFault>& faults) {
  add_broken_connections(faults);
  add_odd_transfers(faults);
  add_garbage(faults);
}

}  // namespace snapfs::test
