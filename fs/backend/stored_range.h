// Which bytes of a stored file a load means, and whether it has them. Private to the storages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fs/backend/backend.h"

namespace snapfs {

/// The range, or all of the file's `size` bytes. Throws Error{kDamaged} when the file ends before
/// the range does, Error{kUnsupported} when the whole is larger than a file of its kind can be.
/// `path` is for the message.
ByteRange require_range(const FileKey& key, const std::string& path,
                        const std::optional<ByteRange>& range, std::uint64_t size);

/// The Error for a file that ends too early.
[[noreturn]] void throw_too_short(const FileKey& key, const std::string& path);

/// For a storage whose server did not send all of the range: asks how long the file is, and says
/// why. Throws Error{kDamaged} when the file ends before the range does, kNotFound when it is not
/// there, kUnavailable when the server has what was asked for, and what size() throws.
[[noreturn]] void throw_incomplete(Backend& backend, const FileKey& key, const ByteRange& range,
                                   const StopToken& stop);

/// Whether a server can be asked for just these bytes: they read offsets as signed numbers, and
/// there is no way to write a range of none.
bool can_be_asked_for(const FileKey& key, const ByteRange& range) noexcept;

/// What a load of any other range comes to: no bytes, when it is of none and begins in the file;
/// else it throws as throw_incomplete() does.
Bytes load_none(Backend& backend, const FileKey& key, const ByteRange& range,
                const StopToken& stop);

/// Throws Error{kOutOfResources}.
Bytes make_room(const FileKey& key, std::uint64_t size);

}  // namespace snapfs
