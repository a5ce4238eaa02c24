// Answers whose heads are right and whose bytes are not: files, parts of them, and lists.
#include <algorithm>
#include <utility>

#include "tests/fs/backend/faults/web_fault_kinds.h"
#include "tests/fs/backend/faults/web_fault_parts.h"

namespace snapfs::test {
namespace {

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

}  // namespace

void add_content_faults(std::vector<WebFault>& faults) {
  add_wrong_content(faults);
  add_lists(faults);
}

}  // namespace snapfs::test
