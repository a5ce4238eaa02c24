#include "cli/storage_options.h"

#include <charconv>
#include <system_error>

#include <fmt/format.h>

#include "cli/environment.h"
#include "cli/global_options.h"
#include "cli/grammar/command.h"
#include "fs/base/error.h"
#include "fs/repo/pack_writer.h"

namespace snapfs {

std::size_t StorageOptions::pack_bytes() const {
  const std::string text =
      !pack_size.empty() ? pack_size : environment_setting("PACK_SIZE").value_or("");
  if (text.empty()) return PackWriter::kDefaultTargetBytes;
  constexpr std::size_t kMin = PackWriter::kMinTargetBytes >> 20;
  constexpr std::size_t kMax = PackWriter::kMaxTargetBytes >> 20;
  std::size_t mebibytes = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, mebibytes);
  if (error != std::errc{} || stop != end || mebibytes < kMin || mebibytes > kMax) {
    throw Error(ErrorCode::kUsage,
                fmt::format("\"{}\" is no pack size: it is a number of MiB from {} to {}", text,
                            kMin, kMax));
  }
  return mebibytes << 20;
}

void add_storage_options(Command& command, GlobalOptions& global, StorageOptions& options,
                         const char* group) {
  command.add(group, {
                         {"--compression", "MODE", &global.compression,
                          "off, fastest, auto, better or max (or SNAPFS_COMPRESSION)"},
                         {"--no-extra-verify", &global.no_extra_verify,
                          "Do not decrypt again and compare what was encrypted"},
                         {"--pack-size", "SIZE", &options.pack_size,
                          "Size of the repository's files in MiB, 4 to 128 (or SNAPFS_PACK_SIZE)"},
                     });
}

}  // namespace snapfs
