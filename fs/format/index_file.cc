#include "fs/format/index_file.h"

#include "fs/base/hex.h"
#include "fs/format/json_writer.h"

namespace snapfs {
namespace {

/// What is written at a time.
constexpr std::size_t kPieceBytes = 64 << 10;

void append_hex(std::string& out, const Id& id) {
  const std::size_t before = out.size();
  out.resize(before + 2 * Id::kSize);
  write_hex(id.bytes, out.data() + before);
}

void append_entry(std::string& out, const PackEntry& entry) {
  out += R"({"id":")";
  append_hex(out, entry.handle.id);
  out += entry.handle.type == BlobType::kData ? R"(","type":"data","offset":)"
                                              : R"(","type":"tree","offset":)";
  append_json_number(out, entry.offset);
  out += R"(,"length":)";
  append_json_number(out, entry.length);
  if (entry.uncompressed_length != 0) {
    out += R"(,"uncompressed_length":)";
    append_json_number(out, entry.uncompressed_length);
  }
  out += '}';
}

}  // namespace

void write_index(std::span<const PackDescription> packs, const ByteSink& out) {
  std::string json = R"({"packs":[)";
  for (const PackDescription& pack : packs) {
    if (&pack != packs.data()) json += ',';
    json += R"({"id":")";
    append_hex(json, pack.id);
    json += R"(","blobs":[)";
    for (const PackEntry& entry : pack.entries) {
      if (&entry != pack.entries.data()) json += ',';
      append_entry(json, entry);
      if (json.size() < kPieceBytes) continue;
      out(as_bytes(json));
      json.clear();
    }
    json += "]}";
  }
  json += "]}\n";
  out(as_bytes(json));
}

std::string encode_index(std::span<const PackDescription> packs) {
  std::string json;
  write_index(packs, [&json](ByteView piece) { json += as_text(piece); });
  return json;
}

}  // namespace snapfs
