#include "fs/repo/keyring.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "fs/base/deadline.h"
#include "fs/crypto/calibrate_scrypt.h"
#include "fs/crypto/keys.h"
#include "fs/crypto/sha256.h"
#include "fs/repo/repository.h"
#include "fs/repo/stored_files.h"
#include "fs/time/timezone.h"

namespace snapfs {
namespace {

KeyFile load_key(StoredFiles& files, const FileKey& key, const StopToken& stop) {
  return parse_key_file(files.load_verified(key, stop));
}

bool are_same(const Keys& a, const Keys& b) {
  return std::ranges::equal(a.encrypt(), b.encrypt()) && std::ranges::equal(a.mac_k(), b.mac_k()) &&
         std::ranges::equal(a.mac_r(), b.mac_r());
}

/// Opens the key as it is stored.
void require_to_open(Repository& repository, const FileKey& key, ByteView password,
                     const StopToken& stop) {
  const Keys keys = open_key_file(load_key(repository.files(), key, stop), password, stop);
  if (!are_same(keys, repository.master_keys())) {
    throw Error(ErrorCode::kInternal, "it holds other keys than it was given");
  }
}

/// The key in use, which nobody may remove.
[[noreturn]] void throw_in_use(const Id& id) {
  throw Error(ErrorCode::kUsage,
              fmt::format("key {} is the one this repository was opened with: open it with another "
                          "password to remove it, or change this one with \"snapfs key passwd\"",
                          id.short_hex()),
              id.hex());
}

}  // namespace

std::vector<StoredKey> list_keys(Repository& repository, const DamagedKey& damaged,
                                 StopToken stop) {
  std::vector<StoredKey> keys;
  for (const Id& id : repository.list(FileKind::kKey, stop)) {
    try {
      keys.push_back({id, load_key(repository.files(), {FileKind::kKey, id}, stop)});
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kNotFound) continue;  // removed meanwhile
      if (error.ends_the_run()) throw;
      damaged(id, error);
    }
  }
  return keys;
}

Id add_key(Repository& repository, const Clock& clock, ByteView password, const KeyOwner& owner,
           StopToken stop) {
  constexpr std::chrono::milliseconds kKdfTime{500};
  const ScryptParameters parameters = owner.kdf ? *owner.kdf : calibrate_scrypt(kKdfTime);
  const std::string json = encode_key_file(
      make_key_file(repository.master_keys(), password, parameters,
                    TimeZone::local().at(clock.now()), owner.username, owner.hostname));
  const FileKey key{FileKind::kKey, sha256(as_bytes(json))};
  bool is_saved = false;
  try {
    repository.files().save(key, as_bytes(json), stop);
    is_saved = true;
    require_to_open(repository, key, password, stop);
  } catch (const Error& error) {
    try {
      // Of a save that was cut off nobody knows whether the file is there.
      constexpr std::chrono::milliseconds kHurried{500};
      within(stop.stop_requested() ? kHurried : kCleanupTime,
             [&](const StopToken& end) { repository.files().remove(key, end); });
    } catch (const std::exception&) {
      // It opens with the new password or not at all, which is no harm.
    }
    if (!is_saved) throw;
    throw Error(error.code(),
                fmt::format("the new key cannot be opened again and was not kept: {}; the password "
                            "is the same as before",
                            error.what()),
                key.id.hex());
  }
  return key.id;
}

Id find_key(Repository& repository, std::string_view text, StopToken stop) {
  std::optional<Id> found;
  for (const Id& id : repository.list(FileKind::kKey, std::move(stop))) {
    if (text.empty() || !id.hex().starts_with(text)) continue;
    if (found) {
      throw Error(ErrorCode::kUsage,
                  fmt::format("\"{}\" stands for several keys: give more digits", text),
                  std::string(text));
    }
    found = id;
  }
  if (found) return *found;
  throw Error(ErrorCode::kNotFound,
              fmt::format("no key's ID begins with \"{}\": \"snapfs key list\" shows them", text),
              std::string(text));
}

void remove_key(Repository& repository, const Id& id, StopToken stop) {
  if (id == repository.key_id()) throw_in_use(id);
  repository.files().remove({FileKind::kKey, id}, stop);
}

Id replace_key(Repository& repository, const Clock& clock, ByteView password, const KeyOwner& owner,
               StopToken stop) {
  const Id added = add_key(repository, clock, password, owner, stop);
  try {
    repository.files().remove({FileKind::kKey, repository.key_id()}, stop);
  } catch (const Error& error) {
    throw Error(error.code(),
                fmt::format("both passwords open the repository now, because the old key {} could "
                            "not be removed: {}; remove it with \"snapfs key remove\"",
                            repository.key_id().short_hex(), error.what()),
                repository.key_id().hex());
  }
  return added;
}

}  // namespace snapfs
