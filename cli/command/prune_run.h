// Prune carried out and reported, for the command itself and for "forget --prune".
#pragma once

#include "fs/maintain/prune.h"

namespace snapfs {

class Session;
struct GlobalOptions;

/// For whom: what another command prunes has no place in the one document that it prints as JSON.
enum class PruneReport { kWhole, kForPeople };

/// Decides, says what, and unless it is a dry run does it. The session holds an exclusive lock, or
/// none when it is a dry run.
void prune_and_report(Session& session, const GlobalOptions& global, PruneOptions options,
                      bool dry_run, PruneReport report = PruneReport::kWhole);

}  // namespace snapfs
