#include "tests/sim/fault_trial.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fs/repo/keyring.h"
#include "fs/repo/repository.h"
#include "fs/time/clock.h"
#include "tests/sim/fault_commands.h"
#include "tests/sim/process.h"
#include "tests/sim/scarcity.h"

namespace snapfs::sim {
namespace {

FaultTrial* the_trial = nullptr;

/// What all commands of a kind of storage begin with. Made once: it has random bytes in it.
struct Prepared {
  std::shared_ptr<const StoredState> stored;
  Users::State users;
  Nanoseconds time = 0;
};

Prepared& prepared_for(const StorageKind& kind) {
  static std::map<std::string_view, Prepared> all;
  return all[kind.name];
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void replace_all(std::string& text, const std::string& what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

FaultTrial::FaultTrial(World& world, StoredWorld& stored, Users& users, const FaultCase& fault_case)
    : world_(world),
      stored_(stored),
      users_(users),
      case_(fault_case),
      line_(fault_commands().at(fault_case.command)),
      aftermath_(stored, users) {
  the_trial = this;
}

FaultTrial::~FaultTrial() { the_trial = nullptr; }

FaultTrial* FaultTrial::current() noexcept { return the_trial; }

Reply FaultTrial::run(PlantedBug bug, const Reply* faultless) {
  faultless_ = faultless;
  prepare();
  process_ = make_process(host());
  process_->may_forget = true;
  stored_.plant(bug);
  stored_.plant(*process_, case_.fault);
  make_scarce(process_.get(), case_.scarcity);
  const Outcome outcome = call(process_);
  end_trouble();
  const bool could_unlock =
      !case_.fault.persists && !case_.scarcity.persists && !stored_.fault_hit_lock();
  if (could_unlock && stored_.has_locks()) stored_.violate("left a lock: " + process_->messages);
  Reply reply = reply_of(outcome);
  if (faultless != nullptr) {
    const std::string wrong = judge(case_, reply, *faultless);
    if (!wrong.empty()) stored_.violate(wrong);
  }
  verify();
  return reply;
}

void FaultTrial::end_here() {
  end_trouble();
  process_->die();
  verify();
  std::filesystem::remove_all(directory_.path());  // nobody destroys this
}

void FaultTrial::end_trouble() {
  stored_.plant(PlantedBug::kNone);
  stored_.end_fault();
  stored_.stop_repeating();
  make_scarce(nullptr, {});
}

/// A repository with something to do for every command.
void FaultTrial::prepare() {
  Prepared& prepared = prepared_for(stored_.kind());
  if (prepared.stored == nullptr) {
    make_repositories();
    world_.sleep(kSecond);
    users_.fill_files(host());
    users_.take_snapshot(host());
    users_.take_snapshot(host());
    users_.call_to_forget(host(), {"forget", "--keep-last", "1"});
    users_.take_snapshot(host());
    world_.sleep(kSecond);
    prepared = {stored_.state(), users_.state(), world_.now()};
  } else {
    stored_.restore(*prepared.stored);
    users_.restore(prepared.users);
    world_.sleep(prepared.time);
  }
}

/// One that opens with two passwords, and one of the old version.
void FaultTrial::make_repositories() {
  const auto process = make_process(host());
  users_.as(process, [&] {
    const auto first = stored_.connect(process);
    Repository::init(*first, {}, {}, {});
    Repository repository(*first, {}, {}, {});
    add_key(repository, SystemClock(), as_bytes("second"), {"user", "host", {}}, {});
    const auto second = stored_.connect(process, kSecondRepository);
    InitOptions old;
    old.version = 1;
    Repository::init(*second, {}, old, {});
  });
}

std::map<std::string, std::string> FaultTrial::values() {
  std::map<std::string, std::string> values;
  values["snapshot"] = users_.snapshots().back().hex();
  values["directory"] = directory_.path().string();
  values["pack"] = stored_.files().stored(FileKind::kPack).front().hex();
  for (const Id& id : stored_.files().stored(FileKind::kSnapshot)) {
    if (id != users_.snapshots().back()) values["earlier"] = id.hex();
  }
  const auto process = make_process(host());
  users_.as(process, [&] {
    const auto storage = stored_.connect(process);
    const Id current = Repository(*storage, {}, {}, {}).key_id();
    for (const Id& id : stored_.files().stored(FileKind::kKey)) {
      if (id != current) values["key"] = id.hex();
    }
  });
  return values;
}

Outcome FaultTrial::call(const std::shared_ptr<Process>& process) {
  if (line_ == "snapshot") return users_.call_to_take_snapshot(process);
  if (line_ == "mount") return users_.call_to_mount(process);
  const std::vector<std::string> words = fill_in(line_, values());
  // Where it keeps copies of packs.
  const std::filesystem::path usual = std::filesystem::current_path();
  std::filesystem::current_path(directory_.path());
  Outcome outcome = users_.call(process, words);
  std::filesystem::current_path(usual);
  return outcome;
}

Reply FaultTrial::reply_of(const Outcome& outcome) {
  const Process& process = *outcome.process;
  // The new repository's ID is a random one that is not the name of a file.
  const auto is_new = [&](std::string_view id) {
    return begins_with("init") || std::ranges::any_of(process.saved, [id](const Id& one) {
             return one.hex().starts_with(id);
           });
  };
  std::string output = process.output;
  replace_all(output, directory_.path().string(), "DIRECTORY");
  return {outcome.status, comparable(output, is_new), process.messages, process.last_words,
          outcome.status == 0 && !may_do_otherwise(case_) ? effect() : ""};
}

std::string FaultTrial::effect() {
  std::string text = aftermath_.look_into(kRepository, "after the command");
  if (line_.find("/second") != std::string::npos) {
    text += aftermath_.look_into(kSecondRepository, "after the command");
  }
  if (begins_with("init")) text += aftermath_.look_into(kNewRepository, "after the command");
  return text + directory_text();
}

std::string FaultTrial::directory_text() const {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
    const std::string name = entry.path().lexically_relative(directory_.path()).string();
    if (name.starts_with("cache")) continue;  // it promises nothing
    const auto mode = static_cast<unsigned>(entry.symlink_status().permissions());
    const std::string content = entry.is_regular_file() ? content_of(entry.path()) : "";
    lines.push_back(fmt::format("{} {:o} {} {}", name, mode, content.size(),
                                std::hash<std::string>()(content)));
  }
  std::ranges::sort(lines);
  return fmt::format("{}", fmt::join(lines, "; "));
}

void FaultTrial::verify() {
  world_.sleep(3 * 60 * kMinute);  // what is under way ends, and locks are stale by any clock
  aftermath_.require({"unlock"});
  if (may_do_otherwise(case_)) {
    // But for what repair packs keeps elsewhere it is all still there.
    aftermath_.require({"repair", "index"});
    if (begins_with("repair packs")) return;
  }
  if (line_.find("/second") != std::string::npos) verify_second();
  if (begins_with("init")) verify_new();
  aftermath_.go_on("after the fault");
}

/// It is sound, and the command, run again, does what was left.
void FaultTrial::verify_second() {
  const std::string place(kSecondRepository);
  aftermath_.require({"unlock", "-r", place});
  aftermath_.require({"check", "--read-data", "-r", place});
  aftermath_.require(fill_in(line_, {}));
  const std::string effect = aftermath_.look_into(kRepository, "after another run") +
                             aftermath_.look_into(kSecondRepository, "after another run");
  if (faultless_ != nullptr && effect != faultless_->effect) {
    stored_.violate(
        fmt::format("another run came to {} instead of {}", effect, faultless_->effect));
  }
}

/// It opens, or there is none.
void FaultTrial::verify_new() {
  if (!stored_.files(kNewRepository).has(FileKey::config())) return;
  aftermath_.require({"check", "--read-data", "-r", std::string(kNewRepository)});
}

}  // namespace snapfs::sim
