// The library keeps a table sorted by key; the order of the file is that of the places.
#include "cli/profile/toml_text.h"

#include <algorithm>
#include <sstream>
#include <tuple>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "fs/base/error.h"
#include "fs/base/one_line.h"

namespace snapfs {
namespace {

using Kind = ProfileValue::Kind;

Place place_of(const toml::source_region& source, const std::string& file) {
  return {file, source.begin.line, source.begin.column};
}

ProfileValue value_of(const toml::node& node, const std::string& file);

void fill_table(ProfileValue& value, const toml::table& table, const std::string& file) {
  for (const auto& [key, node] : table) {
    value.entries.push_back(
        {std::string(key.str()), place_of(key.source(), file), value_of(node, file)});
  }
  std::ranges::stable_sort(value.entries, {}, [](const ProfileEntry& entry) {
    return std::tuple(entry.place.line, entry.place.column);
  });
}

void fill_list(ProfileValue& value, const toml::array& list, const std::string& file) {
  value.kind = Kind::kList;
  for (const toml::node& item : list) value.items.push_back(value_of(item, file));
}

ProfileValue value_of(const toml::node& node, const std::string& file) {
  ProfileValue value;
  value.place = place_of(node.source(), file);
  if (const toml::table* const table = node.as_table()) {
    fill_table(value, *table, file);
  } else if (const toml::array* const list = node.as_array()) {
    fill_list(value, *list, file);
  } else if (const auto* const text = node.as_string()) {
    value.kind = Kind::kText;
    value.text = text->get();
    if (value.text.find('\0') != std::string::npos) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("{}: a zero byte can be part of nothing that a profile says",
                              value.place.text()),
                  file);
    }
  } else if (const auto* const integer = node.as_integer()) {
    value.kind = Kind::kInteger;
    value.text = std::to_string(integer->get());
  } else if (const auto* const real = node.as_floating_point()) {
    value.kind = Kind::kReal;
    value.text = fmt::format("{}", real->get());
  } else if (const auto* const boolean = node.as_boolean()) {
    value.kind = Kind::kBoolean;
    value.text = boolean->get() ? "true" : "false";
  } else {
    value.kind = Kind::kTime;
  }
  return value;
}

}  // namespace

ProfileValue parse_toml(std::string_view text, const std::string& file) {
  try {
    return value_of(toml::parse(text, file), file);
  } catch (const toml::parse_error& error) {
    const std::string reason = one_line(error.description());
    const bool is_twice = reason.find("redefine") != std::string::npos;
    throw Error(
        ErrorCode::kUsage,
        fmt::format("{}: this is no TOML: {}{}", place_of(error.source(), file).text(), reason,
                    is_twice ? "; each table, and each key in it, stands once: write what "
                               "belongs together under one heading"
                             : ""),
        file);
  }
}

}  // namespace snapfs
