// Whoever can write to the storage can put key files there, and trying one costs what it asks for.
// So a key that asks for more than is customary is tried only when somebody names it, and all
// others that can be read are ranked before any is tried: the one hinted at comes first, then those
// of this user and host. What goes wrong with one key is noted and the next one is tried. Which of
// the errors is told is decided at the end: that a key fits and the config does not open says more
// than that other keys are for other passwords.
#include "fs/repo/key_search.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fs/base/error.h"
#include "fs/format/key_file.h"
#include "fs/repo/identity.h"
#include "fs/repo/stored_files.h"

namespace snapfs {
namespace {

using Candidate = Entrance::Key;

/// What became of the candidates.
class Search {
 public:
  Search(const Entrance& entrance, const std::string& location, ByteView password,
         const KeySearch& options, const StopToken& stop)
      : entrance_(entrance),
        location_(location),
        password_(password),
        options_(options),
        stop_(stop) {}

  OpenedKey run() {
    for (const auto& [id, error] : entrance_.unreadable) note(error, id);
    for (const Candidate& candidate : candidates()) {
      try {
        if (!candidate.file.kdf.customary()) require_hint(candidate);
        Keys master = open_key_file(candidate.file, password_, stop_);
        opened_ = true;
        Config config = open_config(entrance_.config, master);
        return {candidate.id, std::move(master), config};
      } catch (...) {
        note(current_error(), candidate.id);
      }
    }
    fail();
  }

 private:
  /// The most likely first.
  std::vector<Candidate> candidates() {
    std::vector<Candidate> found = entrance_.keys;
    const Identity self = Identity::of_process();
    const auto rank = [&](const Candidate& candidate) {
      const KeyFile& file = candidate.file;
      return std::tuple(!file.kdf.customary(), !is_hinted(candidate),
                        file.username != self.username, file.hostname != self.hostname,
                        candidate.id);
    };
    std::ranges::sort(found, {}, rank);
    return found;
  }

  bool is_hinted(const Candidate& candidate) const {
    return !options_.hint.empty() && candidate.id.hex().starts_with(options_.hint);
  }

  /// Throws Error{kUnsupported} for a key that would take much of the machine, unless it was named.
  void require_hint(const Candidate& candidate) const {
    const ScryptParameters& kdf = candidate.file.kdf;
    const std::string claim = fmt::format(
        "it asks for {} MiB of memory and for {} times the work of an ordinary key",
        std::max<std::uint64_t>(kdf.memory() >> 20, 1),
        std::max<std::uint64_t>(kdf.n * kdf.r * kdf.p / (ScryptParameters{}.n * 8 * 8), 1));
    if (!is_hinted(candidate)) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: if it is yours, name it with --key-hint {}", claim,
                              candidate.id.short_hex()));
    }
    if (!options_.warn) return;
    options_.warn(fmt::format("key {} is tried because no other one opens: {}",
                              candidate.id.short_hex(), claim));
  }

  /// A key that is gone was removed meanwhile.
  void note(const Error& error, const Id& id) {
    if (error.ends_the_run()) throw error;
    if (error.code() == ErrorCode::kNotFound) return;
    if (error.code() == ErrorCode::kWrongPassword) {
      refused_ = true;
    } else if (std::exchange(opened_, false)) {
      // What a key that fits has to say comes before what the foreign ones do.
      if (config_problem_ && config_problem_->code() != ErrorCode::kDamaged) return;
      config_problem_ =
          Error(error.code(),
                fmt::format("key {} opens with this password, but not the config of {}: {}{}",
                            id.short_hex(), location_, error.what(),
                            error.code() == ErrorCode::kDamaged
                                ? "; the key is of another repository, or the config is damaged"
                                : ""),
                path_of(FileKey::config()));
    } else {
      const bool leaves_open = !error.means_loss() && error.code() != ErrorCode::kUnsupported;
      if (leaves_open_ && !leaves_open) return;
      leaves_open_ = leaves_open;
      problem_ = about(error, {FileKind::kKey, id});
      code_ = error.code();
    }
  }

  [[noreturn]] void fail() const {
    if (config_problem_) throw *config_problem_;
    if (!refused_ && !problem_.empty()) throw Error(code_, problem_, location_);
    if (leaves_open_) {
      throw Error(
          code_,
          fmt::format("{}; no other key of {} opens with this password", problem_, location_),
          location_);
    }
    throw Error(ErrorCode::kWrongPassword,
                fmt::format("wrong password or no key found: no key of {} opens with it{}{}",
                            location_, problem_.empty() ? "" : "; and ", problem_),
                location_);
  }

  const Entrance& entrance_;
  const std::string& location_;
  ByteView password_;
  const KeySearch& options_;
  const StopToken& stop_;
  bool opened_ = false;   ///< the key at hand, by the password
  bool refused_ = false;  ///< some key, by the password
  std::optional<Error> config_problem_;
  std::string problem_;       ///< of the last key that could not be tried
  bool leaves_open_ = false;  ///< that one may be whole, and be the password's
  ErrorCode code_ = ErrorCode::kDamaged;
};

}  // namespace

OpenedKey find_opening_key(const Entrance& entrance, const std::string& location, ByteView password,
                           const KeySearch& search, const StopToken& stop) {
  return Search(entrance, location, password, search, stop).run();
}

}  // namespace snapfs
