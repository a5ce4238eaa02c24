#include "fs/repo/index_file.h"

#include <simdjson.h>

#include <new>

#include "fs/base/error.h"
#include "fs/base/hex.h"
#include "fs/base/json.h"

namespace snapfs {
namespace {

[[noreturn]] void throw_damaged(const std::string& reason) {
  throw Error(ErrorCode::kDamaged, "an index file is damaged: " + reason);
}

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

// The parser's on-demand values throw simdjson_error; parse_index turns that into our Error.
using simdjson::ondemand::object;
using simdjson::ondemand::value;

/// The string's text where it stands. The parser's own way copies every string into a buffer that
/// grows as large as the file.
std::string_view read_text(value field) {
  const std::string_view token = field.raw_json_token();
  const std::size_t end = token.find('"', 1);
  if (token.empty() || token.front() != '"' || end == std::string_view::npos) {
    throw_damaged("text was expected");
  }
  const std::string_view text = token.substr(1, end - 1);
  return text.find('\\') == std::string_view::npos ? text : std::string_view(field);
}

Id read_id(value field) {
  const std::optional<Id> id = Id::parse(read_text(field));
  if (!id) throw_damaged("an ID is not 64 hexadecimal digits");
  return *id;
}

std::uint32_t read_u32(value field) {
  const std::uint64_t number = field;
  if (number > UINT32_MAX) throw_damaged("a number is too large");
  return static_cast<std::uint32_t>(number);
}

BlobType read_type(value field) {
  const std::string_view text = read_text(field);
  if (text == "data") return BlobType::kData;
  if (text == "tree") return BlobType::kTree;
  throw_damaged("a blob has an unknown type");
}

PackEntry read_entry(object blob, unsigned version) {
  PackEntry entry;
  bool has_id = false;
  bool has_type = false;
  for (auto field : blob) {
    const auto key = field.key().value();
    if (key == "id") {
      entry.handle.id = read_id(field.value());
      has_id = true;
    } else if (key == "type") {
      entry.handle.type = read_type(field.value());
      has_type = true;
    } else if (key == "offset") {
      entry.offset = read_u32(field.value());
    } else if (key == "length") {
      entry.length = read_u32(field.value());
    } else if (key == "uncompressed_length") {
      entry.uncompressed_length = read_u32(field.value());
    }
  }
  if (!has_id || !has_type) throw_damaged("a blob lacks its ID or type");
  if (version < 2 && entry.uncompressed_length != 0) {
    throw_damaged("it lists compressed blobs, which a version 1 repository cannot have");
  }
  return entry;
}

PackDescription read_pack(object object, unsigned version) {
  PackDescription pack;
  bool has_id = false;
  for (auto field : object) {
    const auto key = field.key().value();
    if (key == "id") {
      pack.id = read_id(field.value());
      has_id = true;
    } else if (key == "blobs") {
      if (field.value().is_null()) continue;
      for (auto blob : field.value().get_array()) {
        pack.entries.push_back(read_entry(blob.get_object(), version));
      }
    }
  }
  if (!has_id) throw_damaged("a pack lacks its ID");
  return pack;
}

}  // namespace

std::string encode_index(std::span<const PackDescription> packs) {
  std::string json = R"({"packs":[)";
  for (const PackDescription& pack : packs) {
    if (&pack != packs.data()) json += ',';
    json += R"({"id":")";
    append_hex(json, pack.id);
    json += R"(","blobs":[)";
    for (const PackEntry& entry : pack.entries) {
      if (&entry != pack.entries.data()) json += ',';
      append_entry(json, entry);
    }
    json += "]}";
  }
  json += "]}\n";
  return json;
}

void parse_index(Bytes json, unsigned version,
                 const std::function<void(const PackDescription&)>& visit) {
  try {
    simdjson::ondemand::parser parser;
    const std::size_t size = json.size();
    json.resize(size + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::document document = parser.iterate(as_text(json).data(), size, json.size());
    bool has_packs = false;
    for (auto field : document.get_object()) {
      if (field.key().value() != "packs") continue;
      has_packs = true;
      if (field.value().is_null()) continue;  // how Go writes a list that was never made
      for (auto pack : field.value().get_array()) visit(read_pack(pack.get_object(), version));
    }
    if (!has_packs) throw_damaged("it lists no packs");
  } catch (const simdjson::simdjson_error& error) {
    if (error.error() == simdjson::MEMALLOC) throw std::bad_alloc();
    throw_damaged(error.what());
  }
}

}  // namespace snapfs
