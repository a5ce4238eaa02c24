#include "tests/fs/maintain/pruned_repository.h"

#include <random>
#include <set>

#include <fmt/format.h>

#include "fs/crypto/sha256.h"
#include "fs/format/index_file.h"
#include "fs/index/blob_set.h"
#include "fs/tree/snapshot_list.h"
#include "fs/tree/used_blobs.h"

namespace snapfs::test {
namespace {

std::unique_ptr<Repository> open(Backend& backend) {
  auto repository =
      std::make_unique<Repository>(backend, as_bytes(kPassword), OpenOptions{}, StopToken{});
  repository->load_index({});
  return repository;
}

std::string random_text(std::size_t size) {
  static std::mt19937 random(7);
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

BlobSet used_blobs(Repository& repository, std::size_t& snapshots) {
  std::vector<Id> roots;
  for (const Snapshot& snapshot : load_snapshots(repository, {})) roots.push_back(snapshot.tree);
  snapshots = roots.size();
  return find_used_blobs(repository, roots, {});
}

}  // namespace

void fill_for_prune(RepositoryMaker& maker, Backend& backend) {
  const std::string shared = random_text(4000);
  for (int i = 0; i < 4; ++i) {
    const std::string own = random_text(3000 + i);
    const std::string other = random_text(2000 + i);
    const Id sub =
        maker.add_tree({maker.make_file("own", {own}), maker.make_file("too", {shared})});
    const Id kept =
        maker.add_tree({make_directory("sub", sub), make_symlink("s", own.substr(0, 9))});
    const Id dropped = maker.add_tree({maker.make_file("f" + std::to_string(i), {other, shared})});
    maker.add_snapshot(kept, fmt::format("2026-01-0{}T00:00:00Z", i + 1));
    const Snapshot gone = maker.add_snapshot(dropped, fmt::format("2026-02-0{}T00:00:00Z", i + 1));
    backend.remove({FileKind::kSnapshot, gone.id}, {});
    if (i == 2) {  // a pack of which nothing is used
      maker.add_data(random_text(500));
      maker.flush();
    }
  }
  maker.add_second_copy({BlobType::kData, sha256(as_bytes(shared))}, shared);
  const std::string unlisted = random_text(700);
  backend.save({FileKind::kPack, sha256(as_bytes(unlisted))}, as_bytes(unlisted), {});
  const PackDescription lost{sha256(as_bytes("lost")),
                             {{{BlobType::kData, sha256(as_bytes("a"))}, 0, 50, 70}}};
  maker.repository().save_file(FileKind::kIndex, as_bytes(encode_index({{lost}})), {});
}

std::size_t count_intact_snapshots(Backend& backend) {
  const auto repository = open(backend);
  std::size_t snapshots = 0;
  const BlobSet used = used_blobs(*repository, snapshots);
  for_each_blob(used.contents(), [&](const BlobCopies& blob) {
    if (!used.contains(blob.first)) return;
    repository->load_blob({blob.first.type, blob.entries.front().id}, {});
  });
  return snapshots;
}

std::vector<std::string> find_waste(Backend& backend) {
  const auto repository = open(backend);
  std::size_t snapshots = 0;
  const BlobSet used = used_blobs(*repository, snapshots);
  const Index::Contents& contents = used.contents();
  std::set<Id> listed;
  std::vector<std::string> waste;
  for_each_blob(contents, [&](const BlobCopies& blob) {
    for (const TableEntry& entry : blob.entries) listed.insert(contents.packs[entry.pack]);
    const std::string name = blob.entries.front().id.short_hex();
    if (!used.contains(blob.first)) waste.push_back("unused blob " + name);
    if (blob.entries.size() > 1) waste.push_back("second copy of blob " + name);
  });
  const std::vector<Id> files = repository->list(FileKind::kPack, {});
  const std::set<Id> stored(files.begin(), files.end());
  for (const Id& id : stored) {
    if (!listed.contains(id)) waste.push_back("unlisted pack " + id.short_hex());
  }
  for (const Id& id : listed) {
    if (!stored.contains(id)) waste.push_back("missing pack " + id.short_hex());
  }
  return waste;
}

}  // namespace snapfs::test
