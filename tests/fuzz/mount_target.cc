// The file system of a repository under any sequence of requests, beside a model of it. What stands
// between this and the kernel only turns structures of libfuse into these calls.
//
// An input is a list of requests: a byte for the kind, one for the inode, and what the kind needs.
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <memory>

#include "fs/backend/memory.h"
#include "mount/model/snapshot_fs.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/repository_maker.h"

namespace snapfs::test {
namespace {

/// What a wrong request is refused with.
constexpr std::initializer_list<ErrorCode> kCodes = {ErrorCode::kUsage, ErrorCode::kNotFound};

/// An item as it was made.
struct Item {
  std::uint32_t type = S_IFREG;
  std::string content;  ///< of a file; of a link what it says
  std::string attribute;
  std::map<std::string, Item> children;
};

Item file(std::string content) { return {S_IFREG, std::move(content), {}, {}}; }

Item small_tree() {
  Item tree{S_IFDIR, {}, {}, {}};
  tree.children["a"] = file("content of a");
  tree.children["empty"] = file("");
  tree.children["zeros"] = file(std::string(9000, '\0'));
  tree.children["mixed"] = file("begin" + std::string(20'000, '\0') + "end");
  tree.children["link"] = {S_IFLNK, "a", {}, {}};
  tree.children["fifo"] = {S_IFIFO, {}, {}, {}};
  Item& directory = tree.children["d"] = {S_IFDIR, {}, {}, {}};
  directory.children["\xff odd\n"] = file(std::string(300, 'x'));
  directory.children["e"] = {S_IFDIR, {}, {}, {}};
  directory.children["attributed"] = file("y");
  directory.children["attributed"].attribute = std::string("v\0w", 3);
  return tree;
}

/// The tree in the repository; content is cut into chunks of 4096 bytes.
Id store(RepositoryMaker& maker, const Item& directory) {
  std::vector<Node> nodes;
  for (const auto& [name, item] : directory.children) {
    if (item.type == S_IFDIR) {
      nodes.push_back(make_directory(name, store(maker, item)));
    } else if (item.type == S_IFLNK) {
      nodes.push_back(make_symlink(name, item.content));
    } else if (item.type == S_IFIFO) {
      nodes.push_back(make_node(name, NodeType::kFifo));
    } else {
      Node node = maker.make_file(name, {});
      for (std::size_t at = 0; at < item.content.size(); at += 4096) {
        node.content.push_back(maker.add_data(std::string_view(item.content).substr(at, 4096)));
      }
      node.size = item.content.size();
      if (!item.attribute.empty()) {
        node.extended_attributes = {{"user.x", copy_of(as_bytes(item.attribute))}};
      }
      nodes.push_back(std::move(node));
    }
  }
  return maker.add_tree(std::move(nodes));
}

/// Made once; nothing changes it.
struct Scene {
  Scene() : maker(backend) {
    trees[0] = small_tree();
    trees[1] = small_tree();
    trees[1].children["a"] = file("another a");
    trees[1].children.erase("empty");
    for (std::size_t i = 0; i < 2; ++i) {
      roots[i] = maker
                     .add_snapshot(store(maker, trees[i]),
                                   i == 0 ? "2026-01-01T00:00:00Z" : "2026-01-02T00:00:00Z")
                     .id.short_hex();
    }
    reader = maker.open();
  }

  MemoryBackend backend;
  RepositoryMaker maker;
  Item trees[2];
  std::string roots[2];
  std::unique_ptr<Repository> reader;
};

Scene& scene() {
  static Scene one;
  return one;
}

/// Whom the requests come from: it knows inodes that it was given, and what they are.
class Kernel {
 public:
  Kernel() : fs_(*scene().reader, options(), StopToken{}) {
    known_.push_back({kRootIno, nullptr, kRootIno});
    const Ino ids = fs_.lookup(kRootIno, "ids").value().ino;
    known_.push_back({ids, nullptr, kRootIno});
    for (std::size_t i = 0; i < 2; ++i) {
      known_.push_back({fs_.lookup(ids, scene().roots[i]).value().ino, &scene().trees[i], ids});
    }
  }

  void request(FuzzInput& input) {
    const std::uint8_t kind = input.byte();
    const Known at = known_[input.byte() % known_.size()];
    switch (kind % 10) {
      case 0:
        return look_up(at, name_of(at, input));
      case 1:
        return list(at);
      case 2:
        return read(at, input.number(2), input.number(2));
      case 3:
        return read_link(at);
      case 4:
        return look_at_attributes(at);
      case 5:
        return seek(at, input.number(2));
      case 6:
        require(fs_.entry(at.ino).ino == at.ino, "an inode that was given is known");
        return;
      case 7:
        return try_any(input.number(8), input.line());
      case 8:
        (void)fs_.place_text(at.ino);
        (void)fs_.status();
        return;
      default:
        if (is_virtual(at.ino)) return;
        return announce(at, input.number(3));
    }
  }

 private:
  struct Known {
    Ino ino = 0;
    const Item* item = nullptr;  ///< nothing: it lies above the snapshots
    Ino parent = 0;

    bool is(std::uint32_t type) const { return item != nullptr && item->type == type; }
    bool is_root() const { return is_virtual(parent); }
  };

  static SnapshotFsOptions options() {
    SnapshotFsOptions options;
    options.view.refresh_interval = std::chrono::hours(1);
    return options;
  }

  /// One that is there as often as not.
  static std::string name_of(const Known& at, FuzzInput& input) {
    const std::uint8_t choice = input.byte();
    if (choice >= 0x80 || !at.is(S_IFDIR) || at.item->children.empty()) {
      return std::string(input.line());
    }
    auto child = at.item->children.begin();
    std::advance(child, choice % at.item->children.size());
    return child->first;
  }

  void look_up(const Known& at, const std::string& name) {
    const auto entry = accepted(kCodes, [&] { return fs_.lookup(at.ino, name); });
    if (!at.is(S_IFDIR)) return;
    require(entry.has_value(), "any name may be looked up in a directory");
    if (name == "." || name == "..") {
      require(*entry && (*entry)->ino == (name == "." ? at.ino : at.parent),
              "a directory knows itself and its parent");
      return;
    }
    const auto child = at.item->children.find(name);
    if (child == at.item->children.end()) {
      // A snapshot's root has names besides, that are not listed.
      require(!*entry || at.is_root(), "nothing is found that is not there");
      return;
    }
    require(entry->has_value(), "what is there is found");
    check(**entry, child->second);
    if (known_.size() < 256) known_.push_back({(*entry)->ino, &child->second, at.ino});
  }

  static void check(const Entry& entry, const Item& item) {
    require((entry.attributes.mode & S_IFMT) == item.type, "an item has its type");
    if (item.type == S_IFREG) {
      require(entry.attributes.size == item.content.size(), "a file has its size");
    }
  }

  void list(const Known& at) {
    const auto listing = accepted(kCodes, [&] { return fs_.open_directory(at.ino); });
    if (!at.is(S_IFDIR)) return;
    require(listing && (*listing)->size() == at.item->children.size(), "a listing is whole");
    std::size_t index = 0;
    for (const auto& [name, item] : at.item->children) {
      require((*listing)->name(index) == name, "a listing has the names in order");
      const Entry entry = (*listing)->entry(index++);
      check(entry, item);
      require(fs_.lookup(at.ino, name).value().ino == entry.ino, "a name is one inode");
    }
    fs_.directory_listed(at.ino, 1);
  }

  void read(const Known& at, std::uint64_t offset, std::size_t size) {
    const auto slice = accepted(kCodes, [&] { return fs_.read(at.ino, offset, size); });
    if (!at.is(S_IFREG)) {
      require(!slice || at.item == nullptr, "what is no file has no content");
      return;
    }
    std::string text;
    for (const FileSlice::Piece& piece : slice.value().pieces) text += as_text(piece.bytes);
    const std::string_view content = at.item->content;
    require(text == content.substr(std::min<std::uint64_t>(offset, content.size()), size),
            "a read gives the bytes of the file");
  }

  void read_link(const Known& at) {
    const auto target = accepted(kCodes, [&] { return fs_.read_link(at.ino); });
    if (at.item == nullptr) return;
    require(target.has_value() == at.is(S_IFLNK), "links, and nothing else, say where they lead");
    require(!target || *target == at.item->content, "a link says what it said");
  }

  void look_at_attributes(const Known& at) {
    const auto names = accepted(kCodes, [&] { return fs_.extended_attribute_names(at.ino); });
    if (at.item == nullptr) return;
    const bool has_one = !at.item->attribute.empty();
    require(names && *names == (has_one ? std::string("user.x\0", 7) : ""),
            "all attributes are named");
    const auto value = fs_.extended_attribute(at.ino, "user.x");
    require(value.has_value() == has_one, "attributes are there that are named");
    require(!value || as_text(*value) == at.item->attribute, "an attribute has its value");
  }

  void seek(const Known& at, std::uint64_t offset) {
    const auto data = accepted(kCodes, [&] { return fs_.next_data(at.ino, offset); });
    const auto hole = accepted(kCodes, [&] { return fs_.next_hole(at.ino, offset); });
    if (!at.is(S_IFREG)) return;
    const std::string& content = at.item->content;
    require(data && hole && hole->has_value() == (offset < content.size()),
            "there is a hole behind every byte");
    const std::uint64_t data_at = data->value_or(content.size());
    require(data_at >= std::min<std::uint64_t>(offset, content.size()), "data are not before");
    for (std::uint64_t i = offset; i < data_at; ++i) {
      require(content[i] == '\0', "only zeros are passed over");
    }
    require(!*hole || (**hole >= offset && **hole <= content.size()), "a hole is behind");
  }

  /// Requests that no kernel makes.
  void try_any(Ino ino, std::string_view text) {
    (void)accepted(kCodes, [&] { return fs_.entry(ino); });
    (void)accepted(kCodes, [&] { return fs_.lookup(ino, text); });
    (void)accepted(kCodes, [&] { return fs_.open_directory(ino); });
    (void)accepted(kCodes, [&] { return fs_.read(ino, ino, text.size()); });
    (void)accepted(kCodes, [&] { return fs_.read_link(ino); });
    (void)accepted(kCodes, [&] { return fs_.extended_attribute(ino, text); });
    (void)accepted(kCodes, [&] { return fs_.next_data(ino, ino); });
  }

  void announce(const Known& at, std::uint64_t most) {
    const std::vector<Ino> inodes = {at.ino};
    fs_.announce(inodes, most);
    (void)accepted(kCodes, [&] { return fs_.warm(at.ino, most, 4096); });
  }

  SnapshotFs fs_;
  std::vector<Known> known_;
};

}  // namespace

void fuzz_one(ByteView bytes) {
  constexpr std::size_t kMostRequests = 200;
  FuzzInput input(bytes);
  Kernel kernel;
  for (std::size_t i = 0; i < kMostRequests && !input.empty(); ++i) kernel.request(input);
}

std::vector<std::string> fuzz_seeds() {
  const auto lookup = [](char at, char child) { return std::string({'\0', at, child}); };
  const auto of = [](char kind, char at) { return std::string({kind, at}); };
  // Inode 2 is the first snapshot's root; what is looked up is 4, 5 and so on.
  const std::string all = lookup(2, 0) + lookup(2, 1) + lookup(2, 2) + lookup(2, 3) + lookup(2, 4) +
                          lookup(2, 5) + lookup(2, 6) + lookup(5, 0) + lookup(5, 1) + lookup(5, 2);
  std::string reads;
  std::string others;
  for (char at = 0; at < 14; ++at) {
    reads += of(2, at) + std::string("\3\0\xff\xff", 4) + of(5, at) + std::string("\5\0", 2);
    others += of(1, at) + of(3, at) + of(4, at) + of(6, at) + of(8, at);
  }
  return {all + reads, all + others, of(1, 2) + of(1, 3) + of(9, 2) + std::string("\xff\xff\0", 3),
          std::string("\0\2\xff..\n\0\2\xff.\n\0\0\xfflatest\n\0\0\xff.snapfs\n", 32),
          std::string("\7\0\1\0\0\0\1\0\0\0name\n", 15)};
}

}  // namespace snapfs::test
