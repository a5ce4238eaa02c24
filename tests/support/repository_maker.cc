// Repositories by hand.
#include "tests/support/repository_maker.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "fs/backend/local.h"
#include "fs/base/file.h"
#include "fs/crypto/sha256.h"
#include "fs/time/rfc3339.h"
#include "fs/tree/node_json.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/tree_builder.h"
#include "tests/support/quick_init.h"

namespace snapfs::test {

Node make_node(std::string name, NodeType type) {
  Node node;
  node.name = std::move(name);
  node.type = type;
  node.permissions = 0644;
  node.mtime = node.atime = node.ctime = {1'700'000'000, 123'456'789};
  node.uid = 1000;
  node.gid = 1001;
  node.inode = 42;
  node.device_id = 7;
  node.links = 1;
  return node;
}

Node make_directory(std::string name, const Id& subtree) {
  Node node = make_node(std::move(name), NodeType::kDirectory);
  node.permissions = 0755;
  node.links = 0;
  node.subtree = subtree;
  return node;
}

Node make_symlink(std::string name, std::string target) {
  Node node = make_node(std::move(name), NodeType::kSymlink);
  node.permissions = 0777;
  node.link_target = std::move(target);
  return node;
}

void write_out(Backend& repository, const std::string& path) {
  LocalBackend(path).create({});
  const auto write = [&](const FileKey& key) {
    const Bytes bytes = repository.load(key, std::nullopt, {}, {});
    const std::string file = path + "/" + path_of(key);
    write_all(open_file(file, O_CREAT | O_EXCL | O_WRONLY, 0600).get(), bytes, file);
  };
  write(FileKey::config());
  for (const FileKind kind :
       {FileKind::kKey, FileKind::kPack, FileKind::kIndex, FileKind::kSnapshot}) {
    for (const FileInfo& info : repository.list(kind, {})) write({kind, info.id});
  }
}

RepositoryMaker::RepositoryMaker(Backend& backend) : backend_(backend) {
  Repository::init(backend_, as_bytes(kPassword), kQuickInit, {});
  repository_ = open();
  indexes_ = std::make_unique<IndexSaver>(*repository_, clock_);
  packs_ = std::make_unique<PackSaver>(*repository_, *indexes_);
  writer_ = std::make_unique<PackWriter>(*packs_, PackWriter::kDefaultTargetBytes);
  codec_ = repository_->make_codec();
}

std::unique_ptr<Repository> RepositoryMaker::open() const {
  return std::make_unique<Repository>(backend_, as_bytes(kPassword), OpenOptions{}, StopToken{});
}

void RepositoryMaker::store(const BlobHandle& handle, std::string_view bytes) {
  if (!repository_->index().claim(handle)) return;
  writer_->add(codec_->seal_blob(handle, as_bytes(bytes)), *codec_, {});
}

Id RepositoryMaker::add_data(std::string_view bytes) {
  const Id id = sha256(as_bytes(bytes));
  store({BlobType::kData, id}, bytes);
  return id;
}

Id RepositoryMaker::add_tree_text(std::string_view json) {
  const Id id = sha256(as_bytes(json));
  store({BlobType::kTree, id}, json);
  return id;
}

Node RepositoryMaker::make_file(std::string name, std::initializer_list<std::string_view> chunks) {
  Node node = make_node(std::move(name), NodeType::kFile);
  for (const std::string_view chunk : chunks) {
    node.size += chunk.size();
    node.content.push_back(add_data(chunk));
  }
  return node;
}

Id RepositoryMaker::add_tree(std::vector<Node> nodes) {
  std::ranges::sort(nodes, {}, &Node::name);
  TreeBuilder builder;
  for (const Node& node : nodes) {
    std::string json;
    append_node_json(json, node, TimeZone::local());
    builder.add(json);
  }
  const std::string blob = builder.finish();
  const Id id = sha256(as_bytes(blob));
  store({BlobType::kTree, id}, blob);
  return id;
}

void RepositoryMaker::flush() {
  writer_->flush(*codec_, {});
  indexes_->flush({});
}

Snapshot RepositoryMaker::add_snapshot(const Id& tree, std::string_view rfc3339_time,
                                       std::string hostname, std::vector<std::string> tags) {
  flush();
  Snapshot snapshot;
  snapshot.time = parse_rfc3339(rfc3339_time).value();
  snapshot.tree = tree;
  snapshot.paths = {"/source"};
  snapshot.hostname = std::move(hostname);
  snapshot.username = "tester";
  snapshot.tags = std::move(tags);
  snapshot.id = save_snapshot(*repository_, snapshot, {});
  return snapshot;
}

void RepositoryMaker::add_second_copy(const BlobHandle& blob, std::string_view bytes) {
  flush();
  writer_->add(codec_->seal_blob(blob, as_bytes(bytes)), *codec_, {});
  flush();
}

void RepositoryMaker::damage(const BlobHandle& blob) {
  for (const BlobLocation& place : repository_->index().find(blob)) {
    const FileKey key{FileKind::kPack, place.pack};
    Bytes bytes = backend_.load(key, std::nullopt, {}, {});
    bytes.at(place.offset + place.length / 2) ^= 1;
    backend_.save(key, bytes, {});
  }
}

}  // namespace snapfs::test
