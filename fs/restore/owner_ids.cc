// The system's databases, by the reentrant calls.
#include "fs/restore/owner_ids.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

namespace snapfs {

namespace {

using group_entry_t = struct ::group;  // a member function has the name

/// Calls `look_up(buffer, room)`, which returns an error number, with as much room as it needs.
template <class LookUp>
void with_buffer(const LookUp& look_up) {
  constexpr std::size_t kMost = 1 << 20;
  for (std::vector<char> buffer(1024); buffer.size() <= kMost; buffer.resize(buffer.size() * 2)) {
    if (look_up(buffer.data(), buffer.size()) != ERANGE) return;
  }
}

/// Whether the system would look for all of the name, and not for what comes before a zero byte.
bool is_whole(const std::string& name) { return name.find('\0') == std::string::npos; }

}  // namespace

std::optional<std::uint32_t> OwnerIds::user(const std::string& name) {
  const auto known = users_.lock();
  if (const auto found = known->find(name); found != known->end()) return found->second;
  std::optional<std::uint32_t> id;
  if (!is_whole(name)) return id;
  with_buffer([&](char* buffer, std::size_t room) {
    passwd entry{};
    passwd* result = nullptr;
    const int error = ::getpwnam_r(name.c_str(), &entry, buffer, room, &result);
    if (result != nullptr) id = entry.pw_uid;
    return error;
  });
  return known->emplace(name, id).first->second;
}

std::optional<std::uint32_t> OwnerIds::group(const std::string& name) {
  const auto known = groups_.lock();
  if (const auto found = known->find(name); found != known->end()) return found->second;
  std::optional<std::uint32_t> id;
  if (!is_whole(name)) return id;
  with_buffer([&](char* buffer, std::size_t room) {
    group_entry_t entry{};
    group_entry_t* result = nullptr;
    const int error = ::getgrnam_r(name.c_str(), &entry, buffer, room, &result);
    if (result != nullptr) id = entry.gr_gid;
    return error;
  });
  return known->emplace(name, id).first->second;
}

}  // namespace snapfs
