// What a storage holds before each case of a fault, and what must be of it afterwards.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"

namespace snapfs::test {

using StoredMap = std::map<FileKey, Bytes>;

/// Files of every kind, most of them small, each named as its content says.
const StoredMap& stored_world();

/// The n-th file of that kind in it.
FileKey stored_key(FileKind kind, std::size_t number = 0);

/// What is new, and is not in the world: of so many bytes.
std::pair<FileKey, Bytes> new_file(FileKind kind, std::size_t bytes);

/// Reads a file where the storage keeps it, past all faults; nothing when it is not there.
using ReadStored = std::function<std::optional<Bytes>(const FileKey&)>;

/// What a call is to change; nothing stands for a file that is to be removed.
using StoredChanges = std::map<FileKey, std::optional<Bytes>>;

/// Whether nothing but `changes` was changed, and, if the call said that it succeeded, all of them
/// were made. A change that was not made may have left a part of a new file only where saves are
/// not atomic.
::testing::AssertionResult nothing_was_lost(const ReadStored& read, const StoredChanges& changes,
                                            bool succeeded, bool saves_atomically);

}  // namespace snapfs::test
