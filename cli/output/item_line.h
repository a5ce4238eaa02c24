// What "snapfs snapshot -vv" says about a single file or directory, and about the count of all.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "archiver/item_report.h"

namespace snapfs {

/// "modified  /etc/passwd, saved in 0.002s (1.192 KiB added, 584 B stored)"; `path` is the item's
/// in the snapshot. Without a newline.
std::string item_text(const ItemReport& item, std::string_view path);

/// {"message_type":"verbose_status","action":"modified",…}, without a newline.
std::string item_json(const ItemReport& item, std::string_view path);

/// "scan finished in 0.008s: 4 files, 22 B".
std::string scan_text(std::uint64_t files, std::uint64_t bytes, std::chrono::milliseconds elapsed);

/// {"message_type":"verbose_status","action":"scan_finished",…}.
std::string scan_json(std::uint64_t files, std::uint64_t bytes, std::chrono::milliseconds elapsed);

}  // namespace snapfs
