// Path templates expanded over the snapshots, names made unique and safe.
#include "mount/model/view.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "fs/base/bytes.h"
#include "fs/base/utf8.h"
#include "fs/crypto/sha256.h"
#include "mount/model/name_limit.h"

namespace snapfs {

namespace {

constexpr std::string_view kLatest = "latest";

/// Of what makes a name differ from another: a dash and a number.
constexpr std::size_t kMaxTailBytes = 11;

constexpr std::array<std::string_view, 5> kDefaultTemplates = {
    "ids/%i", kSnapshotsTemplate, "hosts/%h/%T", "tags/%t/%T", "paths/%h/%p/%T"};

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash != 0) parts.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

std::string join(const std::string& directory, std::string_view name) {
  return directory.empty() ? std::string(name) : directory + "/" + std::string(name);
}

/// One path of paths_name(). What does not begin with a slash, as of other systems, begins with %.
std::string path_name(std::string_view path) {
  constexpr std::string_view kEscaped = "+%:,\\";
  std::string name;
  if (path.starts_with('/')) {
    path.remove_prefix(1);
  } else {
    name = "%";
  }
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '/') {
      name += '+';
    } else if (byte < ' ' || byte == 0x7f || kEscaped.find(c) != kEscaped.npos) {
      name += fmt::format("%{:02X}", byte);
    } else {
      name += c;
    }
  }
  return name;
}

/// Slashes are left in only where the time template has them.
std::string expand(std::string_view part, const Snapshot& snapshot, std::string_view tag,
                   const TimeTemplate& time) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '%' || i + 1 == part.size()) {
      out += part[i];
      continue;
    }
    switch (part[++i]) {
      case 'i':
        out += snapshot.id.short_hex();
        break;
      case 'I':
        out += snapshot.id.hex();
        break;
      case 'u':
        out += safe_name(snapshot.username);
        break;
      case 'h':
        out += safe_name(snapshot.hostname);
        break;
      case 't':
        out += safe_name(tag);
        break;
      case 'p':
        out += paths_name(snapshot.paths);
        break;
      case 'T':
        out += time.format(snapshot.time);
        break;
      default:
        out += part[i];
    }
  }
  return out;
}

/// Fills a View. Lookups while building are by name in a map a directory, so that thousands of
/// snapshots of one second stay quick.
class ViewBuilder {
 public:
  ViewBuilder(View& view, const TimeTemplate& time) : view_(view), time_(time) { directory(""); }

  void add_template(std::string_view pattern) {
    const std::vector<std::string_view> parts = split(pattern);
    if (parts.empty()) return;
    std::string path;
    for (std::size_t i = 0; i + 1 < parts.size() && parts[i].find('%') == parts[i].npos; ++i) {
      path = enter(path, safe_name(parts[i]));
    }
    const bool by_tag = pattern.find("%t") != pattern.npos;
    const bool ends_in_time = parts.back().ends_with("%T");
    for (std::size_t i = 0; i < view_.snapshots.size(); ++i) {
      const Snapshot& snapshot = view_.snapshots[i];
      if (!by_tag) {
        place(parts, i, {}, ends_in_time);
      } else {
        for (const std::string& tag : snapshot.tags) place(parts, i, tag, ends_in_time);
      }
    }
    add_latest_links();
  }

  void sort() {
    for (auto& [path, directory] : view_.directories) {
      std::ranges::sort(directory.entries, {}, &ViewEntry::name);
      // Several templates may lead to one directory, and a tag may be there twice.
      std::vector<std::size_t>& snapshots = directory.snapshots;
      std::ranges::sort(snapshots);
      snapshots.erase(std::unique(snapshots.begin(), snapshots.end()), snapshots.end());
    }
  }

 private:
  struct Names {
    std::map<std::string, ViewEntry::Kind> taken;
    std::map<std::string, unsigned> next_suffix;
  };

  void place(const std::vector<std::string_view>& parts, std::size_t index, std::string_view tag,
             bool ends_in_time) {
    const Snapshot& snapshot = view_.snapshots[index];
    std::string path;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      path = enter_all(path, expand(parts[i], snapshot, tag, time_));
    }
    const std::string base = path;
    std::string name = expand(parts.back(), snapshot, tag, time_);
    if (const std::size_t slash = name.rfind('/'); slash != name.npos) {
      path = enter_all(path, name.substr(0, slash));
      name.erase(0, slash + 1);
    }
    name = unique_name(path, safe_name(name));
    if (ends_in_time && !is_partial(snapshot)) {
      const std::size_t inside = base.empty() || path == base ? base.size() : base.size() + 1;
      latest_[base] = {index, join(path.substr(inside), name)};
      view_.directories[base].snapshots.push_back(index);
    }
    insert(path, {std::move(name), ViewEntry::Kind::kSnapshot, index, {}});
  }

  /// One directory after the other, when the time template has slashes.
  std::string enter_all(std::string path, std::string_view names) {
    const std::vector<std::string_view> parts = split(names);
    if (parts.empty()) return enter(path, safe_name(names));
    for (const std::string_view name : parts) path = enter(path, safe_name(name));
    return path;
  }

  /// The path of the subdirectory, which is made when it is not there. A name that a snapshot or a
  /// link has already (templates can ask for that) is evaded like any other clash.
  std::string enter(const std::string& path, std::string name) {
    const auto found = names_[path].taken.find(name);
    if (found == names_[path].taken.end() || found->second != ViewEntry::Kind::kDirectory) {
      name = unique_name(path, std::move(name));
      insert(path, {name, ViewEntry::Kind::kDirectory, 0, join(path, name)});
      directory(join(path, name));
    }
    return join(path, name);
  }

  std::string unique_name(const std::string& path, std::string name) {
    Names& names = names_[path];
    if (!names.taken.contains(name)) return name;
    // Counted for all names that are cut to the same one: numbers are never tried twice.
    unsigned& suffix = names.next_suffix[whole_beginning(name, kMaxMadeNameBytes - kMaxTailBytes)];
    std::string candidate;
    do {
      const std::string tail = "-" + std::to_string(++suffix);
      candidate = whole_beginning(name, kMaxMadeNameBytes - tail.size()) + tail;
    } while (names.taken.contains(candidate));
    return candidate;
  }

  void insert(const std::string& path, ViewEntry entry) {
    names_[path].taken.emplace(entry.name, entry.kind);
    directory(path).entries.push_back(std::move(entry));
  }

  void add_latest_links() {
    for (const auto& [path, newest] : latest_) {
      if (names_[path].taken.contains(std::string(kLatest))) continue;
      insert(path, {std::string(kLatest), ViewEntry::Kind::kLink, newest.snapshot, newest.name});
    }
    latest_.clear();
  }

  ViewDirectory& directory(const std::string& path) {
    ViewDirectory& result = view_.directories[path];
    result.path = path;
    return result;
  }

  struct Newest {
    std::size_t snapshot = 0;
    std::string name;
  };

  View& view_;
  const TimeTemplate& time_;
  std::map<std::string, Names> names_;
  std::map<std::string, Newest> latest_;
};

}  // namespace

const ViewEntry* ViewDirectory::find(std::string_view name) const noexcept {
  const auto found = std::ranges::lower_bound(
      entries, name, {}, [](const ViewEntry& entry) { return std::string_view(entry.name); });
  return found != entries.end() && found->name == name ? &*found : nullptr;
}

std::span<const std::string_view> default_path_templates() noexcept { return kDefaultTemplates; }

std::string safe_name(std::string_view text) {
  if (text.empty() || text == ".") return "_";
  if (text == "..") return "__";
  std::string name = whole_beginning(text, kMaxMadeNameBytes);
  std::ranges::replace(name, '/', '_');
  std::ranges::replace(name, '\0', '_');
  return name;
}

std::string paths_name(const std::vector<std::string>& paths) {
  std::vector<std::string> sorted = paths;
  std::ranges::sort(sorted);
  std::string name;
  for (const std::string& path : sorted) {
    if (!name.empty()) name += "++";
    name += path == "/" ? "%2F" : path_name(path);
  }
  if (name.empty()) return "%";
  if (name.size() <= kMaxMadeNameBytes) return name;
  constexpr std::size_t kDigits = 16;
  const std::string digest = sha256(as_bytes(name)).hex().substr(0, kDigits);
  return whole_beginning(name, kMaxMadeNameBytes - kDigits - 1) + "%" + digest;
}

View build_view(std::vector<Snapshot> snapshots, std::span<const std::string_view> templates,
                const TimeTemplate& time) {
  View view;
  view.snapshots = std::move(snapshots);
  ViewBuilder builder(view, time);
  for (const std::string_view pattern : templates) builder.add_template(pattern);
  builder.sort();
  return view;
}

}  // namespace snapfs
