#include "fs/backend/s3/s3_listing.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace snapfs {
namespace {

/// A thousand keys of at most a KiB, each with all that a server may say of it.
constexpr std::size_t kLongestPage = std::size_t{16} << 20;

S3Request page_request(S3ListVersion version, const std::string& prefix, const std::string& after) {
  S3Request request{.method = "GET", .longest_answer = kLongestPage};
  request.query.emplace_back("prefix", prefix);
  if (version == S3ListVersion::k2) request.query.emplace_back("list-type", "2");
  if (!after.empty()) {
    request.query.emplace_back(version == S3ListVersion::k2 ? "continuation-token" : "marker",
                               after);
  }
  return request;
}

/// What the next page is asked for with. The last key will do for version 1, whose servers need not
/// name a marker.
std::string next_of(const S3Page& page, S3ListVersion version) {
  if (page.next.empty() && version == S3ListVersion::k1 && !page.objects.empty()) {
    return page.objects.back().key;
  }
  return page.next;
}

}  // namespace

std::vector<S3Object> list_objects(S3Client& client, S3ListVersion version,
                                   const std::string& prefix, std::string_view what,
                                   const StopToken& stop) {
  std::vector<S3Object> objects;
  std::string after;
  for (;;) {
    const HttpResponse response = client.perform(page_request(version, prefix, after), stop);
    if (response.status != 200) throw client.error_of(response, what);
    S3Page page = parse_s3_page(response.body, what);
    const std::string next = next_of(page, version);
    std::ranges::move(page.objects, std::back_inserter(objects));
    if (!page.is_truncated) return objects;
    if (next.empty() || next == after) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: the server does not say how to ask for the rest: try -o "
                              "s3.list-objects-v1={}",
                              what, version == S3ListVersion::k2));
    }
    after = next;
  }
}

}  // namespace snapfs
