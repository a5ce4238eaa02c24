// What is common to reading all files of a repository that are named by their own bytes.
#pragma once

#include <string>

#include "fs/backend/backend.h"
#include "fs/base/bytes.h"
#include "fs/base/error.h"
#include "fs/base/stop_token.h"

namespace snapfs {

/// The file as stored, with its name checked against its bytes. A mismatch may be a passing fault
/// of the transport, so it is read once more. Throws Error{kDamaged}, or what Backend::load throws.
Bytes load_verified(Backend& backend, const FileKey& key, const StopToken& stop);

/// The error's words with the file they are about, unless they name it themselves.
std::string about(const Error& error, const FileKey& key);

/// Repeats the error with the file it is about.
[[noreturn]] void rethrow_about(const Error& error, const FileKey& key);

}  // namespace snapfs
