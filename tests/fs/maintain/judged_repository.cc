#include "tests/fs/maintain/judged_repository.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <set>

#include <fmt/format.h>

#include "fs/crypto/sha256.h"
#include "fs/format/key_file.h"
#include "fs/repo/lock_info.h"
#include "fs/tree/tree_reader.h"

namespace snapfs::test {
namespace {

constexpr std::size_t kFilesOfAPack = 3;

std::string random_text(std::size_t size, std::mt19937_64& random) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

/// Whether a message names a thing of the repository: the config, a key, or a part of an ID.
bool names_something(std::string_view message) {
  if (message.find("config") != std::string_view::npos) return true;
  if (message.find("key") != std::string_view::npos) return true;
  std::size_t digits = 0;
  for (const unsigned char c : message) {
    digits = std::isxdigit(c) != 0 ? digits + 1 : 0;
    if (digits == 8) return true;
  }
  return false;
}

}  // namespace

/// One look at everything.
class JudgedRepository::Reading {
 public:
  explicit Reading(JudgedRepository& judged) : judged_(judged) {}

  void run() {
    attempt([&] {
      Repository repository(judged_.backend_, as_bytes(kPassword), {}, {});
      attempt([&] { repository.load_index({}); });
      attempt([&] {
        for (const Id& id : repository.list(FileKind::kSnapshot, {})) {
          attempt([&] { read_snapshot(repository, id); });
        }
      });
      attempt([&] {
        for (const Id& id : repository.list(FileKind::kLock, {})) {
          attempt([&] { read_lock(repository, id); });
        }
      });
    });
  }

  std::string verdict(bool may_lack) const {
    if (!wrong_.empty()) return wrong_;
    const bool whole = found_.size() == judged_.contents_.size() && has_lock_;
    if (!whole && !failed_ && !may_lack) return "something is missing, and no error says so";
    return "";
  }

 private:
  template <class Work>
  void attempt(const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      static constexpr std::array kCodes = {ErrorCode::kDamaged, ErrorCode::kNotFound,
                                            ErrorCode::kWrongPassword, ErrorCode::kNoRepository,
                                            ErrorCode::kUnsupported};
      failed_ = true;
      if (std::ranges::find(kCodes, error.code()) == kCodes.end()) {
        wrong_ =
            fmt::format("an error of kind {}: {}", static_cast<int>(error.code()), error.what());
      } else if (!names_something(error.what())) {
        wrong_ = fmt::format("an error that names nothing: {}", error.what());
      }
    }
  }

  void read_snapshot(Repository& repository, const Id& id) {
    const Snapshot snapshot =
        parse_snapshot(id, repository.load_file({FileKind::kSnapshot, id}, {}));
    read_tree(repository, snapshot.tree, id.hex());
  }

  void read_tree(Repository& repository, const Id& tree, const std::string& path) {
    for (const Node& node : load_tree(repository, tree, {})) {
      attempt([&] {
        const std::string name = path + "/" + node.name;
        if (node.type == NodeType::kDirectory) return read_tree(repository, *node.subtree, name);
        std::string content;
        for (const Id& blob : node.content) {
          content += as_text(repository.load_blob({BlobType::kData, blob}, {}));
        }
        take(name, content);
      });
    }
  }

  void take(const std::string& name, const std::string& content) {
    const auto expected = judged_.contents_.find(name);
    if (expected == judged_.contents_.end()) {
      wrong_ = name + " was never stored";
    } else if (expected->second != content) {
      wrong_ = name + " has bytes that were never stored";
    }
    found_.insert(name);
  }

  void read_lock(Repository& repository, const Id& id) {
    const LockInfo lock = parse_lock(repository.load_file({FileKind::kLock, id}, {}));
    if (encode_lock(lock) != judged_.lock_) wrong_ = "a lock was never stored";
    has_lock_ = true;
  }

  JudgedRepository& judged_;
  std::set<std::string> found_;
  bool has_lock_ = false;
  bool failed_ = false;
  std::string wrong_;
};

JudgedRepository::JudgedRepository(std::size_t packs, std::size_t pack_bytes) {
  std::uint64_t seed = 1;
  for (const char* time : {"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"}) {
    const Id tree = store_tree(packs / 2, pack_bytes, seed++);
    const Snapshot snapshot = maker_.add_snapshot(tree, time);
    for (const auto& [path, content] : tree_contents_) {
      contents_[snapshot.id.hex() + path] = content;
    }
  }
  LockInfo lock;
  lock.time = {{1'700'000'000, 0}, 0};
  lock.hostname = "host";
  lock.pid = 1;
  lock_ = encode_lock(lock);
  maker_.repository().save_file(FileKind::kLock, as_bytes(lock_), {});
  replace_key();
}

Id JudgedRepository::store_tree(std::size_t packs, std::size_t pack_bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  tree_contents_.clear();
  std::vector<Node> directories;
  for (std::size_t pack = 0; pack < packs; ++pack) {
    std::vector<Node> files;
    for (std::size_t file = 0; file < kFilesOfAPack; ++file) {
      const std::string name = fmt::format("file {}", file);
      const std::string content = random_text(pack_bytes / kFilesOfAPack, random);
      const std::string_view all = content;
      files.push_back(
          maker_.make_file(name, {all.substr(0, all.size() / 3), all.substr(all.size() / 3)}));
      tree_contents_[fmt::format("/directory {}/{}", pack, name)] = content;
    }
    directories.push_back(
        make_directory(fmt::format("directory {}", pack), maker_.add_tree(std::move(files))));
    maker_.flush();
  }
  return maker_.add_tree(std::move(directories));
}

/// With one that is derived as cheaply as the format allows: it is derived once a case.
void JudgedRepository::replace_key() {
  const Id old = maker_.repository().key_id();
  const KeyFile key = make_key_file(maker_.repository().master_keys(), as_bytes(kPassword),
                                    {.n = 2, .r = 1, .p = 1}, {}, "me", "host");
  const std::string json = encode_key_file(key);
  backend_.save({FileKind::kKey, sha256(as_bytes(json))}, as_bytes(json), {});
  backend_.remove({FileKind::kKey, old}, {});
}

std::string JudgedRepository::judge(bool may_lack) {
  Reading reading(*this);
  reading.run();
  return reading.verdict(may_lack);
}

}  // namespace snapfs::test
