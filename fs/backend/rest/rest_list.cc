#include "fs/backend/rest/rest_list.h"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/format/json_input.h"
#include "fs/format/json_member.h"

namespace snapfs {
namespace {

/// Upper-case digits are an ID, too, but a file of that name cannot be asked for again.
std::optional<Id> listed_id(std::string_view name) {
  const std::optional<Id> id = Id::parse(name);
  if (!id || id->hex() != name) return std::nullopt;
  return id;
}

std::optional<FileInfo> listed_file(const JsonInput& input, const JsonInput::Element& element) {
  std::optional<Id> id;
  std::optional<std::uint64_t> size;
  for (const auto field : input.object(element, "file")) {
    const MemberName name(field.key);
    if (name == "name") id = listed_id(input.text(field.value, "name"));
    if (name == "size") size = input.number(field.value, "size");
  }
  if (!id) return std::nullopt;
  if (!size) input.fail("a file has no size");
  return FileInfo{*id, *size};
}

/// A server that has no file may say so with null.
template <class Visit>
void for_each_element(ByteView json, std::string_view location, const Visit& visit) {
  try {
    const JsonInput input(json, "the list");
    if (input.root().is_null()) return;
    for (const JsonInput::Element element : input.array(input.root(), "files")) {
      visit(input, element);
    }
  } catch (const Error& error) {
    // Nothing that is stored is known to be damaged by that.
    if (error.code() != ErrorCode::kDamaged) throw;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("what the server answers is no list of files ({}): see that {} is a "
                            "REST server for repositories",
                            error.what(), location));
  }
}

}  // namespace

std::vector<FileInfo> parse_sized_list(ByteView json, std::string_view location) {
  std::vector<FileInfo> files;
  for_each_element(json, location, [&](const JsonInput& input, const JsonInput::Element& element) {
    if (const auto file = listed_file(input, element)) files.push_back(*file);
  });
  return files;
}

std::vector<Id> parse_name_list(ByteView json, std::string_view location) {
  std::vector<Id> ids;
  for_each_element(json, location, [&](const JsonInput& input, const JsonInput::Element& element) {
    if (const auto id = listed_id(input.text(element, "name"))) ids.push_back(*id);
  });
  return ids;
}

}  // namespace snapfs
