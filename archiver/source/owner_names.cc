#include "archiver/source/owner_names.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

namespace snapfs {

namespace {

/// Asks `lookup`, one of get{pw,gr}?id_r, with a scratch buffer that is large enough.
template <class Entry, class Lookup>
std::string name_of(std::uint32_t id, char* Entry::*name, const Lookup& lookup) {
  std::vector<char> scratch(1024);
  for (;;) {
    Entry entry{};
    Entry* found = nullptr;
    const int error = lookup(id, &entry, scratch.data(), scratch.size(), &found);
    if (error == ERANGE) {
      scratch.resize(2 * scratch.size());  // groups with many members need much
    } else if (error != EINTR) {
      return found == nullptr ? std::string() : std::string(found->*name);
    }
  }
}

/// The name is looked up without holding the lock: it may have to come over the network.
template <class Names, class Ask>
std::string_view cached(Synchronized<Names>& names, std::uint32_t id, const Ask& ask) {
  {
    const auto guard = names.lock();
    if (const auto known = guard->find(id); known != guard->end()) return known->second;
  }
  std::string name = ask();
  return names.lock()->try_emplace(id, std::move(name)).first->second;
}

}  // namespace

std::string_view OwnerNames::user(std::uint32_t uid) {
  return cached(users_, uid, [uid] { return name_of(uid, &passwd::pw_name, ::getpwuid_r); });
}

std::string_view OwnerNames::group(std::uint32_t gid) {
  return cached(groups_, gid, [gid] { return name_of(gid, &group::gr_name, ::getgrgid_r); });
}

}  // namespace snapfs
