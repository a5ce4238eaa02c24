// A call has three moments: it is made, it takes effect, it is answered. Between them time passes
// and others go on. What happens to it is drawn when it is made: so a process that is killed or
// falls asleep meanwhile does not know whether it took effect, as it is with any storage.
#include "tests/sim/stored_world.h"

#include <algorithm>
#include <stop_token>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "tests/sim/scarcity.h"

namespace snapfs::sim {
namespace {

StoredWorld* the_stored_world = nullptr;

/// After this time a lock may be taken for stale by everybody whose clock is right.
constexpr Nanoseconds kStale = 30 * kMinute;

Error missing(const FileKey& key) {
  return {ErrorCode::kNotFound, fmt::format("{} does not exist", describe(key)), key.id.hex()};
}

}  // namespace

/// What becomes of a call.
struct Fate {
  Nanoseconds way = 0;   ///< until it takes effect
  Nanoseconds back = 0;  ///< until it is answered
  bool is_lost = false;  ///< it takes no effect
  std::optional<ErrorCode> failure;
  std::optional<Nanoseconds> again;  ///< after that time it takes effect once more
  bool kills_before = false;
  bool kills_after = false;
  bool interrupts = false;
  Nanoseconds pause = 0;
  bool flips = false;       ///< a bit of what is read
  bool shortens = false;    ///< what is read
  bool leaves_out = false;  ///< one of what is listed
};

class Connection final : public Backend {
 public:
  Connection(StoredWorld& stored, WorldFiles& files, std::shared_ptr<Process> process)
      : stored_(stored), files_(files), world_(stored.world_), process_(std::move(process)) {}

  ~Connection() override {
    if (process_->is_dead()) return;
    for (const auto& [key, bytes] : held_back_) files_.put(key, bytes);
  }

  void create(const StopToken& stop) override { throw_if_stopped(stop); }

  using Backend::save;
  void save(const FileKey& key, ByteView bytes, Content /*content*/,
            const StopToken& stop) override {
    const Unfailing unfailing;
    const auto copy = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
    if (skips_save(key, copy)) return;
    if (key.kind == FileKind::kSnapshot) require_young_lock("save", key);
    note_save(key);
    perform<bool>("save", key, stop,
                  [&stored = stored_, &files = files_, process = process_, key, copy](bool whole) {
                    if (whole) {
                      files.put(key, copy);
                      if (key.kind == FileKind::kLock) {
                        process->note_lock(key.id, stored.world_.now());
                      }
                    } else if (!stored.kind_.is_atomic) {
                      files.put_part(key, *copy);
                    }
                    return Answer<bool>{true, std::nullopt};
                  });
  }

  Bytes load(const FileKey& key, std::optional<ByteRange> range, LoadPurpose /*purpose*/,
             const StopToken& stop) override {
    return perform<Bytes>("load", key, stop, [&files = files_, key, range](bool whole) {
      Answer<Bytes> answer;
      if (!whole) return answer;
      const WorldFiles::File* const found = files.find(key);
      if (found == nullptr) {
        answer.error = missing(key);
        return answer;
      }
      const Bytes& bytes = *found->bytes;
      const ByteRange part = range.value_or(ByteRange{0, bytes.size()});
      if (part.offset > bytes.size() || part.length > bytes.size() - part.offset) {
        answer.error = Error(ErrorCode::kDamaged, describe(key) + " is too short", key.id.hex());
        return answer;
      }
      const ByteView wanted = ByteView(bytes).subspan(part.offset, part.length);
      answer.value = Bytes(wanted.begin(), wanted.end());
      return answer;
    });
  }

  std::optional<std::uint64_t> size(const FileKey& key, const StopToken& stop) override {
    using Size = std::optional<std::uint64_t>;
    return perform<Size>("size", key, stop, [&files = files_, key](bool whole) {
      Answer<Size> answer{Size{}, std::nullopt};
      const WorldFiles::File* const found = files.find(key);
      if (whole && found != nullptr) answer.value = found->bytes->size();
      return answer;
    });
  }

  std::vector<FileInfo> list(FileKind kind, const StopToken& stop) override {
    const Unfailing unfailing;
    using Files = std::vector<FileInfo>;
    Files listed;
    const unsigned middle = stored_.kind_.lists_in_pages ? 128 : 256;
    for (unsigned first = 0; first < 256; first += middle) {
      const unsigned end = first + middle;
      const auto effect = [&files = files_, kind, first, end](bool whole) {
        Answer<Files> answer{Files{}, std::nullopt};
        if (whole) files.list(kind, first, end, *answer.value);
        return answer;
      };
      Files page = perform<Files>("list", {kind, {}}, stop, effect);
      std::ranges::move(page, std::back_inserter(listed));
    }
    const bool sees_no_other = stored_.bug_ == PlantedBug::kNoSecondLook && process_->lock;
    if (kind == FileKind::kLock && sees_no_other) {
      std::erase_if(listed, [&](const FileInfo& file) { return file.id != process_->lock; });
    }
    return listed;
  }

  void remove(const FileKey& key, const StopToken& stop) override {
    const Unfailing unfailing;
    if (stored_.bug_ == PlantedBug::kNeverRefreshes && key.kind == FileKind::kLock &&
        key.id == process_->lock && pretended_) {
      return;
    }
    if (stored_.bug_ == PlantedBug::kLeavesLock && key.kind == FileKind::kLock) return;
    require_lock_for_removal(key);
    if (key.kind == FileKind::kSnapshot && process_->may_forget) stored_.forgotten_.insert(key.id);
    perform<bool>("remove", key, stop, [&files = files_, key](bool whole) {
      Answer<bool> answer{true, std::nullopt};
      if (whole && !files.take_away(key)) answer.error = missing(key);
      return answer;
    });
  }

  StorageTraits traits() const noexcept override {
    return {.requests = stored_.kind_.requests,
            .pack_transfers = stored_.kind_.transfers,
            .saves_atomically = stored_.kind_.is_atomic,
            .lists_in_one_request = !stored_.kind_.lists_in_pages};
  }
  std::string location() const override { return "the world's storage"; }

 private:
  template <class Value>
  struct Answer {
    std::optional<Value> value;
    std::optional<Error> error;
  };

  /// One call, shared by the one who waits for it and the events that carry it out.
  template <class Value>
  struct Call {
    World& world;
    World::Wait* waiting = nullptr;
    bool is_carried_out = false;
    bool is_answered = false;
    Answer<Value> answer;
  };

  template <class Value, class Effect>
  Value perform(std::string_view verb, const FileKey& key, const StopToken& stop,
                const Effect& effect) {
    const Unfailing unfailing;
    require_alive();
    throw_if_stopped(stop);
    ++stored_.calls_;
    const bool writes = verb == "save" || verb == "remove";
    Fate fate = draw_fate(verb, writes, key.kind);
    apply_fault(verb, key.kind, fate);
    if (verb == "save" && key.kind == FileKind::kLock) note_room(fate);
    world_.note(fate.way + static_cast<std::uint64_t>(key.kind) + verb.front());
    if (fate.interrupts) process_->interrupt();
    if (fate.kills_before) process_->die();
    require_alive();
    const auto call = std::make_shared<Call<Value>>(Call<Value>{world_, nullptr, false, false, {}});
    const bool keeps_part = verb == "save" && !stored_.kind_.is_atomic;
    if (keeps_part) world_.at(world_.now() + fate.way / 2, [effect] { effect(false); });
    world_.at(world_.now() + fate.way, [call, effect, fate, key] {
      if (std::exchange(call->is_carried_out, true)) return;
      call->answer = effect(!fate.is_lost);
      if (fate.failure) {
        call->answer.error = Error(*fate.failure, "a fault of the storage at " + describe(key));
      }
      call->world.at(call->world.now() + fate.back, [call] {
        call->is_answered = true;
        if (call->waiting != nullptr) call->world.end(*call->waiting);
      });
    });
    if (fate.again) world_.at(world_.now() + fate.way + *fate.again, [effect] { effect(true); });
    await(*call, stop);
    // A connection that is closed: what was asked for is done at once or never.
    if (!call->is_answered && !std::exchange(call->is_carried_out, true)) {
      effect(!fate.is_lost && world_.chance(500));
    }
    if (fate.kills_after) process_->die();
    require_alive();
    if (fate.pause > 0) {
      process_->pause_until(world_.now() + fate.pause);
      world_.yield();
    }
    if (!call->is_answered) throw cancelled_error();
    if (call->answer.error) throw Error(*call->answer.error);
    if constexpr (std::is_same_v<Value, Bytes>) {
      Bytes& bytes = *call->answer.value;
      if (fate.flips && !bytes.empty()) bytes[bytes.size() / 2] ^= 4;
      if (fate.shortens) {
        throw Error(ErrorCode::kDamaged, describe(key) + " is too short", key.id.hex());
      }
    }
    if constexpr (std::is_same_v<Value, std::vector<FileInfo>>) {
      std::vector<FileInfo>& files = *call->answer.value;
      if (fate.leaves_out && !files.empty()) files.pop_back();
    }
    return std::move(*call->answer.value);
  }

  /// Until it is answered or a stop is requested.
  template <class Value>
  void await(Call<Value>& call, const StopToken& stop) {
    World::Wait wait;
    call.waiting = &wait;
    // A call of the system is carried out whatever happens meanwhile.
    const std::stop_callback on_stop(stop, [&] {
      if (stored_.kind_.is_far) world_.end(wait);
    });
    world_.block(wait);
    call.waiting = nullptr;
  }

  void require_alive() const {
    if (process_->is_dead()) throw Error(ErrorCode::kCancelled, "the process was killed");
  }

  Fate draw_fate(std::string_view verb, bool writes, FileKind kind) {
    const Troubles& troubles = stored_.troubles_;
    const bool is_far = stored_.kind_.is_far;
    Fate fate;
    fate.way = draw_latency();
    fate.back = draw_latency() / 2;
    if (world_.chance(troubles.failures)) {
      // One that gets no answer may have been carried out all the same.
      fate.is_lost = !writes || world_.chance(500);
      fate.failure = is_far && world_.chance(800) ? ErrorCode::kUnavailable : ErrorCode::kIo;
      if (!is_far) fate.is_lost = true;
      if (!is_far && writes && world_.chance(300)) fate.failure = ErrorCode::kNoSpace;
      process_->was_disturbed = true;
    }
    if (world_.chance(troubles.stalls)) {
      (world_.chance(500) ? fate.way : fate.back) += world_.below(40) * kMinute;
      process_->was_disturbed = true;
    }
    if (stored_.repeats_ && stored_.kind_.repeats && writes && world_.chance(50))
      fate.again = draw_repeat(verb, kind, fate);
    fate.interrupts = world_.chance(troubles.interrupts);
    if (world_.chance(troubles.deaths)) {
      (world_.chance(300) ? fate.kills_before : fate.kills_after) = true;
    }
    if (world_.chance(troubles.pauses)) fate.pause = world_.below(120) * kMinute;
    return fate;
  }

  /// When it is carried out once more: between effect and answer, or minutes later when others have
  /// gone on. An index file, a snapshot or a key that was removed meanwhile would be back, and
  /// nothing tells it from one that never was: see docs/reliability.md.
  Nanoseconds draw_repeat(std::string_view verb, FileKind kind, const Fate& fate) {
    const bool may_be_late = verb == "remove" || kind == FileKind::kPack || kind == FileKind::kLock;
    if (!may_be_late || world_.chance(500)) return fate.back / 2;
    return fate.back + static_cast<Nanoseconds>(world_.below(kLatestRepeat - kMinute));
  }

  /// The fault that was planted for this very call.
  void apply_fault(std::string_view verb, FileKind kind, Fate& fate) {
    if (stored_.faulty_ != process_.get()) return;
    const std::size_t number = ++stored_.faulty_calls_;
    const StorageFault& fault = stored_.fault_;
    const bool is_due =
        fault.call > 0 && (fault.persists ? number >= fault.call : number == fault.call);
    const bool writes = verb == "save" || verb == "remove";
    if (!is_due || !strike(fault.kind, verb, kind, writes, fate)) return;
    stored_.fault_hit_ = true;
    if (kind == FileKind::kLock) stored_.fault_hit_lock_ = true;
    process_->was_disturbed = true;
  }

  /// False when such a call cannot fail like that.
  static bool strike(FaultKind kind, std::string_view verb, FileKind of, bool writes, Fate& fate) {
    const auto instead = [&fate](ErrorCode code) {
      fate.is_lost = true;
      fate.failure = code;
      return true;
    };
    switch (kind) {
      case FaultKind::kIo:
        return instead(ErrorCode::kIo);
      case FaultKind::kIoAfterwards:
      case FaultKind::kLostAnswer:
        fate.failure = kind == FaultKind::kLostAnswer ? ErrorCode::kUnavailable : ErrorCode::kIo;
        return writes;
      case FaultKind::kNoSpace:
        return verb == "save" && instead(ErrorCode::kNoSpace);
      case FaultKind::kPermission:
        return instead(ErrorCode::kPermission);
      case FaultKind::kUnavailable:
        return instead(ErrorCode::kUnavailable);
      case FaultKind::kWrongCredentials:
        return instead(ErrorCode::kWrongCredentials);
      case FaultKind::kOutOfResources:
        return instead(ErrorCode::kOutOfResources);
      case FaultKind::kGone:
        return verb == "load" && instead(ErrorCode::kNotFound);
      case FaultKind::kFlippedBit:
        fate.flips = true;
        return verb == "load";
      case FaultKind::kShort:
        fate.shortens = true;
        return verb == "load";
      case FaultKind::kStall:
        fate.way += 40 * kMinute;
        return true;
      case FaultKind::kUnlisted:
        fate.leaves_out = verb == "list" && of == FileKind::kPack;
        return fate.leaves_out;
    }
    return false;
  }

  Nanoseconds draw_latency() {
    // Where one fault is tried it is to be the only trouble.
    const bool is_quick = stored_.faulty_ != nullptr || world_.chance(950);
    const auto most = is_quick ? 20 * kMillisecond : kSecond;
    return static_cast<Nanoseconds>(world_.below(static_cast<std::uint64_t>(most)));
  }

  void note_room(const Fate& fate) {
    const bool has_lock = process_->lock && files_.has({FileKind::kLock, *process_->lock});
    if (has_lock) {
      process_->had_no_room = false;
    } else if (fate.failure == ErrorCode::kNoSpace) {
      process_->had_no_room = true;
    }
  }

  void note_save(const FileKey& key) {
    process_->saved.push_back(key.id);
    if (key.kind != FileKind::kSnapshot) return;
    process_->snapshots.push_back(key.id);
    stored_.contents_[key.id] = process_->contents;
  }

  /// Whoever removes what others might need must hold a lock that nobody may take for stale.
  void require_lock_for_removal(const FileKey& key) {
    if (key.kind == FileKind::kLock) return;
    const WorldFiles::File* const found = files_.find(key);
    if (found == nullptr || found->is_part) return;  // nobody's loss
    // Its own, of which it did not hear that it was stored, is put away by who could not finish it.
    if (std::ranges::count(process_->snapshots, key.id) > 0) return;
    // On a full disk what makes room does without a lock file.
    if (process_->had_no_room) return;
    if (!process_->lock || !files_.has({FileKind::kLock, *process_->lock})) {
      stored_.violate(fmt::format("{} was to be removed without a lock", describe(key)));
    }
    require_young_lock("remove", key);
  }

  /// Of a command with two repositories, the lock that was written last.
  void require_young_lock(const char* change, const FileKey& key) {
    if (!process_->lock || world_.now() - process_->lock_time <= kStale) return;
    stored_.violate(fmt::format("under a lock {} minutes old it was to {} {}",
                                (world_.now() - process_->lock_time) / kMinute, change,
                                describe(key)));
  }

  /// For the planted bugs.
  bool skips_save(const FileKey& key, const std::shared_ptr<const Bytes>& bytes) {
    switch (stored_.bug_) {
      case PlantedBug::kIndexAfterSnapshot:
        if (key.kind != FileKind::kIndex) return false;
        held_back_.emplace_back(key, bytes);
        return true;
      case PlantedBug::kNeverRefreshes:
        if (key.kind != FileKind::kLock || !process_->lock) return false;
        pretended_ = true;
        return true;
      default:
        return false;
    }
  }

  StoredWorld& stored_;
  WorldFiles& files_;
  World& world_;
  const std::shared_ptr<Process> process_;
  std::vector<std::pair<FileKey, std::shared_ptr<const Bytes>>> held_back_;
  bool pretended_ = false;
};

StoredWorld::StoredWorld(World& world, const StorageKind& kind) : world_(world), kind_(kind) {
  the_stored_world = this;
}

StoredWorld::~StoredWorld() { the_stored_world = nullptr; }

StoredWorld& StoredWorld::current() noexcept { return *the_stored_world; }

WorldFiles& StoredWorld::files(std::string_view repository) {
  return repositories_.try_emplace(std::string(repository), world_, kind_).first->second;
}

std::unique_ptr<Backend> StoredWorld::connect(std::shared_ptr<Process> process,
                                              std::string_view repository) {
  return std::make_unique<Connection>(*this, files(repository), std::move(process));
}

bool StoredWorld::has_locks() const {
  return std::ranges::any_of(
      repositories_, [](const auto& one) { return !one.second.stored(FileKind::kLock).empty(); });
}

const Contents* StoredWorld::contents_of(const Id& snapshot) const {
  const auto found = contents_.find(snapshot);
  return found != contents_.end() ? found->second.get() : nullptr;
}

std::shared_ptr<const StoredState> StoredWorld::state() const {
  auto state = std::make_shared<StoredState>();
  for (const auto& [name, files] : repositories_) state->repositories[name] = files.state();
  state->contents = contents_;
  state->forgotten = forgotten_;
  return state;
}

void StoredWorld::restore(const StoredState& state) {
  for (const auto& [name, stored] : state.repositories) files(name).restore(stored);
  contents_ = state.contents;
  forgotten_ = state.forgotten;
}

void StoredWorld::drop_parts() {
  for (auto& [name, files] : repositories_) files.drop_parts();
}

bool StoredWorld::had_part_since(Nanoseconds time) const noexcept {
  return std::ranges::any_of(repositories_,
                             [time](const auto& one) { return one.second.had_part_since(time); });
}

}  // namespace snapfs::sim
