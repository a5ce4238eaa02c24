#include "tests/sim/world_files.h"

#include <cstddef>
#include <utility>

namespace snapfs::sim {

Nanoseconds WorldFiles::draw_lateness() {
  if (kind_.listed_late == 0) return 0;
  return static_cast<Nanoseconds>(world_.below(static_cast<std::uint64_t>(kind_.listed_late)));
}

void WorldFiles::put(const FileKey& key, std::shared_ptr<const Bytes> bytes) {
  const Nanoseconds late = draw_lateness();
  const auto found = files_.find(key);
  if (found == files_.end()) {
    files_[key] = {std::move(bytes), world_.now() + late, false};
    return;
  }
  found->second.bytes = std::move(bytes);
  end_part(found->second);
}

void WorldFiles::put_part(const FileKey& key, const Bytes& bytes) {
  if (has(key)) return;
  const auto half = bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2);
  put(key, std::make_shared<const Bytes>(bytes.begin(), half));
  files_[key].is_part = true;
  ++parts_;
}

void WorldFiles::end_part(File& file) noexcept {
  if (!std::exchange(file.is_part, false)) return;
  --parts_;
  last_part_ = world_.now();
}

bool WorldFiles::take_away(const FileKey& key) {
  const auto found = files_.find(key);
  if (found == files_.end()) return false;
  if (kind_.listed_late > 0) {
    remains_[key] = {found->second.bytes->size(), world_.now() + draw_lateness()};
  }
  end_part(found->second);
  files_.erase(found);
  return true;
}

void WorldFiles::list(FileKind kind, unsigned first_byte, unsigned end,
                      std::vector<FileInfo>& out) const {
  const auto is_here = [&](const FileKey& key) {
    const unsigned byte = key.id.bytes[0];
    return key.kind == kind && byte >= first_byte && byte < end;
  };
  for (const auto& [key, file] : files_) {
    if (is_here(key) && file.listed_from <= world_.now()) {
      out.push_back({key.id, file.bytes->size()});
    }
  }
  for (const auto& [key, gone] : remains_) {
    if (is_here(key) && gone.until > world_.now() && !has(key)) out.push_back({key.id, gone.size});
  }
}

const WorldFiles::File* WorldFiles::find(const FileKey& key) const {
  const auto found = files_.find(key);
  return found != files_.end() ? &found->second : nullptr;
}

std::vector<Id> WorldFiles::stored(FileKind kind) const {
  std::vector<Id> ids;
  for (const auto& [key, file] : files_) {
    if (key.kind == kind) ids.push_back(key.id);
  }
  return ids;
}

void WorldFiles::drop_parts() {
  std::erase_if(files_, [](const auto& file) { return file.second.is_part; });
  parts_ = 0;
}

WorldFiles::State WorldFiles::state() const {
  State state = files_;
  for (auto& [key, file] : state) file.listed_from = 0;
  return state;
}

}  // namespace snapfs::sim
