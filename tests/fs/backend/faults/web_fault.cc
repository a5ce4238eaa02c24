#include "tests/fs/backend/faults/web_fault.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tests/support/fake_s3.h"

namespace snapfs::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

bool has_length(const HttpResponse& answer) { return answer.header("content-length").has_value(); }

/// The answer up to its body, without what is said of the length unless it is that of a HEAD.
std::string head_of(const HttpResponse& answer, std::string_view more = {}) {
  std::string head = fmt::format("HTTP/1.1 {} Words\r\n", answer.status);
  for (const auto& [name, value] : answer.headers) {
    if (name != "content-length") head += fmt::format("{}: {}\r\n", name, value);
  }
  return head + std::string(more) + "\r\n";
}

bool is_head(const SeenHttpRequest& request) { return request.method == "HEAD"; }

/// Of the content of a file, or of a part of it.
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

bool uploads(const SeenHttpRequest& request) {
  return request.header("content-length") != "" && request.header("content-length") != "0";
}

/// The right answer, its bytes sent by `send`.
template <class Send>
std::function<WebStrike(const WebExchange&)> harmless(const Send& send) {
  return [send](const WebExchange& exchange) {
    return WebStrike{send(exchange.right), FaultEffect::kNone};
  };
}

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

/// The answer to a load with another Content-Range in the place of its own.
WebFault with_range(std::string name, std::optional<std::string> range) {
  WebFault fault{.name = std::move(name)};
  fault.meets = loads_part;
  fault.spoil = [range](const WebExchange& exchange) {
    HttpResponse odd = exchange.right;
    std::erase_if(odd.headers, [](const HttpHeader& one) { return one.first == "content-range"; });
    if (range) odd.headers.emplace_back("content-range", *range);
    return WebStrike{HttpScript().send(wire(odd)), FaultEffect::kPasses};
  };
  return fault;
}

/// The content of a file, changed, and all that is said of it fits.
WebFault with_content(std::string name, std::function<Bytes(Bytes)> change, FaultEffect effect) {
  WebFault fault{.name = std::move(name)};
  fault.meets = loads_object;
  fault.spoil = [change = std::move(change), effect](const WebExchange& exchange) {
    HttpResponse odd = exchange.right;
    odd.body = change(std::move(odd.body));
    std::erase_if(odd.headers, [](const HttpHeader& one) { return one.first == "content-length"; });
    return WebStrike{HttpScript().send(wire(odd)), effect};
  };
  return fault;
}

/// A list with another text in its place.
WebFault with_list(std::string name, std::function<std::string(std::string)> change) {
  WebFault fault{.name = std::move(name), .meets = lists};
  fault.spoil = [change = std::move(change)](const WebExchange& exchange) {
    HttpResponse odd = exchange.right;
    const std::string text = change(std::string(as_text(odd.body)));
    odd.body = copy_of(as_bytes(text));
    std::erase_if(odd.headers, [](const HttpHeader& one) { return one.first == "content-length"; });
    return WebStrike{HttpScript().send(wire(odd)), FaultEffect::kNonsense};
  };
  return fault;
}

WebFault with_status(int status, std::string name = {}, std::string_view headers = {}) {
  WebFault fault{.name = name.empty() ? fmt::format("status_{}", status) : std::move(name)};
  fault.effect = FaultEffect::kStatus;
  fault.status = status;
  fault.does_nothing = true;
  fault.spoil = [status, headers = std::string(headers)](const WebExchange& exchange) {
    const std::string_view words = is_head(exchange.request) ? "" : "words of the server\n";
    return WebStrike{HttpScript::answer(fmt::format("{} Words", status), words, headers),
                     FaultEffect::kStatus};
  };
  return fault;
}

WebFault with_pause(std::string name, int status, std::string value,
                    std::optional<seconds> asks_to_wait) {
  WebFault fault =
      with_status(status, std::move(name),
                  "Retry-After: " + value + "\r\n" + "Date: Sun, 22 Nov 2026 23:37:41 GMT\r\n");
  fault.asks_to_wait = asks_to_wait;
  return fault;
}

WebFault with_redirect(int status, bool to_other_host) {
  WebFault fault = with_status(
      status, fmt::format("redirect_{}_to_{}", status, to_other_host ? "another_host" : "itself"));
  fault.spoil = [status, to_other_host](const WebExchange& exchange) {
    const std::string place = to_other_host ? exchange.elsewhere : exchange.request.target;
    return WebStrike{
        HttpScript::answer(fmt::format("{} Words", status), "", "Location: " + place + "\r\n"),
        FaultEffect::kStatus};
  };
  return fault;
}

/// An object store that says why.
WebFault with_code(int status, std::string code, ErrorCode meaning) {
  WebFault fault{.name = fmt::format("code_{}", code), .effect = FaultEffect::kCode};
  fault.status = status;
  fault.code = meaning;
  fault.does_nothing = true;
  fault.kinds = {WebKind::kS3};
  fault.spoil = [status, code](const WebExchange& exchange) {
    HttpResponse answer = s3_answer(status, code);
    if (is_head(exchange.request)) answer.body.clear();
    return WebStrike{HttpScript().send(wire(answer)), FaultEffect::kCode};
  };
  return fault;
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

WebFault at_once(std::string name, HttpScript script, FaultEffect effect = FaultEffect::kPasses) {
  WebFault fault{.name = std::move(name), .at_once = std::move(script)};
  fault.effect = effect;
  return fault;
}

WebFault spoiled(std::string name, std::function<WebStrike(const WebExchange&)> spoil) {
  return {.name = std::move(name), .spoil = std::move(spoil)};
}

WebFault while_uploading(WebFault fault) {
  fault.meets = uploads;
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

void add_wrong_content(std::vector<WebFault>& faults) {
  faults.push_back(with_content(
      "flipped_bit",
      [](Bytes body) {
        body[body.size() / 2] ^= 1;
        return body;
      },
      FaultEffect::kForged));
  faults.push_back(with_content(
      "other_bytes",
      [](Bytes body) {
        std::ranges::fill(body, std::uint8_t{'x'});
        return body;
      },
      FaultEffect::kForged));
  // Where a length is told in the head, too, they do not fit; of a whole file nobody may know.
  faults.push_back(with_content(
      "short_content",
      [](Bytes body) {
        body.resize(body.size() - 1);
        return body;
      },
      FaultEffect::kForged));
  faults.push_back(with_content(
      "no_content", [](Bytes) { return Bytes(); }, FaultEffect::kForged));
  faults.push_back(with_content(
      "long_content",
      [](Bytes body) {
        body.push_back('x');
        return body;
      },
      FaultEffect::kForged));
  faults.push_back(with_range("no_content_range", std::nullopt));
  faults.push_back(with_range("content_range_of_another_part", "bytes 0-0/9000"));
  faults.push_back(with_range("content_range_behind", "bytes 999999-1004998/2000000"));
  faults.push_back(with_range("content_range_of_letters", "bytes all"));
  faults.push_back(with_range("content_range_of_no_part", "bytes */9000"));
  faults.push_back(with_range("content_range_upside_down", "bytes 500-100/9000"));
  faults.push_back(with_range("content_range_beyond_all", "bytes 0-18446744073709551615/*"));
  WebFault whole = spoiled("ignores_ranges", [](const WebExchange& exchange) {
    HttpResponse odd = exchange.right;
    odd.status = 200;
    return WebStrike{HttpScript().send(wire(odd)), FaultEffect::kNonsense};
  });
  whole.meets = loads_part;
  faults.push_back(std::move(whole));
}

void add_lists(std::vector<WebFault>& faults) {
  faults.push_back(
      with_list("half_a_list", [](std::string text) { return text.substr(0, text.size() / 2); }));
  faults.push_back(with_list("list_without_its_end", [](std::string text) {
    text.pop_back();
    return text;
  }));
  faults.push_back(with_list("list_of_nothing", [](std::string) { return std::string(); }));
  faults.push_back(with_list("list_is_a_page", [](std::string) {
    return std::string("<!DOCTYPE html><html><body><a href=\"x\">Index of</a></body></html>");
  }));
  faults.push_back(
      with_list("list_is_an_object", [](std::string) { return std::string("{\"a\":[]}"); }));
  faults.push_back(
      with_list("list_of_numbers", [](std::string) { return std::string("[1,2,3]"); }));
  faults.push_back(
      with_list("list_with_garbage_behind", [](std::string text) { return text + "]]<x>"; }));
  faults.push_back(with_list("list_with_zeros", [](std::string text) {
    text[text.size() / 2] = '\0';
    return text;
  }));
  faults.push_back(
      with_list("list_very_deep", [](std::string) { return std::string(50'000, '['); }));
  faults.push_back(with_list("list_of_tags_very_deep", [](std::string) {
    std::string text = "<ListBucketResult>";
    for (int i = 0; i < 20'000; ++i) text += "<a>";
    return text;
  }));
  faults.push_back(with_list("sizes_of_letters", [](std::string text) {
    for (const std::string_view key : {"\"size\":", "<Size>"}) {
      for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos;) {
        at += key.size();
        text[at] = 'x';
      }
    }
    return text;
  }));
  faults.push_back(with_list("negative_sizes", [](std::string text) {
    for (const std::string_view key : {"\"size\":", "<Size>"}) {
      for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos;) {
        at += key.size();
        text.insert(at, "-");
      }
    }
    return text;
  }));
  const auto in_pages = [](std::string name, std::function<std::string(std::string)> change) {
    WebFault fault = with_list(std::move(name), std::move(change));
    fault.kinds = {WebKind::kS3};
    fault.is_everywhere = true;
    return fault;
  };
  const auto replaced = [](std::string text, std::string_view from, std::string_view to) {
    if (const std::size_t at = text.find(from); at != std::string::npos)
      text.replace(at, from.size(), to);
    return text;
  };
  faults.push_back(in_pages("not_said_whether_whole", [replaced](std::string text) {
    return replaced(replaced(std::move(text), "<IsTruncated>true</IsTruncated>", ""),
                    "<IsTruncated>false</IsTruncated>", "");
  }));
  faults.push_back(in_pages("more_but_not_how", [replaced](std::string text) {
    return replaced(replaced(std::move(text), "NextContinuationToken>", "Other>"),
                    "<IsTruncated>false<", "<IsTruncated>true<");
  }));
  faults.push_back(in_pages("more_of_the_same", [replaced](std::string text) {
    return replaced(
        std::move(text), "<IsTruncated>false</IsTruncated>",
        "<IsTruncated>true</IsTruncated><NextContinuationToken>zz</NextContinuationToken>");
  }));
}

void add_statuses(std::vector<WebFault>& faults) {
  for (const int status : {400, 402, 405, 407, 408, 409, 410, 411, 412, 413, 414,
                           416, 418, 425, 451, 501, 504, 505, 508, 511, 599}) {
    faults.push_back(with_status(status));
  }
  for (const int status : {401, 403, 404, 429, 500, 502, 503, 507}) {
    faults.push_back(everywhere(with_status(status)));
  }
  for (const int status : {429, 503}) {
    const auto pause = [status](std::string_view name, std::string value,
                                std::optional<seconds> wait) {
      return with_pause(fmt::format("{}_{}", status, name), status, std::move(value), wait);
    };
    faults.push_back(pause("seconds", "17", seconds(17)));
    faults.push_back(pause("date", "Sun, 22 Nov 2026 23:38:00 GMT", seconds(19)));
    faults.push_back(pause("date_that_is_over", "Sun, 22 Nov 2020 23:38:00 GMT", std::nullopt));
    faults.push_back(pause("tomorrow", "86400", hours(24)));
    faults.push_back(pause("absurd_number", "99999999999999999999999", hours(24)));
    faults.push_back(pause("absurd_date", "Sun, 22 Nov 9999 23:38:00 GMT", hours(24)));
    faults.push_back(pause("negative", "-5", std::nullopt));
    faults.push_back(pause("letters", "soon", std::nullopt));
    faults.push_back(pause("nothing", "", std::nullopt));
  }
  for (const int status : {301, 302, 303, 307, 308}) {
    faults.push_back(with_redirect(status, false));
    faults.push_back(with_redirect(status, true));
  }
  // Before the body was taken.
  const auto early = [](int status) {
    WebFault fault = while_uploading(at_once(
        fmt::format("early_{}", status),
        HttpScript()
            .leave_body()
            .send(fmt::format("HTTP/1.1 {} Words\r\nContent-Length: 5\r\n\r\nwords", status))
            .wait(),
        FaultEffect::kStatus));
    fault.status = status;
    // A small one is sent before the answer is read, and the connection is kept.
    fault.meets = [](const SeenHttpRequest& request) {
      return request.header("content-length").size() >= 7;
    };
    return fault;
  };
  for (const int status : {401, 403, 413, 429, 503, 507}) faults.push_back(early(status));
}

void add_codes(std::vector<WebFault>& faults) {
  using enum ErrorCode;
  for (const auto& [status, code, meaning] : std::vector<std::tuple<int, std::string, ErrorCode>>{
           {403, "InvalidAccessKeyId", kWrongCredentials},
           {403, "SignatureDoesNotMatch", kWrongCredentials},
           {403, "RequestTimeTooSkewed", kWrongCredentials},
           {400, "ExpiredToken", kWrongCredentials},
           {403, "AccessDenied", kPermission},
           {403, "AllAccessDisabled", kPermission},
           {404, "NoSuchKey", kNotFound},
           {404, "NoSuchBucket", kNoRepository},
           {403, "QuotaExceeded", kNoSpace},
           {507, "XMinioStorageFull", kNoSpace},
           {403, "InvalidObjectState", kUnsupported},
           {501, "NotImplemented", kUnsupported},
           {405, "MethodNotAllowed", kUnsupported},
           {503, "SlowDown", kUnavailable},
           {503, "ServiceUnavailable", kUnavailable},
           {500, "InternalError", kUnavailable},
           {400, "RequestTimeout", kUnavailable},
           {409, "OperationAborted", kUnavailable},
           {400, "BadDigest", kUnavailable},
           {400, "IncompleteBody", kUnavailable}}) {
    faults.push_back(everywhere(with_code(status, code, meaning)));
  }
}

std::vector<WebFault> make_faults() {
  std::vector<WebFault> faults;
  add_broken_connections(faults);
  add_odd_transfers(faults);
  add_garbage(faults);
  add_wrong_content(faults);
  add_lists(faults);
  add_statuses(faults);
  add_codes(faults);
  return faults;
}

}  // namespace

std::string wire(const HttpResponse& answer) {
  const std::string length = has_length(answer) ? std::string(*answer.header("content-length"))
                                                : std::to_string(answer.body.size());
  return head_of(answer, "Content-Length: " + length + "\r\n") + std::string(as_text(answer.body));
}

const std::vector<WebFault>& web_faults() {
  static const std::vector<WebFault> faults = make_faults();
  return faults;
}

}  // namespace snapfs::test
