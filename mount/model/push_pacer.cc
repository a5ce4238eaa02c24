// A directory that is read has a track: where its reader was seen last, what was decided on ahead
// of it, and the windows of that which no beacon has confirmed. A track begins once three files
// were read one after the other, or with the listing, when the same program was seen to read whole
// directories before; it is reading the first file by then. A window that ends with the directory
// leaves its last file as the beacon, unless there was one shortly before: most directories are
// small. A file that is too large to be pushed is a beacon anyway. A beacon that is read opens the
// next window, twice as large when it came soon. A read of what was pushed says that the kernel has
// let go of it, or does not keep it: the window is halved, and after a few of them there is none
// until more files were read in order than before. A beacon that was passed over halves it, too.
#include "mount/model/push_pacer.h"

#include <algorithm>
#include <utility>

namespace snapfs {

namespace {

/// Files that are read one after the other before any are pushed. Twice as many each time that it
/// was in vain, so often.
constexpr unsigned kInOrder = 3;
constexpr unsigned kMaxStrikes = 6;

constexpr std::uint64_t kFirstWindowBytes = 256 << 10;
constexpr std::uint64_t kLeastWindowBytes = 32 << 10;
constexpr std::size_t kMaxWindowFiles = 512;
constexpr std::size_t kMaxWindows = 16;  ///< small ones, where every other file is a large one

/// What was pushed and gone in a row, before no more is pushed.
constexpr unsigned kMaxLost = 4;

/// Directories that a program may begin without a beacon, before it is taken for one that looks at
/// the first file only; that it may list without; and those of which the last file is no beacon.
constexpr unsigned kMaxUnproven = 8;
constexpr unsigned kMaxUnprovenListed = 4;
constexpr unsigned kMaxAwaited = 4;  ///< rsync lists far ahead of what it reads
constexpr unsigned kWithoutLastBeacon = 2;

/// Beacons that come sooner make the window larger, those that come later make it smaller.
constexpr std::chrono::seconds kSoon{1};
constexpr std::chrono::seconds kLate{10};

/// Whether reading the file is seen under this position. What has several names may be read, and
/// cached, under another one.
bool is_seen(const NodeView& node) noexcept {
  return node.type == NodeType::kFile && node.size != 0 && node.links <= 1;
}

/// What the file takes of the page cache.
std::uint64_t page_bytes(const NodeView& file) noexcept {
  constexpr std::uint64_t kPage = 4096;
  return (file.size + kPage - 1) / kPage * kPage;
}

/// The first file from `index` on; the listing's size when there is none.
std::size_t next_file(const TreeListing& listing, std::size_t index) {
  while (index < listing.nodes.size() &&
         (listing.nodes.type(index) != NodeType::kFile || !is_seen(listing.nodes[index]))) {
    ++index;
  }
  return index;
}

template <class Entries>
auto& least_recently_used(Entries& entries) noexcept {
  return *std::ranges::min_element(entries, {}, [](const auto& entry) { return entry.last_use; });
}

}  // namespace

std::vector<std::size_t> PushPacer::after_read(ReaderId reader, Ino directory,
                                               const TreeListing& listing, std::size_t index,
                                               Time now) {
  if (index >= listing.nodes.size() || !is_seen(listing.nodes[index])) return {};
  Track* track = find(directory);
  if (track == nullptr) {
    track = &replace(reader, directory, index);
    if (!begin_directory(*track, listing)) return {};
    plan_after(*track, next_file(listing, index + 1), now);
    return plan(*track, listing);
  }
  arrived(*track);
  track->reader = reader;
  track->last_use = ++clock_;
  if (index == track->last) return {};
  if (index < track->last) {
    restart(*track, index);
    return {};
  }
  read_on(*track, listing, index, now);
  if (track->in_order < needed(*track)) return {};
  reader_of(reader).reads_all = true;
  // The file after this one will have been asked for by the time that it could be pushed.
  if (track->windows.empty()) plan_after(*track, next_file(listing, index + 1), now);
  return plan(*track, listing);
}

std::vector<std::size_t> PushPacer::after_listing(ReaderId reader, Ino directory,
                                                  const TreeListing& listing, Time now) {
  if (find(directory) != nullptr) return {};
  Reader& known = reader_of(reader);
  const std::size_t first = next_file(listing, 0);
  if (!known.reads_all || known.unproven >= kMaxUnprovenListed) return {};
  if (known.awaited >= kMaxAwaited) return {};
  if (next_file(listing, first + 1) >= listing.nodes.size()) return {};
  ++known.unproven;
  ++known.awaited;
  Track& track = replace(reader, directory, first);
  track.is_awaited = true;
  track.in_order = needed(track);
  if (known.window_bytes != 0) track.window_bytes = known.window_bytes;
  plan_after(track, first, now);
  return plan(track, listing);
}

bool PushPacer::is_wanted(Ino directory, std::size_t index) const {
  const Track* const track = find(directory);
  return track != nullptr && index > track->last && index < track->end &&
         index >= std::max({track->begin, track->handled, track->overtaken});
}

void PushPacer::pushed(Ino directory, std::size_t index, std::uint64_t bytes) {
  ++counters_.files;
  counters_.bytes += bytes;
  Track* const track = find(directory);
  if (track != nullptr && index < track->end) track->handled = std::max(track->handled, index + 1);
}

void PushPacer::skipped(Ino directory, std::size_t index) {
  Track* const track = find(directory);
  if (track == nullptr || index < track->handled || index >= track->end) return;
  track->handled = index + 1;
  const auto place = std::ranges::lower_bound(track->windows, index, {}, &Window::beacon);
  track->windows.insert(place, Window{index, 0});
}

void PushPacer::refused(Ino directory) {
  if (Track* const track = find(directory)) {
    ++reader_of(track->reader).strikes;
    restart(*track, track->last);
  }
}

void PushPacer::give_up() {
  for (Track& track : tracks_) restart(track, track.last);
}

std::uint64_t PushPacer::ahead_bytes() const noexcept {
  std::uint64_t bytes = 0;
  for (const Track& track : tracks_) bytes += bytes_ahead(track);
  return bytes;
}

std::uint64_t PushPacer::bytes_ahead(const Track& track) noexcept {
  std::uint64_t bytes = 0;
  for (const Window& window : track.windows) bytes += window.bytes;
  return bytes;
}

/// Of a reader that was seen to read whole directories, when it begins with the first file.
bool PushPacer::begin_directory(Track& track, const TreeListing& listing) {
  Reader& reader = reader_of(track.reader);
  if (!reader.reads_all || next_file(listing, 0) != track.last) return false;
  // Which may be the only one that it reads of each.
  if (++reader.unproven > kMaxUnproven) {
    reader.reads_all = false;
    ++reader.strikes;
    return false;
  }
  track.in_order = needed(track);
  if (reader.window_bytes != 0) track.window_bytes = reader.window_bytes;
  return true;
}

/// Nobody waits for the reader of the directory any more.
void PushPacer::arrived(Track& track) {
  if (!std::exchange(track.is_awaited, false)) return;
  Reader& reader = reader_of(track.reader);
  if (reader.awaited > 0) --reader.awaited;  // 0: another one is in its place
}

/// After a read of a file that comes after the last one.
void PushPacer::read_on(Track& track, const TreeListing& listing, std::size_t index, Time now) {
  const bool was_decided = index >= track.begin && index < track.end;
  const bool follows = next_file(listing, track.last + 1) == index;
  const bool is_beacon = pass(track, index, now);
  track.last = index;
  if (is_beacon) return;
  if (!was_decided) {
    if (!follows) return restart(track, index);
    ++track.in_order;
  } else if (index < track.handled) {
    lose(track, listing.nodes[index].size);
  } else {
    // The one after it will have been asked for by the time that it could be pushed.
    track.overtaken = next_file(listing, index + 1) + 1;
  }
}

/// The reader is at `index`: what comes before is done with. Says whether that is a beacon.
bool PushPacer::pass(Track& track, std::size_t index, Time now) {
  bool missed = false;
  while (!track.windows.empty() && track.windows.front().beacon < index) {
    track.windows.pop_front();
    missed = true;
  }
  if (missed) track.window_bytes = std::max(track.window_bytes / 2, kLeastWindowBytes);
  if (track.windows.empty() || track.windows.front().beacon != index) return false;
  track.windows.pop_front();
  ++counters_.beacons;
  if (!missed) beacon_seen(track, now);
  track.last_beacon = now;
  return true;
}

void PushPacer::beacon_seen(Track& track, Time now) {
  if (!std::exchange(track.is_clean, true)) return;
  track.lost = 0;
  Reader& reader = reader_of(track.reader);
  reader.unproven = reader.strikes = 0;
  const auto took = now - track.last_beacon;
  if (took <= kSoon) {
    track.window_bytes = std::min(track.window_bytes * 2, limits_.max_bytes / 2);
  } else if (took >= kLate) {
    track.window_bytes = std::max(track.window_bytes / 2, kLeastWindowBytes);
  }
  reader.window_bytes = track.window_bytes;
}

/// Somebody asked for a file that was pushed.
void PushPacer::lose(Track& track, std::uint64_t bytes) {
  counters_.unread_bytes += bytes;
  track.window_bytes = std::max(track.window_bytes / 2, kLeastWindowBytes);
  track.is_clean = false;
  Reader& reader = reader_of(track.reader);
  reader.window_bytes = track.window_bytes;
  if (++track.lost < kMaxLost) return;
  reader.reads_all = false;
  reader.strikes = std::min(reader.strikes + 1, kMaxStrikes);
  restart(track, track.last);
}

/// As if the file was the first to be read.
void PushPacer::restart(Track& track, std::size_t index) {
  track.last = index;
  track.in_order = 1;
  track.begin = track.end = track.handled = index + 1;
  track.overtaken = 0;
  track.windows.clear();
  track.lost = 0;
  track.is_clean = true;
}

unsigned PushPacer::needed(const Track& track) {
  return kInOrder << std::min(reader_of(track.reader).strikes, kMaxStrikes);
}

/// What comes after the file at `next` is to be decided on.
void PushPacer::plan_after(Track& track, std::size_t next, Time now) {
  track.begin = track.end = track.handled = std::max(track.end, next + 1);
  track.last_beacon = now;
}

std::vector<std::size_t> PushPacer::plan(Track& track, const TreeListing& listing) {
  std::vector<std::size_t> files;
  while (track.windows.size() < kMaxWindows && plan_window(track, listing, files)) continue;
  make_room(track);
  return files;
}

/// False when there is enough, or nothing left.
bool PushPacer::plan_window(Track& track, const TreeListing& listing,
                            std::vector<std::size_t>& files) {
  if (bytes_ahead(track) > track.window_bytes) return false;
  Window window;
  const std::size_t first = files.size();
  std::size_t i = next_file(listing, track.end);
  for (; i < listing.nodes.size(); i = next_file(listing, i + 1)) {
    const std::uint64_t size = page_bytes(listing.nodes[i]);
    const bool is_full = files.size() - first >= kMaxWindowFiles ||
                         (window.bytes != 0 && window.bytes + size > track.window_bytes);
    if (is_full || !is_pushable(listing, i)) break;
    files.push_back(i);
    window.bytes += size;
  }
  window.beacon = i;
  if (i >= listing.nodes.size()) {
    track.end = listing.nodes.size();
    if (files.size() == first) return false;
    if (reader_of(track.reader).unproven > kWithoutLastBeacon) {
      window.beacon = files.back();
      window.bytes -= page_bytes(listing.nodes[window.beacon]);
      files.pop_back();
    }
  } else {
    track.end = i + 1;
  }
  track.windows.push_back(window);
  return true;
}

/// What was pushed of directories that a program left and may come back to is not counted when
/// there is too much of it: the kernel may keep it or not.
void PushPacer::make_room(const Track& current) {
  std::uint64_t ahead = ahead_bytes();
  while (ahead > limits_.max_bytes) {
    Track* oldest = nullptr;
    for (Track& track : tracks_) {
      if (&track == &current || bytes_ahead(track) == 0) continue;
      if (oldest == nullptr || track.last_use < oldest->last_use) oldest = &track;
    }
    if (oldest == nullptr) return;
    ahead -= bytes_ahead(*oldest);
    for (Window& window : oldest->windows) window.bytes = 0;
  }
}

bool PushPacer::is_pushable(const TreeListing& listing, std::size_t index) const {
  return listing.nodes[index].size <= limits_.max_file_bytes && listing.content(index).complete;
}

PushPacer::Track* PushPacer::find(Ino directory) {
  const auto found = std::ranges::find(tracks_, directory, &Track::directory);
  return found == tracks_.end() ? nullptr : &*found;
}

const PushPacer::Track* PushPacer::find(Ino directory) const {
  const auto found = std::ranges::find(tracks_, directory, &Track::directory);
  return found == tracks_.end() ? nullptr : &*found;
}

PushPacer::Track& PushPacer::replace(ReaderId reader, Ino directory, std::size_t index) {
  Track& track = least_recently_used(tracks_);
  arrived(track);
  track = Track{};
  track.directory = directory;
  track.reader = reader;
  track.window_bytes = std::min(kFirstWindowBytes, limits_.max_bytes / 2);
  track.last_use = ++clock_;
  restart(track, index);
  return track;
}

PushPacer::Reader& PushPacer::reader_of(ReaderId id) {
  auto found = std::ranges::find_if(
      readers_, [id](const Reader& reader) { return reader.id == id && reader.last_use != 0; });
  if (found == readers_.end()) {
    found = std::ranges::min_element(readers_, {}, &Reader::last_use);
    *found = Reader{};
    found->id = id;
  }
  found->last_use = ++clock_;
  return *found;
}

}  // namespace snapfs
