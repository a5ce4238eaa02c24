// snapfs complete-line: what the repository has, or the directories of profiles, that could stand
// at the end of a command line. For the scripts of "snapfs generate", not for people: it says
// nothing but words, one a line, asks nothing, and ends soon.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "cli/command/bind_command.h"
#include "cli/command/commands.h"
#include "cli/grammar/completion_place.h"
#include "cli/option/filter_options.h"
#include "cli/option/global_options.h"
#include "cli/output/output.h"
#include "cli/profile/profile.h"
#include "cli/profile/profile_file.h"
#include "cli/profile/settings.h"
#include "cli/session/named_snapshot.h"
#include "cli/session/session.h"
#include "cli/session/snapshot_choice.h"
#include "fs/base/error.h"
#include "fs/base/file.h"
#include "fs/repo/repository.h"
#include "fs/tree/ordered_walk.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/snapshot_path.h"

namespace snapfs {
namespace {

using Wanted = CompletionPlace::Wanted;

struct CompleteLineArguments {
  std::string line;
};

/// A shell waits for it, and somebody at that. What it was doing then needs no end: it only reads.
constexpr unsigned kMostSeconds = 5;

/// More than anybody chooses from.
constexpr std::size_t kMostWords = 1000;

/// Nothing that is started here, such as ssh, can ask anything of anybody.
void leave_terminal() {
  // Fails for the leader of a group, which has no terminal in a shell's completion either.
  static_cast<void>(::setsid());
  const UniqueFd nowhere = open_file("/dev/null", O_RDWR);
  ::dup2(nowhere.get(), STDIN_FILENO);
  ::dup2(nowhere.get(), STDERR_FILENO);
  ::alarm(kMostSeconds);
}

/// What the profile of the line, or of the environment, says of the repository.
void take_profile(const Command& program, const CompletionPlace& place, GlobalOptions& options) {
  const std::string name = wanted_profile(options);
  if (name.empty()) return;
  const Profile profile = Profile::load(name);
  for (const ResolvedSetting& setting : resolve_settings(profile, place.line, true)) {
    const Option* const option = setting.option;
    const bool is_programs = option != nullptr && program.find_option(option->name()) == option;
    if (is_programs && setting.source == SettingSource::kProfile) set_from_profile(setting);
  }
}

/// However the options came about.
void forbid_questions(GlobalOptions& options) {
  options.password_command.clear();
  ::unsetenv("SNAPFS_PASSWORD_COMMAND");
  ::unsetenv("RESTIC_PASSWORD_COMMAND");
  options.stdin_is_data = true;
  options.no_lock = true;
  options.verbosity = 0;
}

/// Words that begin with what was typed.
class Words {
 public:
  explicit Words(std::string typed) : typed_(std::move(typed)) {}

  void add(const std::string& word) {
    // A line could not hold it.
    if (word.find('\n') != std::string::npos || !word.starts_with(typed_)) return;
    if (words_.size() < kMostWords) words_.insert(word);
  }

  void print_all() const {
    std::string text;
    for (const std::string& word : words_) text += word + "\n";
    print(text);
  }

 private:
  const std::string typed_;
  std::set<std::string> words_;
};

/// The names in one directory, behind what stands before them on the line.
class Names final : public WalkVisitor {
 public:
  Names(std::string front, Words& words) : front_(std::move(front)), words_(words) {}

  void node(const std::string& path, Node& node) override {
    words_.add(front_ + path.substr(1) + (node.subtree ? "/" : ""));
  }

 private:
  const std::string front_;
  Words& words_;
};

/// `path` is what was typed of a path in the snapshot; `before` what stands in front of it.
void add_names(const GlobalOptions& options, Session& session, const std::string& snapshot,
               const std::string& path, const std::string& before, Words& words) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  const NamedSnapshot named = open_named_snapshot(options, session, snapshot, {}, directory);
  const Id tree = find_directory(session.repository(), named.tree, directory, session.stop());
  Names names(before + (directory.empty() ? "/" : directory), words);
  walk_in_order(
      session.repository(), tree, [](const WalkPlace&, const Node&) { return false; }, names,
      session.stop());
}

void add_words(const GlobalOptions& options, Session& session, const CompletionPlace& place,
               Words& words) {
  if (place.wanted == Wanted::kInSnapshot) {
    return add_names(options, session, place.arguments.front(), place.typed, "", words);
  }
  const std::size_t colon = place.typed.find(':');
  if (place.wanted == Wanted::kSnapshot && colon != std::string::npos) {
    return add_names(options, session, place.typed.substr(0, colon), place.typed.substr(colon + 1),
                     place.typed.substr(0, colon + 1), words);
  }
  if (place.wanted == Wanted::kSnapshot) words.add("latest");
  const std::size_t comma = place.typed.rfind(',');
  const std::string tags_before = place.typed.substr(0, comma == std::string::npos ? 0 : comma + 1);
  for (const Snapshot& snapshot :
       load_snapshots(session.repository(), session.stop(), [](const Id&, const Error&) {})) {
    if (place.wanted == Wanted::kSnapshot) words.add(snapshot.id.short_hex());
    if (place.wanted == Wanted::kHost) words.add(snapshot.hostname);
    if (place.wanted == Wanted::kTag) {
      for (const std::string& tag : snapshot.tags) words.add(tags_before + tag);
    }
    if (place.wanted == Wanted::kPath) {
      for (const std::string& path : snapshot.paths) words.add(path);
    }
  }
}

ExitCode run_complete_line(const GlobalOptions& /*options*/, const CompleteLineArguments& arguments,
                           Signals& signals) {
  GlobalOptions options;
  const Command program = program_command(options);
  const CompletionPlace place = find_completion_place(program, arguments.line);
  if (place.wanted == Wanted::kNothing) return ExitCode::kSuccess;
  leave_terminal();
  Words words(place.typed);
  if (place.wanted == Wanted::kProfile) {
    for (const ProfileName& profile : list_profiles()) words.add(profile.name);
    words.print_all();
    return ExitCode::kSuccess;
  }
  take_profile(program, place, options);
  forbid_questions(options);
  Session session(options, signals, std::nullopt);
  add_words(options, session, place, words);
  words.print_all();
  return ExitCode::kSuccess;
}

}  // namespace

Command complete_line_command(GlobalOptions& options) {
  Command command("complete-line", "Say what could stand at the end of a command line");
  CompleteLineArguments& arguments = bind_command(command, options, run_complete_line);
  command.take("LINE", &arguments.line, "The line, up to the cursor");
  command.hidden = true;
  command.takes_settings = false;
  return command;
}

}  // namespace snapfs
