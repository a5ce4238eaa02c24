// The states in which a power cut can leave a repository, given what was there and the log of what
// a program wrote (trace_writes record), and whether what was promised holds in each.
//
//   power_states BEFORE LOG ROOT [OPTION VALUE]...
//
// BEFORE is a copy of the directory ROOT from before the program ran. Options:
//   repository NAME    of the repository's directory below ROOT (repository)
//   password TEXT      opens it at every moment, or another of these does; may be repeated
//   password-after T   opens it when the program has ended (the first password); may be repeated:
//                      each of them does
//   keeps TIME         of a snapshot that is always there; may be repeated
//   keys-after N       so many keys are left when the program has ended
//   version-after N    the format's version when the program has ended
//   repairs-index 1    the index is wrong before
//   damaged 1          blobs are missing or damaged before: instead of what a check finds it
//                      counts that the others can be read
//   whole TIME         of a snapshot that can be read all the same; may be repeated
//   whole-after TIME   of one that can be when the program has ended; may be repeated
//   moved FROM         a file whose bytes are at every moment there, or
//   moved-to TO        there
//   draws N            combinations drawn by lot for each moment (8)
//   seed N             of the lots (1)
//   go-on N            the next snapshot and prune are tried in each N-th state (1)
//   show N             instead of looking itself, it puts each N-th state of the whole of ROOT into
//   in DIRECTORY       this directory, prints a line, and waits for one
//   faults 1           instead: faults are put into the log, and each must break a promise
//
// A moment is after any one of the events. States that are the same to the repository, with the
// same promises, are looked at once.
#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tests/crash/disk_model.h"
#include "tests/crash/repository_state.h"
#include "tests/crash/write_log.h"

namespace snapfs::test {
namespace {

using Options = std::multimap<std::string, std::string>;

std::string option(const Options& options, const std::string& name, const std::string& otherwise) {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : found->second;
}

std::vector<std::string> all_of(const Options& options, const std::string& name) {
  std::vector<std::string> values;
  const auto [begin, end] = options.equal_range(name);
  std::transform(begin, end, std::back_inserter(values), [](const auto& o) { return o.second; });
  return values;
}

std::size_t number(const Options& options, const std::string& name, std::size_t otherwise) {
  return std::stoul(option(options, name, std::to_string(otherwise)));
}

/// What users were promised at a moment, by the events before it.
class PromiseBook {
 public:
  PromiseBook(const Options& options, const DiskState& disk) : options_(options) {
    const RepositoryFiles before = repository_in(disk, option(options, "repository", "repository"));
    if (options.contains("moved")) moved_ = disk.at(option(options, "moved", "")).content;
    now_.exists = before.contains(FileKey::config());
    now_.passwords = all_of(options, "password");
    for (const std::string& time : all_of(options, "keeps")) now_.times.insert(time);
    now_.index_may_be_wrong = number(options, "repairs-index", 0) != 0;
    if (number(options, "damaged", 0) == 0) return;
    now_.remains = remains_of(before, now_.passwords.at(0));
    for (const std::string& time : all_of(options, "whole")) now_.whole.insert(time);
  }

  void hear(const FileEvent& event) {
    if (event.kind != EventKind::kTell) return;
    static const std::regex kSaved(
        "(?:^|\n)(?:snapshot ([0-9a-f]{8,64}) saved|"
        "saved new snapshot ([0-9a-f]{8,64}))");
    for (std::sregex_iterator found(event.data.begin(), event.data.end(), kSaved), end;
         found != end; ++found) {
      now_.saved.push_back((*found)[1].matched ? (*found)[1].str() : (*found)[2].str());
    }
    if (event.data.find("created restic repository") != std::string::npos) now_.exists = true;
  }

  void end() {
    now_.exists = true;
    if (options_.contains("password-after")) {
      now_.passwords = all_of(options_, "password-after");
      now_.all_passwords = true;
    }
    if (options_.contains("keys-after")) now_.keys = number(options_, "keys-after", 0);
    if (options_.contains("version-after"))
      now_.version = static_cast<unsigned>(number(options_, "version-after", 0));
    now_.index_may_be_wrong = false;
    for (const std::string& time : all_of(options_, "whole-after")) now_.whole.insert(time);
  }

  const Promises& now() const { return now_; }

  /// What is neither at its old place nor at its new one.
  std::optional<std::string> missing(const DiskState& disk) const {
    if (moved_ == nullptr) return std::nullopt;
    for (const char* const place : {"moved", "moved-to"}) {
      const auto found = disk.find(option(options_, place, ""));
      if (found != disk.end() && *found->second.content == *moved_) return std::nullopt;
    }
    return option(options_, "moved", "") + " is gone, and its copy is not there";
  }

  /// Differs when the promises do.
  std::string key() const {
    return fmt::format("{} {} {} {} {} {} {} {}", now_.exists, now_.saved.size(),
                       now_.passwords.size(), now_.all_passwords, now_.keys.has_value(),
                       now_.version.has_value(), now_.index_may_be_wrong, now_.whole.size());
  }

 private:
  const Options& options_;
  std::shared_ptr<const std::string> moved_;  ///< its bytes; null: nothing is moved
  Promises now_;
};

/// The bytes are compared by where they are in memory, which the model shares between states, and
/// by themselves only where they are torn.
std::string key_of(const RepositoryFiles& files) {
  std::string key;
  for (const auto& [name, content] : files) {
    key += fmt::format("{}{}:{:x};", static_cast<int>(name.kind), name.id.short_hex(),
                       std::hash<std::string_view>{}(*content));
  }
  return key;
}

struct Figures {
  std::size_t moments = 0;
  std::size_t states = 0;
  std::size_t distinct = 0;
};

class PowerCuts {
 public:
  PowerCuts(std::string before, std::string root, const Options& options)
      : before_(std::move(before)), root_(std::move(root)), options_(options) {}

  using Visit =
      std::function<void(const DiskState&, const PromiseBook&, std::size_t moment, bool ended)>;

  /// Every state of every moment from `first` on.
  Figures visit(const WriteLog& log, std::size_t first, std::size_t draws,
                const Visit& visit) const {
    Figures figures;
    DiskModel model(root_, before_);
    PromiseBook book(options_, model.after_cut({}).value_or(DiskState()));
    const std::size_t seed = number(options_, "seed", 1);
    for (std::size_t moment = 0; moment <= log.size() + 1; ++moment) {
      const bool ended = moment == log.size() + 1;
      if (ended) book.end();
      if (moment > 0 && !ended) {
        model.apply(log[moment - 1]);
        book.hear(log[moment - 1]);
      }
      if (moment < first) continue;
      ++figures.moments;
      for (const std::vector<Fate>& fates : fates_to_try(model, draws, seed * 1'000'003 + moment)) {
        const std::optional<DiskState> state = model.after_cut(fates);
        ++figures.states;
        visit(state.value_or(DiskState()), book, moment, ended);
      }
    }
    return figures;
  }

  std::string repository() const { return option(options_, "repository", "repository"); }
  const std::string& before() const { return before_; }
  const std::string& root() const { return root_; }

 private:
  const std::string before_;
  const std::string root_;
  const Options& options_;
};

/// Looks at states, at each only once.
class Looker {
 public:
  explicit Looker(std::string repository, std::size_t go_on_every)
      : repository_(std::move(repository)), go_on_every_(go_on_every) {}

  /// What is wrong with it, if anything.
  const std::optional<std::string>& look(const DiskState& state, const PromiseBook& book) {
    const RepositoryFiles files = repository_in(state, repository_);
    const std::optional<std::string> missing = book.missing(state);
    const auto [place, is_new] =
        seen_.try_emplace(book.key() + missing.value_or("") + key_of(files));
    if (is_new && missing) {
      place->second = missing;
    } else if (is_new) {
      const bool go_on = go_on_every_ != 0 && seen_.size() % go_on_every_ == 0;
      place->second = broken_promise(files, book.now(), go_on);
    }
    return place->second;
  }

  std::size_t distinct() const { return seen_.size(); }

 private:
  const std::string repository_;
  const std::size_t go_on_every_;
  std::map<std::string, std::optional<std::string>> seen_;
};

/// The promise that this log breaks, in the first state that breaks one.
std::optional<std::string> first_break(const PowerCuts& cuts, const WriteLog& log,
                                       std::size_t first, std::size_t draws, Looker& looker,
                                       Figures* figures) {
  std::optional<std::string> broken;
  struct Found {};
  try {
    const Figures counted = cuts.visit(
        log, first, draws,
        [&](const DiskState& state, const PromiseBook& book, std::size_t moment, bool ended) {
          const std::optional<std::string>& problem = looker.look(state, book);
          if (!problem) return;
          broken = fmt::format("{}, power cut {}", *problem,
                               ended        ? "after the end"
                               : moment > 0 ? "after " + to_text(log[moment - 1])
                                            : "before anything");
          throw Found();
        });
    if (figures != nullptr) *figures = counted;
  } catch (const Found&) {
  }
  return broken;
}

int look_at_all(const PowerCuts& cuts, const WriteLog& log, const Options& options) {
  Looker looker(cuts.repository(), number(options, "go-on", 1));
  Figures figures;
  const auto broken = first_break(cuts, log, 0, number(options, "draws", 8), looker, &figures);
  std::cout << fmt::format("{} moments, {} states, {} of them distinct\n", figures.moments,
                           figures.states, looker.distinct());
  if (broken) std::cout << "BROKEN: " << *broken << '\n';
  return broken ? 1 : 0;
}

bool is_same(const FileEvent& a, const FileEvent& b) {
  return a.kind == b.kind && a.path == b.path && a.offset == b.offset && a.data == b.data;
}

/// A fault that breaks nothing is named; one whose sync a later one makes up for breaks something
/// without that one, too.
int try_faults(const PowerCuts& cuts, const WriteLog& log, const Options& options) {
  constexpr std::size_t kNoDraws = 0;
  Looker looker(cuts.repository(), 0);
  const auto breaks = [&](const WriteLog& faulty) {
    // Before the fault nothing is other than without it.
    const auto fault = std::ranges::mismatch(log, faulty, is_same).in1 - log.begin();
    return first_break(cuts, faulty, static_cast<std::size_t>(fault), kNoDraws, looker, nullptr)
        .has_value();
  };
  const std::vector<FaultyLog> alone = without_a_sync(log, cuts.root(), cuts.before());
  const std::vector<FaultyLog> all = without_syncs_from(log, cuts.root(), cuts.before());
  const std::vector<FaultyLog> swapped =
      in_wrong_order(log, cuts.root() + "/" + option(options, "repository", "repository"));
  std::size_t noticed = 0;
  std::size_t made_up_for = 0;
  std::size_t unnoticed = 0;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    if (breaks(alone[i].log)) {
      ++noticed;
    } else if (all[i].log.size() < alone[i].log.size() && breaks(all[i].log)) {
      ++made_up_for;
    } else {
      ++unnoticed;
      std::cout << "UNNOTICED: " << alone[i].fault << '\n';
    }
  }
  std::size_t orders = 0;
  for (const FaultyLog& faulty : swapped) {
    if (breaks(faulty.log)) {
      ++orders;
      std::cout << "NOTICED: " << faulty.fault << '\n';
    } else {
      ++unnoticed;
      std::cout << "UNNOTICED: " << faulty.fault << '\n';
    }
  }
  std::cout << fmt::format(
      "{} syncs noticed, {} made up for by later ones, {} orders noticed, {} unnoticed\n", noticed,
      made_up_for, orders, unnoticed);
  return 0;
}

void put_on_disk(const DiskState& state, const std::string& directory) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  for (const auto& [path, entry] : state) {
    const std::string full = directory + "/" + path;
    if (entry.type == EntryType::kDirectory) {
      std::filesystem::create_directory(full);
    } else if (entry.type == EntryType::kLink) {
      std::filesystem::create_symlink(*entry.content, full);
    } else {
      std::ofstream file(full, std::ios::binary);
      file << *entry.content;
      if (!file.flush()) throw std::runtime_error(full + " cannot be written");
    }
  }
}

/// All states, not only those that differ for the repository: what else is there is shown, too.
int show(const PowerCuts& cuts, const WriteLog& log, const Options& options) {
  const std::size_t every = number(options, "show", 1);
  const std::string directory = option(options, "in", "");
  std::size_t count = 0;
  cuts.visit(log, 0, number(options, "draws", 8),
             [&](const DiskState& state, const PromiseBook&, std::size_t moment, bool ended) {
               if (++count % every != 0) return;
               put_on_disk(state, directory);
               std::cout << fmt::format("{} {} {}", count, moment, ended ? "ended" : "running")
                         << std::endl;
               std::string answer;
               if (!std::getline(std::cin, answer)) throw std::runtime_error("nobody looks");
             });
  return 0;
}

int run(const std::vector<std::string>& words) {
  if (words.size() < 3 || words.size() % 2 == 0) throw std::runtime_error("arguments are missing");
  Options options;
  for (std::size_t i = 3; i < words.size(); i += 2) options.emplace(words[i], words[i + 1]);
  std::ifstream file(words[1], std::ios::binary);
  const WriteLog log = read_events(file);
  const PowerCuts cuts(words[0], words[2], options);
  if (options.contains("show")) return show(cuts, log, options);
  return options.contains("faults") ? try_faults(cuts, log, options)
                                    : look_at_all(cuts, log, options);
}

}  // namespace
}  // namespace snapfs::test

int main(int count, char** words) {
  try {
    return snapfs::test::run({words + 1, words + count});
  } catch (const std::exception& error) {
    std::cerr << "power_states: " << error.what() << '\n';
    return 125;
  }
}
