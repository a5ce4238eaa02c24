#include "fs/backend/rclone/rclone_command.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/process/child_process.h"

namespace snapfs {

std::vector<std::string> rclone_command(const RcloneOptions& options, std::string_view remote) {
  if (remote.empty()) {
    throw Error(ErrorCode::kUsage,
                "the remote is missing behind \"rclone:\": write rclone:REMOTE:PATH, with a REMOTE "
                "that \"rclone listremotes\" shows");
  }
  std::vector<std::string> words = split_command(options.program, "-o rclone.program");
  std::vector<std::string> arguments = split_command(options.arguments, "-o rclone.args");
  std::erase(arguments, "--stdio");
  const bool says_where = std::ranges::any_of(arguments, [](const std::string& word) {
    return word == "--addr" || word.starts_with("--addr=");
  });
  if (!says_where) arguments.emplace_back("--addr=127.0.0.1:0");
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.emplace_back(remote);
  return words;
}

std::vector<std::string> rclone_passwords(const char* const* environment) {
  std::vector<std::string> passwords;
  for (; *environment != nullptr; ++environment) {
    const std::string_view variable(*environment);
    const std::string_view name = variable.substr(0, variable.find('='));
    if (!name.starts_with("RCLONE_")) continue;
    if (name.ends_with("_PASSWORD") || name.ends_with("_PASSWORD2")) {
      passwords.emplace_back(variable);
    }
  }
  return passwords;
}

// "Serving restic REST API on http://127.0.0.1:1234/"; newer ones put brackets around a list.
std::optional<std::string> served_url(std::string_view line) {
  constexpr std::string_view kWords = "Serving restic REST API on ";
  const std::size_t words = line.find(kWords);
  if (words == std::string_view::npos) return std::nullopt;
  line.remove_prefix(words + kWords.size());
  if (line.starts_with('[')) line.remove_prefix(1);
  if (!line.starts_with("http://")) return std::nullopt;
  std::string url(line.substr(0, line.find_first_of(" ],\t\r\n")));
  if (!url.ends_with('/')) url += '/';
  return url;
}

bool is_news(std::string_view line) {
  constexpr auto kKnown = std::to_array<std::string_view>(
      {": directory not found", ": object not found", "- using defaults"});
  return std::ranges::none_of(
      kKnown, [line](std::string_view part) { return line.find(part) != std::string_view::npos; });
}

std::string shown_remote(std::string_view remote) {
  const std::size_t comma = remote.find(',');
  const std::size_t colon = remote.rfind(':');
  const bool has_values = comma != std::string_view::npos && colon != std::string_view::npos &&
                          comma < colon && remote.substr(0, comma).find('/') == remote.npos &&
                          remote.substr(comma, colon - comma).find('=') != remote.npos;
  if (!has_values) return std::string(remote);
  return fmt::format("{},***{}", remote.substr(0, comma), remote.substr(colon));
}

}  // namespace snapfs
