#include "fs/backend/s3/s3_xml.h"

#include <charconv>
#include <new>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "fs/base/error.h"

namespace snapfs {
namespace {

constexpr const char* kNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Whether the body is XML. The parser allocates without throwing.
bool parse(pugi::xml_document& document, ByteView body) {
  const pugi::xml_parse_result result = document.load_buffer(body.data(), body.size());
  if (result.status == pugi::status_out_of_memory) throw std::bad_alloc();
  return result.status == pugi::status_ok;
}

std::string text_of(const pugi::xml_node& parent, const char* name) {
  return parent.child(name).text().get();
}

/// The same of what is for people: lines are broken wherever the document breaks them.
std::string words_of(const pugi::xml_node& parent, const char* name) {
  std::string words = text_of(parent, name);
  for (char& c : words) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return words;
}

[[noreturn]] void throw_no_listing(std::string_view what, std::string_view reason) {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{}: the server answered with {}: check that it is an object store, and "
                          "that no proxy answers in its place",
                          what, reason));
}

std::uint64_t size_of(const pugi::xml_node& object, std::string_view what) {
  const std::string text = text_of(object, "Size");
  std::uint64_t size = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, size);
  if (error != std::errc{} || stopped != end) {
    throw_no_listing(what, "a listing in which a size is missing");
  }
  return size;
}

}  // namespace

S3Failure parse_s3_failure(ByteView body) {
  pugi::xml_document document;
  if (!parse(document, body)) return {};
  pugi::xml_node error = document.child("Error");
  if (!error) error = document.child("ErrorResponse").child("Error");
  return {text_of(error, "Code"), words_of(error, "Message"), text_of(error, "Region"),
          text_of(error, "Endpoint")};
}

S3Page parse_s3_page(ByteView body, std::string_view what) {
  pugi::xml_document document;
  if (!parse(document, body)) throw_no_listing(what, "something that is no XML");
  const pugi::xml_node result = document.child("ListBucketResult");
  if (!result) throw_no_listing(what, "something that is no listing");
  const std::string truncated = text_of(result, "IsTruncated");
  if (truncated != "true" && truncated != "false") {
    throw_no_listing(what, "a listing that does not say whether it is whole");
  }
  S3Page page;
  page.is_truncated = truncated == "true";
  page.next = text_of(result, "NextContinuationToken");
  if (page.next.empty()) page.next = text_of(result, "NextMarker");
  for (const pugi::xml_node& object : result.children("Contents")) {
    page.objects.push_back({text_of(object, "Key"), size_of(object, what)});
  }
  return page;
}

std::optional<StsKeys> parse_sts_keys(ByteView body) {
  pugi::xml_document document;
  if (!parse(document, body)) return std::nullopt;
  // <AssumeRoleResponse><AssumeRoleResult><Credentials>, or the same of another call.
  const pugi::xml_node found = document.find_node(
      [](const pugi::xml_node& node) { return std::string_view(node.name()) == "Credentials"; });
  StsKeys keys{text_of(found, "AccessKeyId"), text_of(found, "SecretAccessKey"),
               text_of(found, "SessionToken"), text_of(found, "Expiration")};
  if (keys.key_id.empty() || keys.secret.empty() || keys.session_token.empty()) return std::nullopt;
  return keys;
}

std::string bucket_configuration(std::string_view region) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CreateBucketConfiguration");
  root.append_attribute("xmlns").set_value(kNamespace);
  root.append_child("LocationConstraint").text().set(std::string(region).c_str());
  std::ostringstream text;
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
  return text.str();
}

}  // namespace snapfs
