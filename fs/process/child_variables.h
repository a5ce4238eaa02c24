// Which of our variables another program gets. No secret of ours that it has no use for: whoever
// may see a process may see its variables, and what it starts itself gets them in turn.
#pragma once

#include <string_view>

namespace snapfs {

/// What a program has to do with secrets that are in variables.
enum class ChildSecrets {
  /// It may open storage in the cloud, or go through a proxy: rclone, and commands of the user's.
  kOfStorage,
  kNone,
};

/// Whether the program may see "NAME=value". Never passwords of ours or restic's, those in the name
/// of a repository among them; what others call a password, a dump of a database may need.
bool may_see(std::string_view variable, ChildSecrets secrets);

/// Passwords of ours, as above, are in the environment no more: for libraries that start programs
/// by themselves, and for getenv(), from now on; the kernel goes on to show the process's own user
/// those that it was started with. To be called when all of them were read; other threads may read
/// variables meanwhile, but not set any.
void drop_passwords_from_environment();

}  // namespace snapfs
