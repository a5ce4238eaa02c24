#include "cli/profile/setting_texts.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cli/profile/profile_file.h"
#include "fs/base/error.h"
#include "fs/base/path.h"

namespace snapfs {
namespace {

using Kind = ProfileValue::Kind;

[[noreturn]] void refuse(const ProfileValue& value, std::string_view wanted) {
  throw Error(
      ErrorCode::kUsage,
      fmt::format("{}: {} is wanted, not {}", value.place.text(), wanted, value.kind_name()),
      value.place.file);
}

bool is_plain(const ProfileValue& value) {
  return value.kind == Kind::kText || value.kind == Kind::kInteger || value.kind == Kind::kReal;
}

/// "~" and "~/…" mean the home directory, as they would in a shell.
std::string with_home(const std::string& text) {
  if (text != "~" && !text.starts_with("~/")) return text;
  const std::string home = home_directory();
  return home.empty() ? text : home + text.substr(1);
}

std::string path_from(const std::string& text, const std::string& directory) {
  // Nothing at all, and standard input, are no paths.
  if (text.empty() || text == "-") return text;
  return absolute_path(with_home(text), directory);
}

/// A path, unless a scheme stands in front, as before the first slash of any address.
std::string location_from(const std::string& text, const std::string& directory) {
  constexpr std::string_view kLocal = "local:";
  if (text.starts_with(kLocal)) {
    return std::string(kLocal) + path_from(text.substr(kLocal.size()), directory);
  }
  if (text.find(':') < text.find('/')) return text;
  return path_from(text, directory);
}

std::string resolved(const std::string& text, const std::string& type,
                     const std::string& directory) {
  constexpr std::array<std::string_view, 4> kPaths = {"FILE", "DIR", "PATH", "MOUNTPOINT"};
  if (std::ranges::find(kPaths, type) != kPaths.end()) return path_from(text, directory);
  if (type == "LOCATION") return location_from(text, directory);
  // A pattern without a slash in front means any directory; "~" means one.
  if (type == "PATTERN") return with_home(text);
  return text;
}

/// A field of a list with commas, whatever is in it.
std::string csv_field(std::string_view text) {
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + '"';
}

void add_options(const ProfileValue& table, const std::string& prefix,
                 std::vector<PlacedText>& texts) {
  for (const ProfileEntry& entry : table.entries) {
    const ProfileValue& value = entry.value;
    if (value.is_table()) {
      add_options(value, prefix + entry.key + ".", texts);
    } else if (is_plain(value) || value.kind == Kind::kBoolean) {
      texts.push_back({csv_field(prefix + entry.key + "=" + value.text), value.place});
    } else {
      refuse(value, "text");
    }
  }
}

}  // namespace

std::vector<PlacedText> setting_texts(const ProfileValue& value, Binding::Kind kind,
                                      const std::string& type, const std::string& directory) {
  switch (kind) {
    case Binding::Kind::kSwitch:
      if (value.kind != Kind::kBoolean) refuse(value, "true or false, without quotation marks,");
      return {{value.text, value.place}};
    case Binding::Kind::kCount:
      if (value.kind == Kind::kBoolean) return {{value.text == "true" ? "1" : "0", value.place}};
      [[fallthrough]];
    case Binding::Kind::kNumber:
      if (value.kind != Kind::kInteger) {
        refuse(value, "a whole number, without quotation marks,");
      }
      return {{value.text, value.place}};
    case Binding::Kind::kText:
      if (!is_plain(value)) refuse(value, "text in quotation marks");
      return {{resolved(value.text, type, directory), value.place}};
    case Binding::Kind::kList:
      break;
  }
  if (is_plain(value)) return {{resolved(value.text, type, directory), value.place}};
  if (value.kind != Kind::kList) refuse(value, "text in quotation marks, or a list of such,");
  std::vector<PlacedText> texts;
  for (const ProfileValue& item : value.items) {
    if (!is_plain(item)) refuse(item, "text in quotation marks");
    texts.push_back({resolved(item.text, type, directory), item.place});
  }
  return texts;
}

std::vector<PlacedText> extended_options_texts(const ProfileValue& table) {
  if (!table.is_table()) refuse(table, "a table of -o's keys");
  std::vector<PlacedText> texts;
  add_options(table, "", texts);
  return texts;
}

}  // namespace snapfs
