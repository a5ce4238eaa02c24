#include "fs/backend/sftp/ssh_failure.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "fs/backend/sftp/sftp_status.h"
#include "fs/base/one_line.h"

namespace snapfs {
namespace {

/// Of ssh itself, for whatever kept it from connecting; other statuses are those of the program it
/// was to run, or of another program in ssh's place.
constexpr int kSshFailed = 255;
constexpr int kFirstSignal = 128;
constexpr std::size_t kMostLines = 3;

struct Saying {
  std::string_view part;
  ErrorCode meaning;
  std::string_view advice;
};

constexpr auto kSayings = std::to_array<Saying>({
    {"REMOTE HOST IDENTIFICATION HAS CHANGED", ErrorCode::kWrongCredentials,
     "if the server was set up anew, remove the old key with ssh-keygen -R"},
    {"Host key verification failed", ErrorCode::kWrongCredentials,
     "if the server is new, connect to it with ssh once"},
    {"Permission denied", ErrorCode::kWrongCredentials,
     "see to it that ssh gets there with a key, and without being asked"},
    {"Too many authentication failures", ErrorCode::kWrongCredentials,
     "tell ssh which key to use (IdentityFile and IdentitiesOnly in its configuration)"},
    {"Could not resolve hostname", ErrorCode::kUsage,
     "see that the host's name is right, here or in ssh_config(5)"},
    {"hostname contains invalid characters", ErrorCode::kUsage,
     "see that the host's name is right, here or in ssh_config(5)"},
    {"Unable to negotiate with", ErrorCode::kUnsupported,
     "the two agree on no way to speak: see the algorithms in ssh_config(5), or renew the older"},
    {"subsystem request failed", ErrorCode::kUnsupported, "switch on SFTP in the server"},
    {"exec request failed", ErrorCode::kUnsupported, "switch on SFTP in the server"},
    {"Bad configuration option", ErrorCode::kUsage, "see the option sftp.args, and ssh_config(5)"},
    {"Bad owner or permissions", ErrorCode::kUsage, "see ssh_config(5)"},
    {"Bad port", ErrorCode::kUsage, "see the option sftp.args, and ssh_config(5)"},
    {"Can't open user config file", ErrorCode::kUsage, "see the option sftp.args"},
    {"unknown option", ErrorCode::kUsage, "see the option sftp.args"},
    {"usage: ssh", ErrorCode::kUsage, "see the option sftp.args"},
});

/// Of a line that tells why it failed for good. The resolver says of itself when a name may be
/// known later, and what ssh cannot write here has nothing to do with the server.
const Saying* saying_in(std::string_view line) {
  constexpr auto kPassing = std::to_array<std::string_view>(
      {"Temporary failure in name resolution", "list of known hosts", "Could not create directory",
       "Load key"});
  const auto is_in_line = [line](std::string_view part) {
    return line.find(part) != std::string_view::npos;
  };
  if (std::ranges::any_of(kPassing, is_in_line)) return nullptr;
  const auto found = std::ranges::find_if(kSayings, is_in_line, &Saying::part);
  return found == kSayings.end() ? nullptr : &*found;
}

/// The first of the table, whichever line it is in.
const Saying* find_saying(std::string_view errors) {
  const Saying* found = nullptr;
  while (!errors.empty()) {
    const std::size_t end = std::min(errors.find('\n'), errors.size());
    const Saying* const here = saying_in(errors.substr(0, end));
    if (here != nullptr && (found == nullptr || here < found)) found = here;
    errors.remove_prefix(std::min(end + 1, errors.size()));
  }
  return found;
}

/// The last lines, one after the other; without frames of "@".
std::string last_words(std::string_view errors) {
  std::deque<std::string> lines;
  while (!errors.empty()) {
    const std::size_t end = std::min(errors.find('\n'), errors.size());
    std::string line = one_line(errors.substr(0, end));
    errors.remove_prefix(std::min(end + 1, errors.size()));
    if (line.empty() || line.starts_with("@@")) continue;
    lines.push_back(std::move(line));
    if (lines.size() > kMostLines) lines.pop_front();
  }
  std::string words;
  for (const std::string& line : lines) words += (words.empty() ? "" : "; ") + line;
  return words;
}

std::string how_it_ended(const SshEnd& end) {
  if (end.status > kFirstSignal && end.status != kSshFailed) {
    return fmt::format("{} was ended by signal {}", end.program, end.status - kFirstSignal);
  }
  return fmt::format("{} ended with status {}", end.program, end.status);
}

}  // namespace

Error ssh_failure(const SshEnd& end) {
  const std::string words = last_words(end.errors);
  const std::string told = how_it_ended(end) + (words.empty() ? "" : ": " + words);
  if (end.had_answered) {
    return {ErrorCode::kUnavailable, "the connection to the SFTP server broke: " + told};
  }
  if (const Saying* const saying = find_saying(end.errors)) {
    return {saying->meaning,
            fmt::format("no connection to the SFTP server: {} ({})", told, saying->advice)};
  }
  const bool may_pass = end.status > kFirstSignal;  // kSshFailed among them
  return {may_pass ? ErrorCode::kUnavailable : ErrorCode::kUnsupported,
          fmt::format("no connection to the SFTP server: {}{}", told,
                      may_pass ? "" : " (see the options sftp.command and sftp.args)")};
}

}  // namespace snapfs
