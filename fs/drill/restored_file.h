// What a restore made of an item, compared with the snapshot and with the source.
#pragma once

#include <string>

#include "fs/base/stop_token.h"
#include "fs/drill/original_item.h"
#include "fs/tree/node.h"

namespace snapfs {

/// What is wrong with the item at `path`, which was restored from `node`: a clause for people;
/// empty when all is as recorded. Its content was verified by the restore. Owners count when this
/// process can give files away.
std::string wrong_with_restored(const std::string& path, const Node& node);

/// Whether the restored file has the same bytes as the source, which is OriginalItem::State::kSame.
/// Throws Error when the restored one cannot be read, and when stopped.
bool has_content_of_source(const std::string& path, OriginalItem& source, const StopToken& stop);

}  // namespace snapfs
