#include "cli/profile/profile_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include "cli/profile/profile_keys.h"
#include "cli/profile/settings.h"
#include "fs/backend/open/location.h"
#include "fs/base/error.h"

namespace snapfs {
namespace {

struct Mistake {
  Place place;
  std::string text;
};

class Mistakes {
 public:
  void add(const Place& place, const std::string& text) { found_.push_back({place, text}); }

  /// In the order of the profile's files.
  std::vector<std::string> lines(const Profile& profile) {
    const auto rank = [&profile](const Mistake& mistake) {
      const auto file = std::ranges::find(profile.files(), mistake.place.file, &ProfileFile::path);
      return std::tuple(file - profile.files().begin(), mistake.place.line, mistake.place.column);
    };
    std::ranges::stable_sort(found_, {}, rank);
    std::vector<std::string> lines;
    for (const Mistake& mistake : found_) lines.push_back(mistake.text);
    return lines;
  }

 private:
  std::vector<Mistake> found_;
};

/// Options whose FILE need not be there: they write it.
constexpr std::array<std::string_view, 2> kWritten = {"metrics", "target"};

/// Files that an option reads, which have to be there by then.
void check_file(const ProfileSetting& setting, Mistakes& mistakes) {
  if (setting.option == nullptr || setting.option->value_name() != "FILE") return;
  if (std::ranges::find(kWritten, setting.option->name()) != kWritten.end()) return;
  for (const PlacedText& text : setting.texts) {
    if (text.text.empty() || text.text == "-" || ::access(text.text.c_str(), R_OK) == 0) continue;
    mistakes.add(text.place,
                 fmt::format("{}: {}: {} cannot be read: {}", text.place.text(), setting.key,
                             text.text, std::generic_category().message(errno)));
  }
}

/// A password in an address is as secret as the file is.
void check_secrecy(const ProfileSetting& setting, Mistakes& mistakes) {
  if (setting.option == nullptr || setting.option->value_name() != "LOCATION") return;
  for (const PlacedText& text : setting.texts) {
    struct stat status {};
    if (shown_location(text.text) == text.text || ::stat(text.place.file.c_str(), &status) != 0 ||
        (status.st_mode & 077) == 0) {
      continue;
    }
    mistakes.add(text.place,
                 fmt::format("{}: {}: others can read the password in this address: \"chmod 600\" "
                             "the file, or take the password out",
                             text.place.text(), setting.key));
  }
}

void check_values(const ProfileSetting& setting, Mistakes& mistakes) {
  for (const PlacedText& text : setting.texts) {
    ResolvedSetting one;
    one.option = setting.option;
    one.positional = setting.positional;
    one.texts = {text};
    try {
      set_from_profile(one);
    } catch (const Error& error) {
      mistakes.add(text.place, error.what());
    }
  }
}

}  // namespace

std::vector<std::string> profile_mistakes(const Profile& profile, const Command& program) {
  Mistakes mistakes;
  check_keys(
      profile, program,
      [&](const Place& key, const Error& mistake) { mistakes.add(key, mistake.what()); },
      [&](const ProfileSetting& setting) {
        check_values(setting, mistakes);
        check_file(setting, mistakes);
        check_secrecy(setting, mistakes);
      });
  return mistakes.lines(profile);
}

}  // namespace snapfs
