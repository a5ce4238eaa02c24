// Damage to repositories, for tests of what finds and repairs it.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "fs/backend/backend.h"
#include "fs/format/pack.h"
#include "fs/maintain/check.h"
#include "fs/repo/repository.h"

namespace snapfs::test {

/// Flips one bit of a stored file.
void flip(Backend& backend, const FileKey& file, std::size_t offset);

using ChangePack = std::function<void(PackDescription&)>;

/// Writes one more index file, with what the index says of the pack after `change`.
void list_again(Repository& repository, const Id& pack, const ChangePack& change);

/// Replaces the index file that lists the pack by one where it is changed.
void relist(Repository& repository, const Id& pack, const ChangePack& change);

/// Stores a blob in a pack of its own whose header and index entry say one byte more than it has.
/// Returns the pack.
Id store_with_wrong_length(Repository& repository, const BlobHandle& blob, std::string_view text);

/// Checks the repository, every byte of it.
CheckVerdict check_everything(Backend& backend);

/// Runs `work` on copies of the repository whose storage stops at the first operation, at the
/// second and so on, as if the process had been killed there: nothing that is asked for afterwards
/// is done. What is left goes to `verify`. Returns after how many operations the work is complete.
std::size_t kill_everywhere(Backend& backend, const std::function<void(Repository&)>& work,
                            const std::function<void(Backend& left, std::size_t point)>& verify);

}  // namespace snapfs::test
