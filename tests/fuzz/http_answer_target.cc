// What the head of an HTTP answer says, and what an answer that is no success means. libcurl has
// taken the lines of the head apart by then.
#include <algorithm>
#include <cctype>

#include "fs/backend/http/content_range.h"
#include "fs/backend/http/http_error.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace snapfs::test {
namespace {

/// "404", then lines with headers up to an empty one, then the body.
HttpResponse response_of(FuzzInput& input) {
  HttpResponse response;
  for (const char c : input.line().substr(0, 3)) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) break;
    response.status = response.status * 10 + (c - '0');
  }
  for (;;) {
    const std::string_view line = input.line();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) break;
    response.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  response.body = copy_of(input.rest());
  return response;
}

void check_range(const HttpResponse& response) {
  const auto range = ContentRange::parse(response.header("content-range").value_or(""));
  if (range) {
    require(range->first <= range->last && range->length() > 0, "a range has bytes");
    require(!range->whole || *range->whole > range->last, "a range lies in its file");
  }
  if (is_whole_file(response) && response.status == 206) {
    require(range && range->first == 0 && range->length() == response.body.size(),
            "a part that is the whole file begins at 0, and is all there");
  }
  const std::uint64_t size = response.body.size();
  for (const std::uint64_t offset : {std::uint64_t{0}, size / 2, ~std::uint64_t{0} - 1}) {
    for (const std::uint64_t length : {std::uint64_t{1}, size, ~std::uint64_t{0}}) {
      const auto part = part_in(response, offset, length);
      require(!part || part->size() == length, "a part is as long as was asked for");
    }
  }
}

}  // namespace

void fuzz_one(ByteView bytes) {
  FuzzInput input(bytes);
  const HttpResponse response = response_of(input);
  (void)response.content_length();
  check_range(response);
  if (const auto wait = retry_after(response)) {
    require(wait->count() >= 0 && *wait <= std::chrono::hours(24), "a wait is at most a day");
  }
  const Error error = http_error(response, "cannot load", "subject");
  require(error.code() != ErrorCode::kInternal, "a failure of a server is none of ours");
  const std::string_view words = error.what();
  require(words.find_first_of("\n\r\x1b") == std::string_view::npos, "words are one line");
  const std::string shown = shown_url(as_text(response.body));
  require(shown.find('?') == std::string::npos, "a URL is shown without its query");
}

std::vector<std::string> fuzz_seeds() {
  return {"206\ncontent-range:bytes 0-4/5\ncontent-length:5\n\nhello",
          "206\ncontent-range:bytes 2-3/*\n\nll",
          "200\ncontent-length:18446744073709551615\n\nhello",
          "503\nretry-after:120\n\nslow down\nplease",
          "429\nretry-after:Wed, 21 Oct 2026 07:28:00 GMT\ndate:Wed, 21 Oct 2026 07:27:00 GMT\n\n",
          "301\nlocation:https://user:secret@host:8000/path?query#x\n\n",
          "404\ncontent-type:text/html\n\n<html>no</html>",
          "403\n\nhttps://u:p@host/\x1b[31m?q",
          "507\n\n\xff\xfe",
          "416\ncontent-range:bytes */5\n\n"};
}

}  // namespace snapfs::test
