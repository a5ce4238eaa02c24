#include "mount/model/inode_number.h"

#include <cstring>
#include <type_traits>

#include "fs/base/bytes.h"
#include "fs/crypto/sha256.h"

namespace snapfs {

namespace {

/// So many of a number's bits count a directory's entries; larger directories go on into what would
/// be the next one's.
constexpr unsigned kEntryBits = 12;

/// The sign bit stays clear.
constexpr std::uint64_t kMaxNumber = ~std::uint64_t{0} >> 1;

std::uint64_t word_of(const Id& digest) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, digest.bytes.data(), sizeof word);
  return word;
}

/// Never the root's, and never 0, which readdir(3) takes for a deleted entry.
InodeNumber number_of(const Id& digest) noexcept {
  const InodeNumber number = word_of(digest) & kMaxNumber;
  return number <= kRootInodeNumber ? kMaxNumber : number;
}

/// A digest over values one after the other, each told from the next by its length.
class Fingerprint {
 public:
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T> Fingerprint& add(T value) {
    const auto word = static_cast<std::uint64_t>(value);
    digest_.update({reinterpret_cast<const std::uint8_t*>(&word), sizeof word});
    return *this;
  }
  Fingerprint& add(ByteView bytes) {
    add(bytes.size());
    digest_.update(bytes);
    return *this;
  }
  Fingerprint& add(std::string_view text) { return add(as_bytes(text)); }
  Fingerprint& add(const Id& id) {
    digest_.update(id.bytes);
    return *this;
  }
  Fingerprint& add(const Timestamp& time) { return add(time.seconds).add(time.nanoseconds); }

  Id finish() { return digest_.finish(); }

 private:
  Sha256 digest_;
};

}  // namespace

InodeNumber inode_number(std::string_view identity) {
  return number_of(sha256(as_bytes(identity)));
}

DirectoryNumbers::DirectoryNumbers(const Id& snapshot, const Id& tree)
    : DirectoryNumbers(Fingerprint().add(snapshot).add(tree).finish()) {}

DirectoryNumbers::DirectoryNumbers(const Id& digest) noexcept
    : key_(word_of(digest)), first_((number_of(digest) >> kEntryBits << kEntryBits) + 2) {}

DirectoryNumbers DirectoryNumbers::below(std::string_view name) const {
  return DirectoryNumbers(Fingerprint().add(key_).add(name).finish());
}

LinkIdentity::LinkIdentity(const Id& snapshot, const NodeView& node) {
  Fingerprint what;
  what.add(snapshot).add(node.device_id).add(node.inode);
  what.add(node.type).add(node.permissions).add(node.uid).add(node.gid);
  what.add(node.size).add(node.links).add(node.device);
  what.add(node.mtime).add(node.atime).add(node.ctime).add(node.link_target);
  for (const Id& blob : node.content) what.add(blob);
  for (const ExtendedAttribute& attribute : node.extended_attributes) {
    what.add(attribute.name).add(attribute.value);
  }
  inode_ = number_of(what.finish());
}

}  // namespace snapfs
