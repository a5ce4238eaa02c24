// Boost.JSON's parser tells what it meets, piece by piece, and keeps no document. The Assembler is
// what listens: it knows the place in the document (the file, its packs, a pack, its blobs, a
// blob), the key that came last, and how deep inside the value of a key that we do not know it is,
// all of which is passed over. Text comes in parts; no more of it is kept than an ID is long. A
// pack is handed over when its object ends, so that an index file of any size takes the memory of
// its largest pack.
#include "fs/format/index_reader.h"

#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>

#include "fs/base/error.h"
#include "fs/format/json_member.h"
#include "fs/format/older_config.h"

namespace snapfs {
namespace {

using boost::system::error_code;
using Text = boost::json::string_view;

/// How deep Go reads a document: what nests deeper is damage to everybody.
constexpr std::size_t kGoMaxDepth = 10'000;

/// No value that we look at is longer.
constexpr std::size_t kLongestValue = 2 * Id::kSize;

[[noreturn]] void throw_damaged(const std::string& reason) {
  throw Error(ErrorCode::kDamaged, "an index file is damaged: " + reason);
}

/// Where in the document the parser is.
enum class Place : std::uint8_t { kOutside, kFile, kPacks, kPack, kBlobs, kBlob };

enum class Key : std::uint8_t {
  kOther,
  kPacks,
  kId,
  kBlobs,
  kType,
  kOffset,
  kLength,
  kUncompressedLength,
};

Key key_of(Place place, std::string_view name) {
  switch (place) {
    case Place::kFile:
      if (name == "packs") return Key::kPacks;
      break;
    case Place::kPack:
      if (name == "id") return Key::kId;
      if (name == "blobs") return Key::kBlobs;
      break;
    case Place::kBlob:
      if (name == "id") return Key::kId;
      if (name == "type") return Key::kType;
      if (name == "offset") return Key::kOffset;
      if (name == "length") return Key::kLength;
      if (name == "uncompressed_length") return Key::kUncompressedLength;
      break;
    case Place::kOutside:
    case Place::kPacks:
    case Place::kBlobs:
      break;
  }
  return Key::kOther;
}

/// What the parser tells, put together to packs. Values of keys that we do not know are passed
/// over, whatever they are.
class Assembler {
 public:
  // The parser's limits of what it reports in one piece; a document has no limit.
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  Assembler(unsigned version, IndexReader::Visit visit)
      : version_(version), visit_(std::move(visit)) {}

  bool on_document_begin(error_code& /*ec*/) { return true; }
  bool on_document_end(error_code& /*ec*/) {
    if (!has_packs_) throw_damaged("it lists no packs");
    return true;
  }

  bool on_object_begin(error_code& /*ec*/) {
    if (passing_over()) return true;
    if (place_ == Place::kOutside) {
      place_ = Place::kFile;
    } else if (place_ == Place::kPacks) {
      place_ = Place::kPack;
      pack_.entries.clear();
      has_id_ = false;
    } else if (place_ == Place::kBlobs) {
      place_ = Place::kBlob;
      blob_ = {};
      has_blob_id_ = false;
      has_type_ = false;
    } else {
      pass_over();
    }
    return true;
  }

  bool on_object_end(std::size_t /*n*/, error_code& /*ec*/) {
    if (passed_over()) return true;
    if (place_ == Place::kBlob) {
      take_blob();
      place_ = Place::kBlobs;
    } else if (place_ == Place::kPack) {
      if (!has_id_) throw_damaged("a pack lacks its ID");
      visit_(pack_);
      place_ = Place::kPacks;
    } else {
      place_ = Place::kOutside;
    }
    return true;
  }

  bool on_array_begin(error_code& /*ec*/) {
    if (passing_over()) return true;
    if (key_ == Key::kPacks) {
      place_ = Place::kPacks;
      has_packs_ = true;
    } else if (key_ == Key::kBlobs) {
      place_ = Place::kBlobs;
    } else {
      pass_over();
    }
    key_ = Key::kOther;
    return true;
  }

  bool on_array_end(std::size_t /*n*/, error_code& /*ec*/) {
    if (passed_over()) return true;
    place_ = place_ == Place::kBlobs ? Place::kPack : Place::kFile;
    return true;
  }

  bool on_key_part(Text part, std::size_t /*n*/, error_code& /*ec*/) { return gather(part); }
  bool on_key(Text part, std::size_t /*n*/, error_code& /*ec*/) {
    gather(part);
    if (depth_ == 0) key_ = key_of(place_, MemberName(text_));
    text_.clear();
    return true;
  }

  bool on_string_part(Text part, std::size_t /*n*/, error_code& /*ec*/) { return gather(part); }
  bool on_string(Text part, std::size_t /*n*/, error_code& /*ec*/) {
    gather(part);
    if (depth_ == 0) take_text();
    text_.clear();
    return true;
  }

  bool on_number_part(Text /*part*/, error_code& /*ec*/) { return true; }
  bool on_int64(std::int64_t value, Text /*text*/, error_code& /*ec*/) {
    return take_number(value < 0 ? UINT64_MAX : static_cast<std::uint64_t>(value));
  }
  bool on_uint64(std::uint64_t value, Text /*text*/, error_code& /*ec*/) {
    return take_number(value);
  }
  bool on_double(double /*value*/, Text /*text*/, error_code& /*ec*/) {
    return take_number(UINT64_MAX);
  }
  bool on_bool(bool /*value*/, error_code& /*ec*/) {
    if (depth_ == 0) take_nothing();
    return true;
  }
  bool on_null(error_code& /*ec*/) {
    if (depth_ > 0) return true;
    if (key_ == Key::kPacks) has_packs_ = true;  // how Go writes a list that was never made
    if (key_ == Key::kPacks || key_ == Key::kBlobs) key_ = Key::kOther;
    take_nothing();
    return true;
  }
  bool on_comment_part(Text /*part*/, error_code& /*ec*/) { return true; }
  bool on_comment(Text /*part*/, error_code& /*ec*/) { return true; }

 private:
  /// Whether what begins is inside of something that is passed over.
  bool passing_over() {
    if (depth_ > 0) ++depth_;
    return depth_ > 0;
  }

  /// Something begins that we do not know.
  void pass_over() {
    take_nothing();
    depth_ = 1;
  }

  /// Whether what ends was inside of that, or was it.
  bool passed_over() {
    if (depth_ == 0) return false;
    --depth_;
    return true;
  }

  bool gather(Text part) {
    if (depth_ > 0) return true;
    // One more than fits tells that it is too long.
    text_.append(part.data(), std::min(part.size(), kLongestValue + 1 - text_.size()));
    return true;
  }

  /// A value that is not what the key wants, which is fine where the key is none of ours.
  void take_nothing() const {
    if (place_ == Place::kOutside) throw_damaged("it is not a JSON object");
    if (place_ == Place::kPacks || place_ == Place::kBlobs || key_ != Key::kOther) {
      throw_damaged("a value is of the wrong type");
    }
  }

  void take_text() {
    if (key_ == Key::kId) {
      const std::optional<Id> id = Id::parse(text_);
      if (!id) throw_damaged("an ID is not 64 hexadecimal digits");
      (place_ == Place::kPack ? pack_.id : blob_.handle.id) = *id;
      (place_ == Place::kPack ? has_id_ : has_blob_id_) = true;
    } else if (key_ == Key::kType) {
      if (text_ != "data" && text_ != "tree") throw_damaged("a blob has an unknown type");
      blob_.handle.type = text_ == "data" ? BlobType::kData : BlobType::kTree;
      has_type_ = true;
    } else {
      take_nothing();
    }
    key_ = Key::kOther;
  }

  bool take_number(std::uint64_t value) {
    if (depth_ > 0) return true;
    std::uint32_t* const field = number_field();
    if (field == nullptr) {
      take_nothing();
      return true;
    }
    if (value > UINT32_MAX) throw_damaged("a number is out of range");
    *field = static_cast<std::uint32_t>(value);
    key_ = Key::kOther;
    return true;
  }

  std::uint32_t* number_field() {
    if (key_ == Key::kOffset) return &blob_.offset;
    if (key_ == Key::kLength) return &blob_.length;
    if (key_ == Key::kUncompressedLength) return &blob_.uncompressed_length;
    return nullptr;
  }

  void take_blob() {
    if (!has_blob_id_ || !has_type_) throw_damaged("a blob lacks its ID or type");
    if (version_ < 2 && blob_.uncompressed_length != 0) throw older_config_error();
    if (pack_.entries.size() == kMostBlobsOfAPack) {
      throw_damaged("a pack has more blobs than there is room for in its header");
    }
    pack_.entries.push_back(blob_);
  }

  unsigned version_;
  IndexReader::Visit visit_;
  Place place_ = Place::kOutside;
  Key key_ = Key::kOther;
  std::size_t depth_ = 0;  ///< of what is passed over
  std::string text_;       ///< of a key or value that comes in parts
  PackDescription pack_;
  PackEntry blob_;
  bool has_packs_ = false;
  bool has_id_ = false;
  bool has_blob_id_ = false;
  bool has_type_ = false;
};

boost::json::parse_options lenient() {
  boost::json::parse_options options;
  options.allow_invalid_utf8 = true;
  options.max_depth = kGoMaxDepth;
  return options;
}

}  // namespace

struct IndexReader::Parser {
  Parser(unsigned version, Visit visit) : json(lenient(), version, std::move(visit)) {}

  void write(bool more, ByteView piece) {
    error_code error;
    const std::string_view text = as_text(piece);
    const std::size_t used = json.write_some(more, text.data(), text.size(), error);
    if (error) throw_damaged(error.message());
    const bool rest_is_space = text.find_first_not_of(" \t\r\n", used) == std::string_view::npos;
    if (!rest_is_space) throw_damaged("there is more behind its end");
  }

  boost::json::basic_parser<Assembler> json;
};

IndexReader::IndexReader(unsigned version, Visit visit)
    : parser_(std::make_unique<Parser>(version, std::move(visit))) {}

IndexReader::~IndexReader() = default;

void IndexReader::write(ByteView piece) { parser_->write(true, piece); }

void IndexReader::finish() { parser_->write(false, {}); }

void parse_index(ByteView json, unsigned version, const IndexReader::Visit& visit) {
  IndexReader reader(version, visit);
  reader.write(json);
  reader.finish();
}

}  // namespace snapfs
